import { assert, describe, it } from "@effect/vitest"
import { Reconciler } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { ControllerUnderTest, Faults, type Scenario, Sweep } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

/** The scenario with a changed controller. */
const withReconciler = (changes: Partial<typeof Widgets.reconciler>): Scenario.Scenario => ({
  ...Widgets.scenario,
  controllerUnderTest: ControllerUnderTest.of(
    { ...Widgets.reconciler, ...changes },
    { definitions: Widgets.definitions }
  )
})

describe("Sweep", () => {
  it.effect("finds no failure of a controller that holds the invariants, with every fault at every call", () =>
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

  it.effect("injects every fault at the call it is meant for", () =>
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

  it.effect("runs every pair of faults on request", () =>
    Effect.gen(function* () {
      const faults = [Faults.answerLost]
      const report = yield* Sweep.run(Widgets.scenario, { faults, pairs: true })
      assert.deepStrictEqual(Sweep.describeFailures(report), [])
      const pairs = report.runs.filter(({ injections }) => injections.length === 2)
      assert.isAtLeast(pairs.length, (9 * 8) / 2)
    })
  )

  it.effect("can be split into shares that together are the whole sweep", () =>
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

  it.effect("finds the same on all cores", () =>
    Effect.gen(function* () {
      const source = { module: new URL("./toy/Widgets.ts", import.meta.url) }
      const report = yield* Sweep.onAllCores(source, { faults: [Faults.killedBefore, Faults.refused] })
      const alone = yield* Sweep.run(Widgets.scenario, { faults: [Faults.killedBefore, Faults.refused] })
      assert.deepStrictEqual(report.calls, alone.calls)
      assert.sameDeepMembers([...report.runs], [...alone.runs])
      const error = yield* Effect.flip(Sweep.onAllCores({ ...source, name: "nothing" }))
      assert.include(error.message, 'exports no scenario named "nothing"')
    })
  )

  it.effect("reports a failure with its call, fault and invariant, and prints a table", () =>
    Effect.gen(function* () {
      let decided = 0
      // Builds another plan in every pass after a conflict, so only a run with a conflict fails.
      const decide: typeof Widgets.reconciler.decide = (observed) =>
        observed.widget.metadata.annotations?.touched === undefined
          ? Widgets.reconciler.decide(observed)
          : Result.succeed(Reconciler.createPlan({ ...Widgets.painting, reason: `decision ${decided++}` }, "Wet"))
      const report = yield* Sweep.run(withReconciler({ decide }), { faults: [Faults.conflict] })
      const [first = ""] = Sweep.describeFailures(report)
      assert.match(first, /^conflict at call \d, \w+ Widget default\/w: INV-10: /u)
      assert.match(
        Sweep.table(report),
        /^a widget is painted: 9 calls, 5 runs, \d failed\n {2}conflict +5 runs {2}\d failed\n- /u
      )
    })
  )
})

describe("a scenario that cannot be swept", () => {
  const errorOf = (scenario: Scenario.Scenario) =>
    Effect.map(Effect.flip(Sweep.run(scenario)), ({ message }) => message)

  it.effect("is rejected when its script makes no call", () =>
    Effect.gen(function* () {
      const message = yield* errorOf({ ...Widgets.scenario, script: () => Effect.void })
      assert.include(message, "the script made no call: create an object and let it converge")
    })
  )

  it.effect("is rejected when two runs of it differ", () =>
    Effect.gen(function* () {
      let runs = 0
      const script: Scenario.Scenario["script"] = (cluster) =>
        Effect.andThen(cluster.create({ metadata: { name: `w${runs++}` }, spec: { size: 1 } }), cluster.converge())
      const message = yield* errorOf({ ...Widgets.scenario, script })
      assert.include(message, "call 0 was setFinalizers Widget default/w0, then setFinalizers Widget default/w1")
    })
  )

  it.effect("is rejected when it ends before convergence, with the object that has an unfinished plan", () =>
    Effect.gen(function* () {
      const script: Scenario.Scenario["script"] = (cluster) =>
        Effect.andThen(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }), cluster.reconcile(2))
      const message = yield* errorOf({ ...Widgets.scenario, script })
      assert.include(message, "Widget default/w has an unfinished plan when the script ends")
      assert.include(message, "cluster.converge()")
    })
  )

  it.effect("is rejected when it fails without faults", () =>
    Effect.gen(function* () {
      const decide: typeof Widgets.reconciler.decide = () =>
        Result.succeed(Reconciler.createPlan(Widgets.painting, "Wet"))
      assert.include(yield* errorOf(withReconciler({ decide })), "fails without any fault: INV-10")
    })
  )
})
