/** The command line of `portolan-check`. */
import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import { firstLine } from "../../ErrorMessage.ts"

/** The command line or the input is invalid. The message is one line: what is wrong, and what to do. */
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

export const HELP = `Check the audit log of a kube-apiserver against the invariants of plan-driven controllers.

Examples:
  # Check every kind whose objects have a plan at .status.plan
  portolan-check audit.log

  # Check one kind, whose plan is elsewhere in its status
  portolan-check audit.log --crd widgets.yaml --plan widgets.example.dev=.status.rollout.plan

Usage:
  portolan-check FILE [options]

Options:
  --crd FILE            file with the CustomResourceDefinition of a kind to check (repeatable)
  --plan RESOURCE=PATH  path of the plan in objects of a resource, default .status.plan (repeatable)
  --user NAME           user of the controller, default: users that send the Audit-IDs of reconcile passes (repeatable)
  --intent TYPE         condition type that permits side effects as a stored plan does (repeatable)
  --json                print the report in JSON
  -h, --help            print this help

Exit codes:
  0  no invariant was violated
  1  an invariant was violated
  2  the input is invalid, or nothing could be checked
`

const options = {
  crd: { type: "string", multiple: true },
  plan: { type: "string", multiple: true },
  user: { type: "string", multiple: true },
  intent: { type: "string", multiple: true },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" }
} as const

/** The parsed command line; `help` if it asks for help. */
export const parse = (argv: ReadonlyArray<string>): Result.Result<Arguments | "help", BadInput> =>
  Result.gen(function* () {
    const { positionals, values } = yield* Result.try({
      try: () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      catch: (error) => new BadInput({ message: `${firstLine(error)}; see --help` })
    })
    if (values.help === true) return "help" as const
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) {
      return yield* bad(`expected one audit log but found ${positionals.length}; see --help`)
    }
    const plans = new Map<string, string>()
    for (const text of values.plan ?? []) {
      const [, resource, path] = /^([^=]+)=(.+)$/u.exec(text) ?? []
      if (resource === undefined || path === undefined) {
        return yield* bad(`--plan "${text}": no path; use the form widgets.example.dev=.status.plan`)
      }
      plans.set(resource, path)
    }
    const { crd: crds = [], intent: intents = [], json: isJson = false, user: users = [] } = values
    return { file, crds, plans, users, intents, isJson }
  })

const bad = (message: string) => Result.fail(new BadInput({ message }))
