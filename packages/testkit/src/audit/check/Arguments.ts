/** The command line of `portolan-check`. */
import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Result from "effect/Result"

/** What was asked cannot be answered. One line: what is wrong, and what to do about it. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {}

export interface Arguments {
  readonly file: string
  /** Files with CustomResourceDefinitions. */
  readonly crds: ReadonlyArray<string>
  /** Paths of plans by the name of their resource: `widgets.example.dev`. */
  readonly plans: ReadonlyMap<string, string>
  readonly users: ReadonlyArray<string>
  readonly intents: ReadonlyArray<string>
  readonly isJson: boolean
}

export const HELP = `portolan-check: were the laws of plan-driven controllers held, by a kube-apiserver's audit log?

  portolan-check audit.log [options]

  --crd FILE                      a CustomResourceDefinition of a kind with plans; may be repeated
  --plan widgets.example.dev=PATH where a kind keeps its plan; default: .status.plan; may be repeated
  --user NAME                     a user that the controller has; default: whoever names turns; may be repeated
  --intent TYPE                   a condition that is an intent by itself, so that effects may follow; may be repeated
  --json                          the report in JSON
  --help                          this

Without --crd and --plan every kind is looked at whose objects show a plan at .status.plan.
Exit code 0: no law was broken; 1: one was; 2: nothing could be checked, or the input cannot be read.
`

const options = {
  crd: { type: "string", multiple: true },
  plan: { type: "string", multiple: true },
  user: { type: "string", multiple: true },
  intent: { type: "string", multiple: true },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" }
} as const

/** What a command line asks for; `help` when it asks how to ask. */
export const parse = (argv: ReadonlyArray<string>): Result.Result<Arguments | "help", BadInput> =>
  Result.gen(function* () {
    const { positionals, values } = yield* Result.try({
      try: () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      catch: (error) => new BadInput({ message: `${error instanceof Error ? error.message : error}; see --help` })
    })
    if (values.help === true) return "help" as const
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) {
      return yield* bad("name one audit log: portolan-check audit.log; see --help")
    }
    const plans = new Map<string, string>()
    for (const text of values.plan ?? []) {
      const [, resource, path] = /^([^=]+)=(.+)$/u.exec(text) ?? []
      if (resource === undefined || path === undefined) {
        return yield* bad(`--plan ${text} names no path: write it like widgets.example.dev=.status.plan`)
      }
      plans.set(resource, path)
    }
    const { crd: crds = [], intent: intents = [], json: isJson = false, user: users = [] } = values
    return { file, crds, plans, users, intents, isJson }
  })

const bad = (message: string) => Result.fail(new BadInput({ message }))
