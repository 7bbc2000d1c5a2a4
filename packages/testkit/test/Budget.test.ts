import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Budget, TestCluster } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

/** The calls from the creation of a widget to its convergence. */
const calls = TestCluster.run(Widgets.widgets, (cluster) =>
  Effect.gen(function* () {
    yield* Effect.orDie(Widgets.scenario.script(cluster))
    return yield* cluster.callLog.calls
  })
)

describe("Budget", () => {
  it.effect("accepts calls within the limits and counts what they spend", () =>
    Effect.gen(function* () {
      const all = yield* calls
      assert.deepInclude(Budget.spent(all), {
        patchStatus: 4,
        setFinalizers: 1,
        apply: 1,
        submit: 1,
        poll: 2,
        requests: 6
      })
      const { bytes } = Budget.spent(all)
      assert.deepStrictEqual(Budget.check(all, { patchStatus: 4, requests: 6, bytes }), [])
      Budget.expectBudget(all, { patchStatus: 4 })
    })
  )

  it("checks connections against the traffic of a server, and reports missing traffic", () => {
    assert.deepStrictEqual(Budget.check([], { connections: 1 }, { connections: 1 }), [])
    assert.deepStrictEqual(Budget.check([], { connections: 1 }, { connections: 3 }), ["connections: 3 of 1"])
    assert.match(Budget.check([], { connections: 1 })[0] ?? "", /pass the traffic\(\) of the server/u)
  })

  it.effect("names the pass that exceeded a limit and what every pass spent", () =>
    Effect.gen(function* () {
      const all = yield* calls
      const [line = ""] = Budget.check(all, { patchStatus: 3 })
      assert.match(
        line,
        /^patchStatus: 4 of 3; exceeded by patchStatus Widget default\/w in pass \d of Widget default\/w/u
      )
      assert.match(line, /by pass 1: 1, 2: \d/u)
      assert.throws(() => Budget.expectBudget(all, { requests: 5, bytes: 10 }), /requests: 6 of 5.*\nbytes: \d+ of 10/u)
    })
  )
})
