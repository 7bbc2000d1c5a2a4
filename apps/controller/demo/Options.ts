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

const USAGE = `usage: npm start -- [--scenario NAME] [--list] [--once] [--port PORT]

  --scenario NAME  the example whose journey is shown: ${Scenarios.DEFAULT} unless told
  --list           say which there are, and what each shows
  --once           exit when all has settled, with a summary
  --port PORT      port of the embedded API server; a free one by default`

/** `"List"` when only a list is asked for. */
export const read = (args: ReadonlyArray<string>): Effect.Effect<Options | "List", ConfigInvalid> =>
  Effect.gen(function* () {
    const { list = false, once = false, port, scenario: name = Scenarios.DEFAULT } = yield* parse(args)
    if (list) return "List"
    const number = port === undefined ? undefined : Number(port)
    if (number !== undefined && !(Number.isInteger(number) && number >= 0 && number < 65_536)) {
      return yield* invalid(`--port: ${port} is not a port`)
    }
    const scenario = Scenarios.find(name)
    if (scenario === undefined) {
      const message = `--scenario: there is no ${name}; there are ${Scenarios.names().join(", ")}`
      return yield* new ConfigInvalid({ message })
    }
    return { once, port: number, scenario }
  })

const parse = (args: ReadonlyArray<string>) =>
  Effect.try({
    try: () =>
      parseArgs({
        args: [...args],
        options: {
          list: { type: "boolean" },
          once: { type: "boolean" },
          port: { type: "string" },
          scenario: { type: "string" }
        },
        strict: true
      }).values,
    catch: (cause) => invalid(cause instanceof Error ? cause.message : String(cause))
  })

const invalid = (what: string) => new ConfigInvalid({ message: `${what}\n${USAGE}` })

/** Each scenario with what it shows. */
export const listed = (): ReadonlyArray<string> =>
  Scenarios.names().flatMap((name) => [name, ...(Scenarios.find(name)?.about ?? []).map((line) => `  ${line}`), ""])
