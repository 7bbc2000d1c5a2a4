/** Replays the corpus over HTTP, because headers, streams and bodies that are not JSON are compared too. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Areas from "../cases/Areas.ts"
import * as Corpus from "../recorder/Corpus.ts"
import * as Differences from "../recorder/Differences.ts"
import * as Replay from "../recorder/Replay.ts"
import * as Report from "../recorder/Report.ts"

describe("Fidelity", () => {
  const corpus = Corpus.read()

  it("has a corpus of the requests that the areas generate", () => {
    assert.deepStrictEqual(
      corpus.recorded.map(({ scenario }) => scenario),
      Areas.scenarios()
    )
  })

  it.effect("gives the recorded responses of the real server, except for the listed differences", () =>
    Effect.gen(function* () {
      const comparisons = yield* Replay.replay(corpus)
      const known = Differences.read()
      const expected = new Set(Object.values(known).flat())
      const differing = new Set(comparisons.flatMap(({ agrees, name }) => (agrees ? [] : [name])))
      assert.deepStrictEqual(
        [...differing].filter((name) => !expected.has(name)),
        [],
        "agreed when report.ts ran last"
      )
      assert.deepStrictEqual(
        [...expected].filter((name) => !differing.has(name)),
        [],
        "agrees now: run report.ts"
      )
      assert.strictEqual(Report.read(), Report.text(corpus.version, comparisons, known), "run report.ts")
    })
  )
})
