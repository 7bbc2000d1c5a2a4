import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
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

  it.effect("INV-12: its pod goes before its data, and the object says what it waits for", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { stopMs: 30_000 } })
      yield* World.settled(world)
      yield* world.remove
      yield* world.settle({ until: Effect.sync(() => world.statefulSet() === undefined) })
      yield* TestClock.adjust("15 seconds")
      yield* world.turn
      assert.isDefined(world.pod())
      assert.isDefined(world.claim())
      assert.deepInclude(World.asObject(world.status().waiting), { detail: "the node's pod to be gone" })
      yield* world.settle()
      assert.isUndefined(world.node())
      assert.isUndefined(world.claim())
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("workflows that hold themselves back for the node are let go, and no others (scenario 75)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.workflow(world, "of-this-node", World.NAME)
      yield* World.workflow(world, "of-another", "node-9")
      yield* World.settled(world)
      yield* world.remove
      yield* world.settle()
      assert.isUndefined(world.node())
      assert.deepStrictEqual(world.workflowFinalizers("of-this-node"), ["example.dev/other"])
      assert.deepStrictEqual(world.workflowFinalizers("of-another"), [
        "sei.io/seinodetaskworkflow-finalizer",
        "example.dev/other"
      ])
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
