import { assert, describe, it } from "@effect/vitest"
import { Condition, Identity as PlanIdentity, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const taskOf = (plan: ReturnType<World.World["plan"]>, type: string) =>
  World.tasks(plan).find((task) => task.type === type) ?? {}

describe("plans of a node", () => {
  it.effect("INV-14: the same object gives the same ids, another version gives others, all unique (scenario 12)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      const object = world.node()
      if (object === undefined) throw new Error("the node is there")
      yield* world.turn
      const { id } = world.plan()
      assert.strictEqual(id, PlanIdentity.planId(object, "init"))
      const ids = World.tasks(world.plan()).map((task) => task.id)
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.deepStrictEqual(
        ids,
        World.types(world.plan()).map((type, index) =>
          PlanIdentity.taskId(TaskPlan.PlanId.make(String(id)), type, index)
        )
      )
      assert.strictEqual(
        PlanIdentity.taskId(TaskPlan.PlanId.make("3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11"), "mark-ready", 7),
        "7d09e9a5-1c35-521c-9898-1a3b9a389f27"
      )
      const later = world.node()
      assert.notStrictEqual(id, later === undefined ? id : PlanIdentity.planId(later, "init"))
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("an active plan is resumed, never replaced (scenario 13)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.turn
      const { id } = world.plan()
      yield* world.edit({ overrides: { "logging.level": "debug" } })
      yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Complete") })
      assert.strictEqual(world.plan().id, id)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "INV-9: a task that fails without retries fails its plan and the node, for good (scenarios 15, 16, 23)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        world.agents.script("config-apply", { failures: 9, error: "S3 access denied" })
        yield* world.create()
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Failed")
        assert.strictEqual(world.plan().phase, "Failed")
        assert.deepInclude(World.asObject(world.plan().failedTaskDetail), {
          type: "config-apply",
          error: "S3 access denied"
        })
        assert.strictEqual(world.plan().failedTaskIndex, 5)
        assert.strictEqual(world.condition("Degraded").reason, "PlanFailed")
        assert.include(world.events(), "NodeFailed")
        const calls = yield* world.take
        assert.strictEqual(World.submissions(calls).filter((type) => type === "config-apply").length, 1)
        assert.strictEqual((yield* world.turn).requeue._tag, "Settled")
        assert.deepStrictEqual(yield* world.calls, [])
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-9: a failure with retries left is recorded, waits, and keeps its id (scenario 17)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("configure-genesis", { failures: 2, error: "genesis not published yet" })
      yield* world.create()
      yield* world.turn
      const { id } = taskOf(world.plan(), "configure-genesis")
      yield* world.settle({ until: Effect.sync(() => taskOf(world.plan(), "configure-genesis").retryCount === 1) })
      const task = taskOf(world.plan(), "configure-genesis")
      assert.strictEqual(task.id, id)
      assert.strictEqual(task.status, "Pending")
      assert.notProperty(task, "submittedAt")
      assert.deepInclude(World.asObject(world.status().waiting), {
        for: "retry 1 of configure-genesis",
        detail: "genesis not published yet"
      })
      assert.strictEqual(world.plan().phase, "Active")
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      const calls = yield* world.calls
      assert.strictEqual(World.submissions(calls).filter((type) => type === "configure-genesis").length, 3)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("retries that are used up fail the plan, with their numbers (scenario 18)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("configure-genesis", { failures: 1_000, error: "no genesis" })
      yield* world.create()
      yield* world.settle({ maxTurns: 2_000, maxTime: "4 hours" })
      assert.deepInclude(World.asObject(world.plan().failedTaskDetail), {
        retryCount: 180,
        maxRetries: 180,
        error: "no genesis"
      })
      assert.strictEqual(world.status().phase, "Failed")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "a sidecar that refuses connections is asked again, and nothing is recorded as failed (scenarios 19, 20)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create()
        yield* world.settle({ until: Effect.sync(() => world.pod() !== undefined) })
        const { requeue } = yield* world.turn
        assert.strictEqual(requeue._tag, "Poll")
        assert.strictEqual(taskOf(world.plan(), "configure-genesis").status, "Pending")
        assert.strictEqual(world.condition("Degraded").status, "False")
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("a task type that nobody performs, or parameters that cannot be read, fail the plan (scenario 21)", () =>
    Effect.gen(function* () {
      for (const broken of [{ type: "make-coffee" }, { type: "config-apply", params: { mode: 7 } }]) {
        const world = yield* World.make()
        yield* world.create()
        const task = { id: "3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", status: "Pending", ...broken }
        yield* world.tamper({
          phase: "Initializing",
          plan: { id: "p", phase: "Active", failedPhase: "Failed", tasks: [task] }
        })
        yield* world.turn
        assert.strictEqual(world.plan().phase, "Failed")
        assert.strictEqual(World.asObject(world.plan().failedTaskDetail).type, broken.type)
        yield* world.remove
      }
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a plan that somebody wrote by hand does no harm: same ids, times that are none, no tasks", () =>
    Effect.gen(function* () {
      const id = "3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11"
      const here = { nodeName: World.NAME, namespace: World.NAMESPACE }
      const plans = [
        [
          { type: "ensure-data-pvc", id, status: "Complete" },
          { type: "observe-image", id, status: "Pending", params: here }
        ],
        [{ type: "configure-genesis", id, status: "Pending", retryAt: "soon", retryCount: 1 }],
        []
      ]
      const world = yield* World.make()
      yield* world.create()
      for (const tasks of plans) {
        yield* world.tamper({ phase: "Initializing", plan: { id: "p", phase: "Active", tasks } })
        const { requeue } = yield* world.turn
        assert.include(["Poll", "Now"], requeue._tag)
      }
      yield* world.tamper({ phase: null, plan: null })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("what an agent can never accept fails the plan with its words, after one submission (scenario 24)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("config-apply", { rejects: 'unknown override key "logging.colour"' })
      yield* world.create({ overrides: { "logging.colour": "red" } })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Failed")
      assert.include(
        String(World.asObject(world.plan().failedTaskDetail).error),
        'unknown override key "logging.colour"'
      )
      const calls = yield* world.calls
      assert.strictEqual(World.submissions(calls).filter((type) => type === "config-apply").length, 1)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "a spec that contradicts itself is refused on the object with its field, and an edit cures it (scenario 29)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create({ fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } })
        yield* world.settle()
        assert.deepInclude(world.condition("Degraded"), { status: "True", reason: "PlanRefused" })
        assert.include(String(world.condition("Degraded").message), "spec.fullNode.snapshotGeneration")
        assert.include(world.events(), "PlanRefused")
        assert.notProperty(world.status(), "plan")
        assert.isUndefined(world.statefulSet())
        yield* world.edit({ fullNode: { snapshotGeneration: { tendermint: { keepRecent: 2 } } } })
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Running")
        assert.strictEqual(world.condition("Degraded").status, "False")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("what another controller left in flight is asked for before it is sent (scenario 22)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle({ until: Effect.sync(() => taskOf(world.plan(), "config-apply").submittedAt !== undefined) })
      const other = yield* world.boot
      yield* world.ledger.clear
      yield* world.settle({ turn: other })
      assert.strictEqual(world.status().phase, "Running")
      assert.notInclude(World.submissions(yield* world.calls), "config-apply")
      assert.isTrue(Condition.isTrue(world.status(), "SidecarReady"))
    }).pipe(Effect.provide(World.layer))
  )
})
