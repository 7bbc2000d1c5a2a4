import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Budget, TestCluster } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

/** The calls of a widget's life until it has settled. */
const calls = TestCluster.run(Widgets.widgets, (cluster) =>
  Effect.gen(function* () {
    yield* Effect.orDie(Widgets.scenario.script(cluster))
    return yield* cluster.callLog.calls
  })
)

describe("a budget", () => {
  it.effect("is kept by who spends no more than it, and knows what was spent", () =>
    Effect.gen(function* () {
      const made = yield* calls
      assert.deepInclude(Budget.spent(made), {
        patchStatus: 4,
        setFinalizers: 1,
        apply: 1,
        submit: 1,
        poll: 2,
        requests: 6
      })
      const { bytes } = Budget.spent(made)
      assert.deepStrictEqual(Budget.check(made, { patchStatus: 4, requests: 6, bytes }), [])
      Budget.expectBudget(made, { patchStatus: 4 })
    })
  )

  it("counts connections where a server over HTTP has counted them, and says so where none has", () => {
    assert.deepStrictEqual(Budget.check([], { connections: 1 }, { connections: 1 }), [])
    assert.deepStrictEqual(Budget.check([], { connections: 1 }, { connections: 3 }), ["connections: 3 of 1"])
    assert.match(Budget.check([], { connections: 1 })[0] ?? "", /hand over the traffic\(\)/u)
  })

  it.effect("names the turn that overspent, and what every turn spent", () =>
    Effect.gen(function* () {
      const made = yield* calls
      const [line = ""] = Budget.check(made, { patchStatus: 3 })
      assert.match(
        line,
        /^patchStatus: 4 of 3; passed by patchStatus Widget default\/w in turn \d of Widget default\/w/u
      )
      assert.match(line, /by turn 1: 1, 2: \d/u)
      assert.throws(
        () => Budget.expectBudget(made, { requests: 5, bytes: 10 }),
        /requests: 6 of 5.*\nbytes: \d+ of 10/u
      )
    })
  )
})
