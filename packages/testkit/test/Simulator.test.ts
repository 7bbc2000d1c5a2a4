import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder, Reconciler } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { ControllerUnderTest, Simulator, type TestCluster } from "../src/index.ts"
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
    { definitions: Widgets.definitions }
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
