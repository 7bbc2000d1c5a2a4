import { assert, describe, it } from "@effect/vitest"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as World from "../world/World.ts"

describe("a full node from genesis", () => {
  it.effect("a turn for a node that is not there succeeds and asks for nothing (scenario 1)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const { requeue, wrote } = yield* world.turn
      assert.strictEqual(requeue._tag, "Settled")
      assert.isFalse(wrote)
      assert.deepStrictEqual(yield* world.calls, [])
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-1: the first turn records the plan, sets the finalizer, and does nothing else (scenarios 2, 3)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      const { requeue } = yield* world.turn
      assert.strictEqual(requeue._tag, "Now")
      assert.deepStrictEqual(world.node()?.metadata.finalizers, ["sei.io/seinode-finalizer"])
      assert.strictEqual(world.status().phase, "Initializing")
      assert.strictEqual(world.plan().phase, "Active")
      assert.deepStrictEqual(World.types(world.plan()), World.INIT)
      assert.isTrue(World.tasks(world.plan()).every(({ status }) => status === "Pending"))
      assert.deepStrictEqual(World.requests(yield* world.calls), { setFinalizers: 1, patchStatus: 1, event: 1 })
      assert.deepStrictEqual(World.submissions(yield* world.calls), [])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "tasks complete in order, the phase becomes Running, and the plan is taken off later (scenarios 4, 14)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create()
        yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Complete") })
        assert.strictEqual(world.status().phase, "Running")
        assert.deepStrictEqual(World.types(world.plan()), World.INIT)
        yield* world.settle()
        assert.notProperty(world.status(), "plan")
        assert.deepStrictEqual(World.submissions(yield* world.calls), World.INIT.slice(4))
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("settles with 14 requests: 4 creates and applies, 1 finalizer, 7 status writes, 2 events", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      assert.deepStrictEqual(World.requests(yield* world.calls), {
        create: 1,
        apply: 3,
        setFinalizers: 1,
        patchStatus: 7,
        event: 2
      })
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-5: a settled node makes no request, however often it is looked at", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      yield* world.ledger.clear
      for (let look = 0; look < 5; look++) {
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* world.turn).requeue._tag, "Settled")
      }
      const calls = yield* world.calls
      assert.deepStrictEqual(World.requests(calls), {})
      assert.deepStrictEqual(Invariants.settled(calls), [])
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-8: one submission for each task, and asking is all that waiting does (scenario 22)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("configure-genesis", { durationMs: 60_000 })
      yield* world.create()
      yield* world.settle()
      const calls = yield* world.calls
      const polls = calls.filter(({ verb }) => verb === "poll").length
      assert.strictEqual(World.submissions(calls).filter((type) => type === "configure-genesis").length, 1)
      assert.isAbove(polls, 10)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("shows its identity, its images and its endpoints (scenario 44)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      const { currentImage, endpoint, statefulSet } = world.status()
      assert.deepStrictEqual(statefulSet, { name: "node-0", uid: world.statefulSet()?.metadata.uid ?? "" })
      assert.strictEqual(currentImage, "ghcr.io/sei-protocol/sei:v6.1.0")
      assert.strictEqual(World.asObject(endpoint).evmJsonRpc, "http://node-0.sei.svc:8545")
      assert.strictEqual(world.condition("StateSyncReady").reason, "NotApplicable")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("fields that nobody here knows survive (INV-13)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create({}, { annotations: { "example.dev/note": "kept" } })
      yield* world.tamper({ resolvedRPCWitnesses: ["kept"] })
      yield* world.settle()
      assert.deepStrictEqual(world.status().resolvedRPCWitnesses, ["kept"])
      assert.strictEqual(world.node()?.metadata.annotations?.["example.dev/note"], "kept")
    }).pipe(Effect.provide(World.layer))
  )
})
