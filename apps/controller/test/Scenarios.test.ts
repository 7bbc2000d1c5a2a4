import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Options from "../demo/Options.ts"
import * as Scenarios from "../demo/Scenarios.ts"

describe("Scenarios of npm start", () => {
  it("are the examples in the order of their numbers", () => {
    assert.strictEqual(
      Scenarios.names().join(" "),
      "full-node archive replayer validator seed snapshot state-sync bootstrap imported-volume ceremony"
    )
  })

  it.each(Scenarios.names())("%s has a description of three lines and ends with a SeiNode", (name) => {
    const scenario = Scenarios.find(name)
    assert.strictEqual(scenario?.description.length, 3)
    const kinds = [...(scenario?.dependencies ?? []), ...(scenario === undefined ? [] : [scenario.node])].map(
      Scenarios.kindOf
    )
    assert.strictEqual(kinds.at(-1)?.kind, "SeiNode")
  })

  it("are listed with their descriptions", () => {
    const lines = Options.listed()
    assert.strictEqual(lines[0], "full-node")
    assert.strictEqual(lines[1], "  A full node that syncs every block from genesis.")
    assert.strictEqual(lines.length, 5 * Scenarios.names().length)
  })

  it.effect("are selected by name; the error for an unknown name lists all names", () =>
    Effect.gen(function* () {
      const options = yield* Options.read(["--once", "--scenario", "seed"])
      assert.strictEqual(typeof options === "string" ? "" : options.scenario.folder, "examples/05-seed")
      const error = yield* Effect.flip(Options.read(["--scenario", "sentry"]))
      assert.match(
        error.message,
        /^error: invalid value "sentry" for --scenario: must be one of full-node, .*, ceremony\n/u
      )
      assert.strictEqual(yield* Options.read(["--list"]), "List")
      assert.strictEqual(yield* Options.read(["--help"]), "Help")
    })
  )

  it.effect.each([
    [["--port", "x"], 'invalid value "x" for --port: must be an integer from 0 to 65535'],
    [["--port", ""], 'invalid value "" for --port: must be an integer from 0 to 65535'],
    [["--port"], "option '--port <value>' argument missing"],
    [["--nope"], "unknown option '--nope'"]
  ] as const)("reject %j with one clear message", ([args, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Options.read(args))
      assert.strictEqual(error.message, `error: ${message}\nRun "npm start -- --help" for usage.`)
    })
  )
})
