import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder, Reconciler } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { expect } from "vitest"
import { simulate } from "../src/Async.ts"
import { ControllerUnderTest, Faults, Simulator, Sometimes, type TestCluster } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

const create = (name: string): TestCluster.Act => ({
  verb: "create",
  kind: Widgets.kind,
  body: { metadata: { name }, spec: { size: 1 } }
})

const simulation: Simulator.Simulation = {
  name: "widgets",
  controllerUnderTest: Widgets.widgets,
  setup: [create("a"), create("b")],
  userActions: (random) => {
    const name = random.pick(["a", "b"])
    return random.pick<TestCluster.Act>([
      { verb: "merge", kind: Widgets.kind, name, body: { spec: { size: random.below(9) } } },
      { verb: "delete", kind: Widgets.kind, name },
      create(random.pick(["a", "b", "c"]))
    ])
  },
  violations: ({ server }) =>
    server
      .peekAll({ group: "example.dev", version: "v1", plural: "widgets" })
      .filter(({ status }) => Object(status).phase !== "Painted")
      .map(({ metadata }) => `${metadata.name} is not Painted`)
}

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A controller with a mistake: it creates a plan for every large widget, even for one that is painted. */
const replanning: Simulator.Simulation = {
  ...simulation,
  controllerUnderTest: ControllerUnderTest.of(
    {
      ...Widgets.reconciler,
      decide: ({ widget }) =>
        Object(widget.spec).size > 3
          ? Result.succeed(Reconciler.createPlan({ ...Widgets.painting, onFailure: PlanBuilder.retry }, "Wet"))
          : Widgets.reconciler.decide({ widget })
    },
    { watches: [], definitions: Widgets.definitions }
  )
}

describe("Simulator", () => {
  it.effect("INV-10: finds no failure of a controller that holds the invariants", () =>
    Effect.gen(function* () {
      const report = yield* Simulator.runSeeds(simulation, seeds(Number(process.env.SEEDS ?? "25")))
      assert.deepStrictEqual(Simulator.describeSeeds(report), [])
    })
  )

  it.effect("gives the same schedule and the same calls for the same seed", () =>
    Effect.gen(function* () {
      const schedule = Simulator.scheduleOf(simulation, 7)
      assert.deepStrictEqual(schedule, Simulator.scheduleOf(simulation, 7))
      assert.notDeepEqual(schedule, Simulator.scheduleOf(simulation, 8))
      const [first, second] = [yield* Simulator.run(simulation, schedule), yield* Simulator.run(simulation, schedule)]
      assert.deepStrictEqual(JSON.parse(JSON.stringify(first.calls)), JSON.parse(JSON.stringify(second.calls)))
    })
  )

  it.effect("INV-10: shrinks a failing schedule", () =>
    Effect.gen(function* () {
      const {
        failures: [failure]
      } = yield* Simulator.runSeeds(replanning, [10])
      assert.isDefined(failure)
      assert.isAtLeast(failure?.original.schedule.length ?? 0, failure?.smallest.schedule.length ?? 0)
      assert.strictEqual(failure?.smallest.schedule.length, 1)
      assert.deepInclude(failure?.smallest.schedule[0], { action: "user" })
      assert.strictEqual(failure?.smallest.findings[0]?.invariant, failure?.original.findings[0]?.invariant)
      assert.include(Simulator.report(failure ?? assert.fail()), "INV-10")
    })
  )
})

describe("a simulation that says what must happen sometimes", () => {
  const never = { name: "a widget was sold", holds: () => false }
  const failing: Simulator.Simulation = {
    ...simulation,
    faults: [Faults.refused, Faults.taskFailing("paint")],
    sometimes: [...Sometimes.injected([Faults.refused]), Sometimes.planCompleted, Sometimes.taskRetried],
    sometimesAfter: 20
  }

  it.effect("passes when each of it happens in at least one of the seeds", () =>
    Effect.gen(function* () {
      const report = yield* Simulator.runSeeds(failing, seeds(20))
      assert.deepStrictEqual(Simulator.describeSeeds(report), [])
    })
  )

  it.effect("fails with what never happened, in enough seeds", () =>
    Effect.gen(function* () {
      const sometimes = [
        Sometimes.planCompleted,
        never,
        Sometimes.planSuperseded,
        ...Sometimes.injected([Faults.refused, Faults.conflict])
      ]
      const lost = { ...failing, sometimes }
      const report = yield* Simulator.runSeeds(lost, seeds(20))
      assert.deepStrictEqual(Simulator.describeSeeds(report), [
        "never in 20 seeds: a widget was sold",
        "never in 20 seeds: a plan was superseded",
        'never in 20 seeds: the fault "conflict" was injected'
      ])
      assert.deepStrictEqual(Simulator.describeSeeds(yield* Simulator.runSeeds(lost, seeds(3))), [])
    })
  )

  it("fails an async test in the same way", async () => {
    const lost = { ...failing, sometimes: [never] }
    await expect(simulate(lost, 20)).rejects.toThrow(/^never in 20 seeds: a widget was sold$/u)
    await simulate(lost, 3)
  })

  it.effect(
    "recognizes a plan that failed, one that was rebuilt, and an object that was deleted in the middle of its plan",
    () =>
      Effect.gen(function* () {
        const edited = (request: TestCluster.Act): Simulator.Action => ({ action: "user", request })
        const fault = (call: number): Simulator.Action => ({ action: "fault", fault: "paint fails", call })
        const passes = (count: number): Simulator.Action => ({ action: "reconcile", passes: count })
        const namesOf = (run: Simulator.SimulatedRun) =>
          Sometimes.held(
            [
              Sometimes.planFailed,
              Sometimes.planRebuilt,
              Sometimes.taskRetried,
              Sometimes.deletedMidPlan,
              Sometimes.planSuperseded
            ],
            run
          )
        const quiet = yield* Simulator.run(failing, [])
        assert.deepStrictEqual(namesOf(quiet), [])
        const retried = yield* Simulator.run(failing, [fault(0)])
        assert.deepStrictEqual(namesOf(retried), [])
        const failed = yield* Simulator.run(failing, [
          fault(0),
          fault(1),
          fault(2),
          fault(3),
          passes(8),
          { action: "advance", millis: 60_000 }
        ])
        assert.deepStrictEqual(namesOf(failed), [
          "a plan failed",
          "a failed plan was rebuilt",
          "a task failed and was retried"
        ])
        const remove = edited({ verb: "delete", kind: Widgets.kind, name: "a" })
        const deleted = yield* Simulator.run({ ...failing, violations: () => [] }, [passes(3), remove, passes(2)])
        assert.deepStrictEqual(namesOf(deleted), ["an object was deleted while its plan was active"])
      })
  )
})
