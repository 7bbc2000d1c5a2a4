/** The command line of `portolan-check`. */
import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { firstLine } from "../../ErrorMessage.ts"
import type { Intent } from "../../invariants/PlanKind.ts"

/** The command line or the input is invalid. The message is one line: what is wrong, and what to do. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {}

export interface Arguments {
  readonly file: string
  /** Files with CustomResourceDefinitions. */
  readonly crds: ReadonlyArray<string>
  /** Paths of plans by the name of their resource: `widgets.example.dev`. */
  readonly plans: ReadonlyMap<string, string>
  readonly users: ReadonlyArray<string>
  /** Other users that may write status. */
  readonly otherWriters: ReadonlyArray<string>
  readonly intents: ReadonlyArray<Intent>
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
  --other-writer NAME   another user that may write the status of the kinds, default: nobody (repeatable)
  --intent JSON         what a condition permits without a plan (repeatable):
                        {"condition":"Paused","verb":"apply","kind":"StatefulSet","sets":{"field":".spec.replicas","True":0,"False":1}}
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
  "other-writer": { type: "string", multiple: true },
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
    const intents: Array<Intent> = []
    for (const text of values.intent ?? []) intents.push(yield* intentFrom(text))
    const { crd: crds = [], json: isJson = false, "other-writer": otherWriters = [], user: users = [] } = values
    return { file, crds, plans, users, otherWriters, intents, isJson }
  })

const EFFECTS = ["create", "apply", "delete", "removeFinalizer"] as const
const IntentJson = Schema.fromJsonString(
  Schema.Struct({
    condition: Schema.String,
    verb: Schema.Literals(EFFECTS),
    kind: Schema.String,
    sets: Schema.Struct({
      field: Schema.String.check(Schema.isPattern(/^(?:\.[A-Za-z_][\w-]*)+$/u)),
      True: Schema.optionalKey(Schema.Json),
      False: Schema.optionalKey(Schema.Json)
    })
  })
)
const decodeIntent = Schema.decodeUnknownResult(IntentJson)

const intentFrom = (text: string): Result.Result<Intent, BadInput> =>
  Result.mapError(decodeIntent(text), (error) => {
    const message = `--intent ${JSON.stringify(text)}: ${error.message.replace(/\s+/gu, " ")}; see --help for its form`
    return new BadInput({ message })
  })

const bad = (message: string) => Result.fail(new BadInput({ message }))
