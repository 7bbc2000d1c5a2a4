/** The flags of `npm start`. */
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { ConfigInvalid } from "../src/AppConfig.ts"
import * as Scenarios from "./Scenarios.ts"

export interface Options {
  readonly once: boolean
  readonly port: number | undefined
  readonly scenario: Scenarios.Scenario
}

export const USAGE = `Run the controller against an embedded cluster and log every reconcile of one example.

Usage:
  npm start -- [flags]

Flags:
  --scenario NAME   the example to run (default "${Scenarios.DEFAULT}")
  --list            list the scenarios and exit
  --once            print a summary and exit once the SeiNode has converged
  --port PORT       port of the API server (default: a free port)
  --help            show this help and exit
`

/** Parses the flags. `"List"` and `"Help"` ask for text instead of a run. */
export const read = (args: ReadonlyArray<string>): Effect.Effect<Options | "List" | "Help", ConfigInvalid> =>
  Effect.gen(function* () {
    const flags = yield* parse(args)
    const { once = false, port, scenario: name = Scenarios.DEFAULT } = flags
    if (flags.help) return "Help"
    if (flags.list) return "List"
    if (port !== undefined && !(/^\d{1,5}$/u.test(port) && Number(port) <= 65_535)) {
      return yield* invalid(`invalid value "${port}" for --port: must be an integer from 0 to 65535`)
    }
    const scenario = Scenarios.find(name)
    if (scenario === undefined) {
      return yield* invalid(`invalid value "${name}" for --scenario: must be one of ${Scenarios.names().join(", ")}`)
    }
    return { once, port: port === undefined ? undefined : Number(port), scenario }
  })

const parse = (args: ReadonlyArray<string>) =>
  Effect.try({
    try: () =>
      parseArgs({
        args: [...args],
        options: {
          help: { type: "boolean", short: "h" },
          list: { type: "boolean" },
          once: { type: "boolean" },
          port: { type: "string" },
          scenario: { type: "string" }
        },
        strict: true
      }).values,
    catch: (cause) => invalid(firstSentence(cause instanceof Error ? cause.message : String(cause)))
  })

/** `Unknown option '--nope'. To specify …` as `unknown option '--nope'`. */
const firstSentence = (text: string): string => {
  const [sentence = ""] = text.split(/\.?\s*\n|\. /u)
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}

const invalid = (problem: string) =>
  new ConfigInvalid({ message: `error: ${problem}\nRun "npm start -- --help" for usage.` })

/** Every scenario with its description. */
export const listed = (): ReadonlyArray<string> =>
  Scenarios.names().flatMap((name) => [
    name,
    ...(Scenarios.find(name)?.description ?? []).map((line) => `  ${line}`),
    ""
  ])
