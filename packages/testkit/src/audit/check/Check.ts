/** The command `portolan-check`, from its arguments to its output. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import { firstLine } from "../../ErrorMessage.ts"
import * as AuditFile from "../AuditFile.ts"
import * as Arguments from "./Arguments.ts"
import * as Kinds from "./Kinds.ts"
import { render } from "./Render.ts"
import * as Report from "./Report.ts"

export interface CommandResult {
  /** 0: no invariant was violated; 1: an invariant was violated; 2: nothing could be checked. */
  readonly code: 0 | 1 | 2
  readonly output: string
  readonly complaint: string
}

/** Runs a command line. */
export const run = (argv: ReadonlyArray<string>): Effect.Effect<CommandResult> =>
  Effect.gen(function* () {
    const args = yield* Effect.fromResult(Arguments.parse(argv))
    if (args === "help") return success(0, Arguments.HELP)
    const content = yield* AuditFile.fromFile(args.file)
    if (content.entries.length === 0) {
      const message = `"${args.file}" contains no requests; use the file of kube-apiserver's --audit-log-path`
      return yield* new Arguments.BadInput({ message })
    }
    const manifests = yield* Effect.forEach(args.crds, read)
    const kinds = yield* Effect.fromResult(Kinds.find(content.entries, manifests, args))
    const report = yield* Effect.fromResult(Report.make(content, kinds, args))
    const isViolated = report.invariants.some(({ verdict }) => verdict === "Violated")
    return success(isViolated ? 1 : 0, `${args.isJson ? JSON.stringify(report, undefined, 2) : render(report)}\n`)
  }).pipe(Effect.catchTags({ BadInput: failure, AuditFileInvalid: failure }))

const success = (code: CommandResult["code"], output: string): CommandResult => ({ code, output, complaint: "" })

const failure = ({ message }: { readonly message: string }): Effect.Effect<CommandResult> =>
  Effect.succeed({ code: 2, output: "", complaint: `portolan-check: ${message}\n` })

const read = (file: string): Effect.Effect<Kinds.Manifest, Arguments.BadInput> =>
  Effect.try({
    try: () => ({ file, text: Fs.readFileSync(file, "utf8") }),
    catch: (error) => new Arguments.BadInput({ message: `--crd "${file}": cannot read: ${firstLine(error)}` })
  })
