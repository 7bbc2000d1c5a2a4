import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Acts from "../harness/Acts.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

describe("deleting a node", () => {
  it.effect(
    "INV-1: stores the phase first, then deletes the claim, removes the finalizer, and the rest follows (scenario 74)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create()
        yield* cluster.converge()
        yield* cluster.remove
        yield* cluster.callLog.clear
        yield* cluster.reconcile
        assert.strictEqual(cluster.status().phase, "Terminating")
        assert.isDefined(cluster.pvc())
        assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), { patchStatus: 1, event: 1 })
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.isUndefined(cluster.statefulSet())
        assert.isUndefined(cluster.pod())
        assert.isUndefined(cluster.pvc())
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-11: keeps a claim of the same name that has another owner (scenario 76)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.act(Acts.pvc("data-node-0"))
      yield* cluster.create()
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.include(String(cluster.condition("Degraded").message), "spec.dataVolume.import")
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.isDefined(cluster.pvc())
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-12: removes the pod before the data, and shows what it waits for", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { stopMs: 30_000 } })
      yield* NodeCluster.converged(cluster)
      yield* cluster.remove
      yield* cluster.converge({ until: () => cluster.statefulSet() === undefined })
      yield* TestClock.adjust("15 seconds")
      yield* cluster.reconcile
      assert.isDefined(cluster.pod())
      assert.isDefined(cluster.pvc())
      assert.deepInclude(cluster.waiting(), { detail: "deleting the pod of the node" })
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.isUndefined(cluster.pvc())
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-18: keeps the claim and the finalizer while a pod terminates", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { stopMs: 30_000 } })
      yield* NodeCluster.converged(cluster)
      yield* cluster.remove
      yield* cluster.converge({ until: () => cluster.pod()?.metadata.deletionTimestamp !== undefined })
      yield* cluster.reconcile
      yield* cluster.reconcile
      assert.isDefined(cluster.pod())
      assert.isDefined(cluster.node())
      assert.isUndefined(cluster.pvc()?.metadata.deletionTimestamp)
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      yield* cluster.expectInvariants
    })
  )

  it.effect("removes the finalizer of workflows that target the node, and of no others (scenario 75)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.createWorkflow(cluster, "of-this-node", NodeCluster.NAME)
      yield* NodeCluster.createWorkflow(cluster, "of-another", "node-9")
      yield* NodeCluster.converged(cluster)
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(NodeCluster.workflowFinalizers(cluster, "of-this-node"), ["example.dev/other"])
      assert.deepStrictEqual(NodeCluster.workflowFinalizers(cluster, "of-another"), [
        "sei.io/seinodetaskworkflow-finalizer",
        "example.dev/other"
      ])
      yield* cluster.expectInvariants
    })
  )

  it.effect("removes a node without a plan at once", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), {})
    })
  )

  it.effect("removes a node in the middle of its plan", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: () => cluster.pod() !== undefined })
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.isUndefined(cluster.pvc())
      yield* cluster.expectInvariants
    })
  )
})
