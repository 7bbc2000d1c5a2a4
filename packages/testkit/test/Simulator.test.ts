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
  begin: [create("a"), create("b")],
  acts: (random) => {
    const name = random.pick(["a", "b"])
    return random.pick<TestCluster.Act>([
      { verb: "merge", kind: Widgets.kind, name, body: { spec: { size: random.below(9) } } },
      { verb: "delete", kind: Widgets.kind, name },
      create(random.pick(["a", "b", "c"]))
    ])
  },
  wrong: ({ server }) =>
    server
      .peekAll({ group: "example.dev", version: "v1", plural: "widgets" })
      .filter(({ status }) => Object(status).phase !== "Painted")
      .map(({ metadata }) => `${metadata.name} was not painted`)
}

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** A controller that takes a bigger widget for a new one, and plans it while a plan is active. */
const hasty: Simulator.Simulation = {
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

describe("the simulator", () => {
  it.effect("INV-10: finds nothing wrong with a controller that keeps the laws", () =>
    Effect.gen(function* () {
      const failures = yield* Simulator.seeds(simulation, seeds(Number(process.env.SEEDS ?? "25")))
      assert.deepStrictEqual(failures.map(Simulator.report), [])
    })
  )

  it.effect("throws the same for the same seed", () =>
    Effect.gen(function* () {
      const schedule = Simulator.scheduleOf(simulation, 7)
      assert.deepStrictEqual(schedule, Simulator.scheduleOf(simulation, 7))
      assert.notDeepEqual(schedule, Simulator.scheduleOf(simulation, 8))
      const [first, second] = [yield* Simulator.live(simulation, schedule), yield* Simulator.live(simulation, schedule)]
      assert.deepStrictEqual(JSON.parse(JSON.stringify(first.calls)), JSON.parse(JSON.stringify(second.calls)))
    })
  )

  it.effect("INV-10: makes the life that fails as small as it can be", () =>
    Effect.gen(function* () {
      const [failure] = yield* Simulator.seeds(hasty, [10])
      assert.isDefined(failure)
      assert.isAtLeast(failure?.whole.schedule.length ?? 0, failure?.smallest.schedule.length ?? 0)
      assert.strictEqual(failure?.smallest.schedule.length, 1)
      assert.deepInclude(failure?.smallest.schedule[0], { move: "act" })
      assert.strictEqual(failure?.smallest.findings[0]?.invariant, failure?.whole.findings[0]?.invariant)
      assert.include(Simulator.report(failure ?? assert.fail()), "INV-10")
    })
  )
})
