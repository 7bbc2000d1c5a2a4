import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as TestCluster from "../harness/NodeCluster.ts"

describe("deleting a node", () => {
  it.effect(
    "INV-1: the phase is stored first; then the claim goes, the finalizer, and all the rest (scenario 74)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.create()
        yield* cluster.converge()
        yield* cluster.remove
        yield* cluster.callLog.clear
        yield* cluster.reconcile
        assert.strictEqual(cluster.status().phase, "Terminating")
        assert.isDefined(cluster.claim())
        assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), { patchStatus: 1, event: 1 })
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.isUndefined(cluster.statefulSet())
        assert.isUndefined(cluster.pod())
        assert.isUndefined(cluster.claim())
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-11: a claim of the same name that somebody else owns survives (scenario 76)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const body = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data-node-0" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } }
      }
      yield* cluster.other(Identity.PersistentVolumeClaim, { verb: "create", body })
      yield* cluster.create()
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.include(String(cluster.condition("Degraded").message), "spec.dataVolume.import")
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.isDefined(cluster.claim())
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-12: its pod goes before its data, and the object says what it waits for", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { stopMs: 30_000 } })
      yield* TestCluster.converged(cluster)
      yield* cluster.remove
      yield* cluster.converge({ until: Effect.sync(() => cluster.statefulSet() === undefined) })
      yield* TestClock.adjust("15 seconds")
      yield* cluster.reconcile
      assert.isDefined(cluster.pod())
      assert.isDefined(cluster.claim())
      assert.deepInclude(TestCluster.asObject(cluster.status().waiting), { detail: "deleting the pod of the node" })
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.isUndefined(cluster.claim())
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("workflows that hold themselves back for the node are let go, and no others (scenario 75)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.workflow(cluster, "of-this-node", TestCluster.NAME)
      yield* TestCluster.workflow(cluster, "of-another", "node-9")
      yield* TestCluster.converged(cluster)
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(cluster.workflowFinalizers("of-this-node"), ["example.dev/other"])
      assert.deepStrictEqual(cluster.workflowFinalizers("of-another"), [
        "sei.io/seinodetaskworkflow-finalizer",
        "example.dev/other"
      ])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a node that was never planned goes at once", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), {})
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a node goes in the middle of its plan", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(() => cluster.pod() !== undefined) })
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.isUndefined(cluster.claim())
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
