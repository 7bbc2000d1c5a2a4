import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const running = Effect.gen(function* () {
  const world = yield* World.make()
  yield* world.create()
  yield* world.settle()
  yield* world.ledger.clear
  return world
})

const count = (world: World.World, reason: string) => world.events().filter((each) => each === reason).length

describe("the readiness of a sidecar", () => {
  it.effect("is never asked for before the node runs (scenario 65)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Complete") })
      assert.isFalse((yield* world.calls).some(({ verb }) => verb === "health"))
      assert.deepStrictEqual(world.condition("SidecarReady"), {})
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("is shown as it answers: ready, waiting, or not at all (scenario 64)", () =>
    Effect.gen(function* () {
      const world = yield* running
      assert.deepInclude(world.condition("SidecarReady"), { status: "True", reason: "Ready" })
      world.agents.at(World.ADDRESS).restart({ keepsTasks: true })
      yield* world.turn
      assert.deepInclude(world.condition("SidecarReady"), { status: "False", reason: "NotReady" })
      yield* world.settle()
      world.agents.setReachable(World.ADDRESS, false)
      const { requeue } = yield* world.turn
      assert.deepInclude(world.condition("SidecarReady"), { status: "Unknown", reason: "Unreachable" })
      assert.strictEqual(requeue._tag, "Poll")
      assert.notProperty(world.status(), "plan")
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "INV-1: one that waits gets a plan of one task, recorded in one turn and sent in the next (scenario 66)",
    () =>
      Effect.gen(function* () {
        const world = yield* running
        world.agents.at(World.ADDRESS).restart({ keepsTasks: true })
        yield* world.turn
        assert.deepStrictEqual(World.types(world.plan()), ["mark-ready"])
        assert.deepStrictEqual(World.submissions(yield* world.calls), [])
        const [{ id } = {}] = World.tasks(world.plan())
        yield* world.turn
        assert.deepStrictEqual(World.submissions(yield* world.calls), ["mark-ready"])
        yield* world.settle()
        assert.notProperty(world.status(), "plan")
        assert.strictEqual(world.condition("SidecarReady").status, "True")
        assert.isUndefined(world.agents.at(World.ADDRESS).all.find((task) => task.id === id && task.run > 1))
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("a pod that somebody deletes comes back, and its sidecar is told again", () =>
    Effect.gen(function* () {
      const world = yield* running
      const old = world.pod()?.metadata.uid
      yield* world.other(World.Pod, { verb: "delete", name: "node-0-0" })
      yield* world.settle()
      assert.notStrictEqual(world.pod()?.metadata.uid, old)
      assert.isTrue(world.agents.at(World.ADDRESS).isReady)
      assert.strictEqual(world.condition("SidecarReady").status, "True")
      assert.notProperty(world.status(), "plan")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("losing it and getting it back are told once each (scenario 68)", () =>
    Effect.gen(function* () {
      const world = yield* running
      for (const times of [1, 2]) {
        world.agents.at(World.ADDRESS).restart({ keepsTasks: true })
        yield* world.settle()
        assert.strictEqual(count(world, "SidecarReadinessLost"), times)
        assert.strictEqual(count(world, "SidecarReadinessRestored"), times)
      }
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a node that does not answer and drifts is updated, pod first (scenarios 63, 67)", () =>
    Effect.gen(function* () {
      const world = yield* running
      world.agents.setReachable(World.ADDRESS, false)
      yield* world.edit({ sidecar: { image: "seictl:fixed" } })
      yield* world.settle()
      assert.strictEqual(world.status().currentSidecarImage, "seictl:fixed")
      assert.strictEqual(world.condition("SidecarReady").status, "True")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
