import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

describe("deleting a node", () => {
  it.effect(
    "INV-1: the phase is stored first; then the claim goes, the finalizer, and all the rest (scenario 74)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create()
        yield* world.settle()
        yield* world.remove
        yield* world.ledger.clear
        yield* world.turn
        assert.strictEqual(world.status().phase, "Terminating")
        assert.isDefined(world.claim())
        assert.deepStrictEqual(World.requests(yield* world.calls), { patchStatus: 1, event: 1 })
        yield* world.settle()
        assert.isUndefined(world.node())
        assert.isUndefined(world.statefulSet())
        assert.isUndefined(world.pod())
        assert.isUndefined(world.claim())
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-11: a claim of the same name that somebody else owns survives (scenario 76)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const body = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data-node-0" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } }
      }
      yield* world.other(Identity.PersistentVolumeClaim, { verb: "create", body })
      yield* world.create()
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Failed")
      assert.include(String(world.condition("Degraded").message), "spec.dataVolume.import")
      yield* world.remove
      yield* world.settle()
      assert.isUndefined(world.node())
      assert.isDefined(world.claim())
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a node that was never planned goes at once", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.remove
      yield* world.settle()
      assert.isUndefined(world.node())
      assert.deepStrictEqual(World.requests(yield* world.calls), {})
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a node goes in the middle of its plan", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle({ until: Effect.sync(() => world.pod() !== undefined) })
      yield* world.remove
      yield* world.settle()
      assert.isUndefined(world.node())
      assert.isUndefined(world.claim())
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
