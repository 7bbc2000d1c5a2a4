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
    { watches: [], definitions: Widgets.definitions }
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
      const source = { module: new URL("./toy/Widgets.ts", import.meta.url), name: "unreachable" }
      const report = yield* Sweep.onAllCores(source, { faults: [Faults.killedBefore, Faults.refused] })
      const alone = yield* Sweep.run(Widgets.unreachable, { faults: [Faults.killedBefore, Faults.refused] })
      assert.deepStrictEqual(report.calls, alone.calls)
      assert.sameDeepMembers([...report.runs], [...alone.runs])
      assert.deepStrictEqual(Sweep.missing(report), Sweep.missing(alone))
      assert.match(
        Sweep.missing(report).join(),
        /^not reached: delete Widget: the run without faults makes no such call/u
      )
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

describe("a sweep that reaches less than its scenario declares", () => {
  const CLAIM = "patchStatus Widget: task claimed"
  const reaches = [
    "setFinalizers Widget: finalizer added",
    "patchStatus Widget: plan created",
    "poll",
    CLAIM,
    "submit",
    "apply ConfigMap",
    "patchStatus Widget: plan completed",
    "patchStatus Widget: plan removed"
  ]
  const faults = [Faults.killedBefore, Faults.forbidden, Faults.conflict]

  it.effect("does not exist for boundaries that are all reached, in a whole sweep and in a share", () =>
    Effect.gen(function* () {
      const scenario = { ...Widgets.scenario, reaches }
      for (const share of [
        { index: 0, of: 1 },
        { index: 0, of: 3 }
      ]) {
        const report = yield* Sweep.run(scenario, { faults, share })
        assert.deepStrictEqual(Sweep.missing(report), [])
        assert.isTrue(Sweep.passed(report))
        yield* Sweep.expectNoFailures(report)
      }
    })
  )

  it.effect("fails, and names the boundary and those that there are, when the controller stops to reach one", () =>
    Effect.gen(function* () {
      const painted = { ...Widgets.painting, tasks: [{ type: "publish" }] }
      const decide: typeof Widgets.reconciler.decide = ({ widget }) =>
        Result.succeed(
          Object(widget.status).phase === "Painted" ? Reconciler.nothing : Reconciler.createPlan(painted, "Wet")
        )
      const report = yield* Sweep.run({ ...withReconciler({ decide }), reaches }, { faults })
      assert.deepStrictEqual(Sweep.failures(report), [])
      assert.isFalse(Sweep.passed(report))
      const missing = Sweep.missing(report)
      assert.lengthOf(missing, 3)
      assert.match(
        missing[1] ?? "",
        /^not reached: patchStatus Widget: task claimed: the run without faults makes no such call, only setFinalizers Widget: finalizer added, patchStatus Widget: plan created, /u
      )
      assert.include(Sweep.table(report), "0 failed, 3 points not reached\n")
      assert.include(Sweep.describeFailures(report).join("\n"), `not reached: ${CLAIM}`)
      const exit = yield* Effect.exit(Sweep.expectNoFailures(report))
      assert.include(String(exit), `not reached: ${CLAIM}`)
    })
  )

  it.effect("fails when it is whole and a fault was not injected at a boundary", () =>
    Effect.gen(function* () {
      const report = yield* Sweep.run({ ...Widgets.scenario, reaches }, { faults })
      const isLost = ({ boundary, fault }: Sweep.Injected) => boundary === CLAIM && fault === "forbidden"
      const runs = report.runs.filter(({ injections }) => !injections.some(isLost))
      assert.deepStrictEqual(Sweep.missing({ ...report, runs }), [
        `not reached: forbidden at ${CLAIM}: no run injected the fault there`
      ])
      assert.deepStrictEqual(Sweep.missing({ ...report, runs, isWhole: false }), [])
    })
  )

  it.effect("fails in the run whose fault was not injected", () =>
    Effect.gen(function* () {
      let answers = 0
      // Applies when the sweep plans its runs, and not when a run reaches the call.
      const fault: Faults.Fault = { ...Faults.forbidden, appliesTo: ({ verb }) => verb === "submit" && answers++ < 1 }
      const report = yield* Sweep.run(Widgets.scenario, { faults: [fault] })
      assert.deepStrictEqual(Sweep.describeFailures(report), [
        'no fault: the fault "forbidden" was not injected at call 4'
      ])
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
