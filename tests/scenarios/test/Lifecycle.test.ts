import { assert, describe, it } from "@effect/vitest"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as TestCluster from "../harness/NodeCluster.ts"

describe("a full node from genesis", () => {
  it.effect("a turn for a node that is not there succeeds and asks for nothing (scenario 1)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const { requeue, wrote } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "AwaitChange")
      assert.isFalse(wrote)
      assert.deepStrictEqual(yield* cluster.calls, [])
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-1: the first turn records the plan, sets the finalizer, and does nothing else (scenarios 2, 3)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      const { requeue } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "Now")
      assert.deepStrictEqual(cluster.node()?.metadata.finalizers, ["sei.io/seinode-finalizer"])
      assert.strictEqual(cluster.status().phase, "Initializing")
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.deepStrictEqual(TestCluster.types(cluster.plan()), TestCluster.INIT)
      assert.isTrue(TestCluster.tasks(cluster.plan()).every(({ status }) => status === "Pending"))
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), { setFinalizers: 1, patchStatus: 1, event: 1 })
      assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "tasks complete in order, the phase becomes Running, and the plan is taken off later (scenarios 4, 14)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.create()
        yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Complete") })
        assert.strictEqual(cluster.status().phase, "Running")
        assert.deepStrictEqual(TestCluster.types(cluster.plan()), TestCluster.INIT)
        yield* cluster.converge()
        assert.notProperty(cluster.status(), "plan")
        assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), TestCluster.INIT.slice(4))
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("settles with 14 requests: 4 creates and applies, 1 finalizer, 7 status writes, 2 events", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), {
        create: 1,
        apply: 3,
        setFinalizers: 1,
        patchStatus: 7,
        event: 2
      })
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-5: a settled node makes no request, however often it is looked at", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.callLog.clear
      for (let look = 0; look < 5; look++) {
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* cluster.reconcile).requeue._tag, "AwaitChange")
      }
      const calls = yield* cluster.calls
      assert.deepStrictEqual(TestCluster.requests(calls), {})
      assert.deepStrictEqual(Invariants.checkConverged(calls), [])
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-8: one submission for each task, and asking is all that waiting does (scenario 22)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.agents.script("configure-genesis", { durationMs: 60_000 })
      yield* cluster.create()
      yield* cluster.converge()
      const calls = yield* cluster.calls
      const polls = calls.filter(({ verb }) => verb === "poll").length
      assert.strictEqual(TestCluster.submissions(calls).filter((type) => type === "configure-genesis").length, 1)
      assert.isAbove(polls, 10)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("shows its identity, its images and its endpoints (scenario 44)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      const { currentImage, endpoint, statefulSet } = cluster.status()
      assert.deepStrictEqual(statefulSet, { name: "node-0", uid: cluster.statefulSet()?.metadata.uid ?? "" })
      assert.strictEqual(currentImage, "ghcr.io/sei-protocol/sei:v6.1.0")
      assert.strictEqual(TestCluster.asObject(endpoint).evmJsonRpc, "http://node-0.sei.svc:8545")
      assert.strictEqual(cluster.condition("StateSyncReady").reason, "NotApplicable")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("fields that nobody here knows survive (INV-13)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create({}, { annotations: { "example.dev/note": "kept" } })
      yield* cluster.tamper({ resolvedRPCWitnesses: ["kept"] })
      yield* cluster.converge()
      assert.deepStrictEqual(cluster.status().resolvedRPCWitnesses, ["kept"])
      assert.strictEqual(cluster.node()?.metadata.annotations?.["example.dev/note"], "kept")
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
