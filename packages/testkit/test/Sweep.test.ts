import { assert, describe, it } from "@effect/vitest"
import { Reconciler } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { ControllerUnderTest, Faults, type Scenario, Sweep } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

/** A scenario with another controller. */
const by = (changes: Partial<typeof Widgets.reconciler>): Scenario.Scenario => ({
  ...Widgets.scenario,
  controllerUnderTest: ControllerUnderTest.of(
    { ...Widgets.reconciler, ...changes },
    { definitions: Widgets.definitions }
  )
})

describe("a sweep", () => {
  it.effect("finds nothing wrong with a controller that keeps the laws, whatever goes wrong at whatever call", () =>
    Effect.gen(function* () {
      const report = yield* Sweep.run(Widgets.scenario)
      assert.deepStrictEqual(Sweep.describeFailures(report), [])
      assert.strictEqual(report.calls.length, 9)
      assert.sameMembers(
        [...new Set(report.runs.flatMap(({ injections }) => injections.map(({ fault }) => fault)))],
        Faults.all.map(({ name }) => name)
      )
    })
  )

  it.effect("has every fault strike where it was asked to", () =>
    Effect.gen(function* () {
      const { calls, runs } = yield* Sweep.run(Widgets.scenario, { faults: [Faults.killedAfter, Faults.conflict] })
      const injected = runs.flatMap(({ injections }) => injections)
      assert.deepStrictEqual(
        injected.filter(({ fault }) => fault === "killed after").map(({ call }) => call),
        calls.map((_, call) => call)
      )
      assert.deepStrictEqual(
        injected.filter(({ fault }) => fault === "conflict").map(({ name }) => name.split(" ")[0]),
        ["setFinalizers", "patchStatus", "patchStatus", "patchStatus", "patchStatus"]
      )
    })
  )

  it.effect("tries every pair of faults on request", () =>
    Effect.gen(function* () {
      const faults = [Faults.answerLost]
      const report = yield* Sweep.run(Widgets.scenario, { faults, pairs: true })
      assert.deepStrictEqual(Sweep.describeFailures(report), [])
      const pairs = report.runs.filter(({ injections }) => injections.length === 2)
      assert.isAtLeast(pairs.length, (9 * 8) / 2)
    })
  )

  it.effect("can be shared, and the shares together are the whole", () =>
    Effect.gen(function* () {
      const faults = [Faults.killedBefore]
      const shares = yield* Effect.forEach([0, 1, 2], (index) =>
        Sweep.run(Widgets.scenario, { faults, share: { index, of: 3 } })
      )
      const injected = shares.flatMap(({ runs }) =>
        runs.flatMap(({ injections }) => injections.map(({ call }) => call))
      )
      assert.sameMembers(injected, [0, 1, 2, 3, 4, 5, 6, 7, 8])
    })
  )

  it.effect("runs on all cores, and finds the same", () =>
    Effect.gen(function* () {
      const source = { module: new URL("./toy/Widgets.ts", import.meta.url) }
      const report = yield* Sweep.onAllCores(source, { faults: [Faults.killedBefore, Faults.refused] })
      const alone = yield* Sweep.run(Widgets.scenario, { faults: [Faults.killedBefore, Faults.refused] })
      assert.deepStrictEqual(report.calls, alone.calls)
      assert.sameDeepMembers([...report.runs], [...alone.runs])
      const error = yield* Effect.flip(Sweep.onAllCores({ ...source, name: "nothing" }))
      assert.include(error.message, "exports no scenario called nothing")
    })
  )

  it.effect("names boundary, fault and law of a failure, and tells them in a table", () =>
    Effect.gen(function* () {
      let decided = 0
      // Plans anew whenever it is asked after a conflict, which a lucky run never shows.
      const decide: typeof Widgets.reconciler.decide = (seen) =>
        seen.widget.metadata.annotations?.touched === undefined
          ? Widgets.reconciler.decide(seen)
          : Result.succeed(Reconciler.createPlan({ ...Widgets.painting, reason: `look ${decided++}` }, "Wet"))
      const report = yield* Sweep.run(by({ decide }), { faults: [Faults.conflict] })
      const [first = ""] = Sweep.describeFailures(report)
      assert.match(first, /^conflict at call \d, \w+ Widget default\/w: INV-10: /u)
      assert.match(
        Sweep.table(report),
        /^a widget is painted: 9 calls, 5 runs, \d broken\n {2}conflict +5 runs {2}\d broken\n- /u
      )
    })
  )
})

describe("a scenario that is no good for a sweep", () => {
  const refusal = (scenario: Scenario.Scenario) =>
    Effect.map(Effect.flip(Sweep.run(scenario)), ({ message }) => message)

  it.effect("is refused when nothing happens in it", () =>
    Effect.gen(function* () {
      const message = yield* refusal({ ...Widgets.scenario, script: () => Effect.void })
      assert.include(message, "its script made no call; create an object and settle it")
    })
  )

  it.effect("is refused when two runs of it are not the same", () =>
    Effect.gen(function* () {
      let runs = 0
      const script: Scenario.Scenario["script"] = (cluster) =>
        Effect.andThen(cluster.create({ metadata: { name: `w${runs++}` }, spec: { size: 1 } }), cluster.converge())
      const message = yield* refusal({ ...Widgets.scenario, script })
      assert.include(message, "call 0 was setFinalizers Widget default/w0, then setFinalizers Widget default/w1")
    })
  )

  it.effect("is refused when it lets no time pass, and says what it left in the middle", () =>
    Effect.gen(function* () {
      const script: Scenario.Scenario["script"] = (cluster) =>
        Effect.andThen(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }), cluster.reconcile(2))
      const message = yield* refusal({ ...Widgets.scenario, script })
      assert.include(message, "Widget default/w is in the middle of a plan when the script ends")
      assert.include(message, "world.settle()")
    })
  )

  it.effect("is refused when it is broken without any fault", () =>
    Effect.gen(function* () {
      const decide: typeof Widgets.reconciler.decide = () =>
        Result.succeed(Reconciler.createPlan(Widgets.painting, "Wet"))
      assert.include(yield* refusal(by({ decide })), "fails without any fault: INV-10")
    })
  )
})
