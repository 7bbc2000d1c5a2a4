import { assert, describe, it } from "@effect/vitest"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as NodeCluster from "../harness/NodeCluster.ts"

describe("a full node from genesis", () => {
  it.effect("a pass for a node that does not exist succeeds and makes no request (scenario 1)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const { requeue, wrote } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "AwaitChange")
      assert.isFalse(wrote)
      assert.deepStrictEqual(yield* cluster.calls, [])
    })
  )

  it.effect("INV-1: the first pass stores the plan, sets the finalizer, and does nothing else (scenarios 2, 3)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      const { requeue } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "Now")
      assert.deepStrictEqual(cluster.node()?.metadata.finalizers, ["sei.io/seinode-finalizer"])
      assert.strictEqual(cluster.status().phase, "Initializing")
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.deepStrictEqual(NodeCluster.types(cluster.plan()), NodeCluster.INIT)
      assert.isTrue(NodeCluster.tasks(cluster.plan()).every(({ status }) => status === "Pending"))
      assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), { setFinalizers: 1, patchStatus: 1, event: 1 })
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [])
      yield* cluster.expectInvariants
    })
  )

  it.effect("tasks complete in order, the phase becomes Running, and the plan is removed later (scenarios 4, 14)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: () => cluster.plan().phase === "Complete" })
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(NodeCluster.types(cluster.plan()), NodeCluster.INIT)
      yield* cluster.converge()
      assert.notProperty(cluster.status(), "plan")
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), NodeCluster.INIT.slice(4))
      yield* cluster.expectInvariants
    })
  )

  it.effect("converges with 14 requests: 4 creates and applies, 1 finalizer, 7 status writes, 2 events", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), {
        create: 1,
        apply: 3,
        setFinalizers: 1,
        patchStatus: 7,
        event: 2
      })
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-5: a converged node causes no request, however often it is reconciled", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.callLog.clear
      for (let minute = 0; minute < 5; minute++) {
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* cluster.reconcile).requeue._tag, "AwaitChange")
      }
      const calls = yield* cluster.calls
      assert.deepStrictEqual(NodeCluster.requests(calls), {})
      assert.deepStrictEqual(Invariants.checkConverged(calls), [])
    })
  )

  it.effect("INV-8: each task is submitted once, and waiting only polls (scenario 22)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("configure-genesis", { durationMs: 60_000 })
      yield* cluster.create()
      yield* cluster.converge()
      const calls = yield* cluster.calls
      const polls = calls.filter(({ verb }) => verb === "poll").length
      assert.strictEqual(NodeCluster.submissions(calls).filter((type) => type === "configure-genesis").length, 1)
      assert.isAbove(polls, 10)
      yield* cluster.expectInvariants
    })
  )

  it.effect("its status shows its StatefulSet, its images and its endpoints (scenario 44)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      const { currentImage, endpoint, statefulSet } = cluster.status()
      assert.deepStrictEqual(statefulSet, { name: "node-0", uid: cluster.statefulSet()?.metadata.uid ?? "" })
      assert.strictEqual(currentImage, "ghcr.io/sei-protocol/sei:v6.1.0")
      assert.strictEqual(NodeCluster.asObject(endpoint).evmJsonRpc, "http://node-0.sei.svc:8545")
      assert.strictEqual(cluster.condition("StateSyncReady").reason, "NotApplicable")
      yield* cluster.expectInvariants
    })
  )

  it.effect("unknown fields survive (INV-13)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create({}, { annotations: { "example.dev/note": "kept" } })
      yield* cluster.tamper({ resolvedRPCWitnesses: ["kept"] })
      yield* cluster.converge()
      assert.deepStrictEqual(cluster.status().resolvedRPCWitnesses, ["kept"])
      assert.strictEqual(cluster.node()?.metadata.annotations?.["example.dev/note"], "kept")
    })
  )
})
