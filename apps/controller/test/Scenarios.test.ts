import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Options from "../demo/Options.ts"
import * as Scenarios from "../demo/Scenarios.ts"

describe("the scenarios of npm start", () => {
  it("are the examples, in the order of their numbers", () => {
    assert.strictEqual(
      Scenarios.names().join(" "),
      "full-node archive replayer validator seed snapshot state-sync bootstrap imported-volume ceremony"
    )
  })

  it.each(Scenarios.names())("%s: an example that says in three lines what it shows", (name) => {
    const scenario = Scenarios.find(name)
    assert.strictEqual(scenario?.about.length, 3)
    const kinds = [...(scenario?.others ?? []), ...(scenario === undefined ? [] : [scenario.node])].map(
      Scenarios.kindOf
    )
    assert.strictEqual(kinds.at(-1)?.kind, "SeiNode")
  })

  it("are listed with what they show", () => {
    const lines = Options.listed()
    assert.strictEqual(lines[0], "full-node")
    assert.strictEqual(lines[1], "  A full node that syncs every block from genesis.")
    assert.strictEqual(lines.length, 5 * Scenarios.names().length)
  })

  it.effect("are chosen by name; one that is not there is answered with those that are", () =>
    Effect.gen(function* () {
      const chosen = yield* Options.read(["--once", "--scenario", "seed"])
      assert.strictEqual(chosen === "List" ? "" : chosen.scenario.shown, "examples/05-seed")
      const error = yield* Effect.flip(Options.read(["--scenario", "sentry"]))
      assert.match(error.message, /^--scenario: there is no sentry; there are full-node, .*, ceremony$/u)
      assert.strictEqual(yield* Options.read(["--list"]), "List")
      assert.include((yield* Effect.flip(Options.read(["--port", "x"]))).message, "--port: x is not a port\nusage: ")
    })
  )
})
