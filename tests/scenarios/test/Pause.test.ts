import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const replicas = (world: World.World) => World.asObject(world.statefulSet()?.spec).replicas

describe("pausing a node", () => {
  it.effect("a node that is paused from the start gets a condition and no plan (scenario 41)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create({ paused: true })
      yield* world.settle()
      assert.deepInclude(world.condition("Paused"), { status: "True", reason: "Paused" })
      assert.strictEqual(world.condition("StateSyncReady").reason, "NotApplicable")
      assert.notProperty(world.status(), "plan")
      assert.notProperty(world.status(), "phase")
      assert.isUndefined(world.statefulSet())
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "INV-1: a running node is scaled to nothing and back, each time after the condition is stored (scenario 42)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create()
        yield* world.settle()
        yield* world.edit({ paused: true })
        yield* world.turn
        assert.strictEqual(world.condition("Paused").status, "True")
        assert.strictEqual(replicas(world), 1)
        yield* world.settle()
        assert.strictEqual(replicas(world), 0)
        assert.isUndefined(world.pod())
        yield* world.edit({ paused: false })
        yield* world.turn
        assert.strictEqual(world.condition("Paused").status, "False")
        assert.strictEqual(replicas(world), 0)
        yield* world.settle()
        assert.strictEqual(replicas(world), 1)
        assert.strictEqual(world.status().phase, "Running")
        assert.strictEqual(world.condition("SidecarReady").status, "True")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-1: a pause freezes the plan where it stands, and it resumes (scenario 42)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("configure-genesis", { durationMs: 10_000 })
      yield* world.create()
      yield* world.settle({ until: Effect.sync(() => World.tasks(world.plan())[4]?.submittedAt !== undefined) })
      const { id } = world.plan()
      yield* world.edit({ paused: true })
      yield* world.settle()
      assert.strictEqual(world.plan().phase, "Active")
      yield* world.edit({ paused: false })
      yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Complete") })
      assert.strictEqual(world.plan().id, id)
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
