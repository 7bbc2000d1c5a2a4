/** Over HTTP, because headers, streams and bodies that are no JSON are part of what is compared. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Areas from "../cases/Areas.ts"
import * as Corpus from "../recorder/Corpus.ts"
import * as Differences from "../recorder/Differences.ts"
import * as Replay from "../recorder/Replay.ts"
import * as Report from "../recorder/Report.ts"

describe("Fidelity", () => {
  const corpus = Corpus.read()

  it("was recorded from the requests that the areas ask", () => {
    assert.deepStrictEqual(
      corpus.recorded.map(({ scenario }) => scenario),
      Areas.scenarios()
    )
  })

  it.effect("answers as the real server did, but for the listed differences", () =>
    Effect.gen(function* () {
      const all = yield* Replay.replay(corpus)
      const known = Differences.read()
      const expected = new Set(Object.values(known).flat())
      const differing = new Set(all.flatMap(({ agrees, name }) => (agrees ? [] : [name])))
      assert.deepStrictEqual(
        [...differing].filter((name) => !expected.has(name)),
        [],
        "agreed when the corpus was last looked at"
      )
      assert.deepStrictEqual(
        [...expected].filter((name) => !differing.has(name)),
        [],
        "agrees now: run report.ts"
      )
      assert.strictEqual(Report.read(), Report.text(corpus.version, all, known), "run report.ts")
    })
  )
})
