/** `portolan-check`: reads what it is told to, and answers with what to print and how to end. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import * as AuditFile from "../AuditFile.ts"
import * as Arguments from "./Arguments.ts"
import * as Kinds from "./Kinds.ts"
import { render } from "./Render.ts"
import * as Report from "./Report.ts"

export interface CommandResult {
  /** 0: no law was broken; 1: one was; 2: nothing could be checked. */
  readonly code: 0 | 1 | 2
  readonly output: string
  readonly complaint: string
}

/** Answers a command line. */
export const run = (argv: ReadonlyArray<string>): Effect.Effect<CommandResult> =>
  Effect.gen(function* () {
    const asked = yield* Effect.fromResult(Arguments.parse(argv))
    if (asked === "help") return said(0, Arguments.HELP)
    const content = yield* AuditFile.fromFile(asked.file)
    if (content.entries.length === 0)
      return refused(`${asked.file} holds no requests: is it the log of --audit-log-path?`)
    const manifests = yield* Effect.forEach(asked.crds, read)
    const kinds = yield* Effect.fromResult(Kinds.find(content.entries, manifests, asked))
    const report = yield* Effect.fromResult(Report.make(content, kinds, asked))
    const isBroken = report.invariants.some(({ verdict }) => verdict === "broke")
    return said(isBroken ? 1 : 0, `${asked.isJson ? JSON.stringify(report, undefined, 2) : render(report)}\n`)
  }).pipe(Effect.catchTags({ BadInput: complain, AuditFileInvalid: complain }))

const said = (code: CommandResult["code"], output: string): CommandResult => ({ code, output, complaint: "" })

const refused = (message: string): CommandResult => ({ code: 2, output: "", complaint: `portolan-check: ${message}\n` })

const complain = ({ message }: { readonly message: string }) => Effect.succeed(refused(message))

const read = (file: string): Effect.Effect<Kinds.Manifest, Arguments.BadInput> =>
  Effect.try({
    try: () => ({ file, text: Fs.readFileSync(file, "utf8") }),
    catch: (error) => new Arguments.BadInput({ message: `--crd ${file} cannot be read: ${String(error)}` })
  })
