import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

const UPDATE = [
  "apply-statefulset",
  "apply-service",
  "config-patch",
  "config-validate",
  "replace-pod",
  "observe-image",
  "mark-ready"
]

/** A cluster with a converged node and an empty call log. */
const runningCluster = Effect.fnUntraced(function* (options?: NodeCluster.Options) {
  const cluster = yield* NodeCluster.make(options)
  yield* cluster.create()
  yield* cluster.converge()
  yield* cluster.callLog.clear
  return cluster
})

const podImage = (cluster: NodeCluster.NodeCluster) => JSON.stringify(cluster.pod()?.spec)

describe("changing the image of a running node", () => {
  it.effect("stores a plan of seven tasks without a failed phase, and shows the drift (scenario 50)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      assert.deepStrictEqual(NodeCluster.types(cluster.plan()), UPDATE)
      assert.notProperty(cluster.plan(), "failedPhase")
      assert.strictEqual(cluster.plan().targetPhase, "Running")
      assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "True", reason: "UpdateStarted" })
      assert.include(String(cluster.condition("NodeUpdateInProgress").message), "image drift detected: spec=sei:v2")
      yield* cluster.expectInvariants
    })
  )

  it.effect("replaces the pod with 11 requests: 6 status writes, 2 applies, 1 delete, 2 events (scenario 56)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      const calls = yield* cluster.calls
      assert.deepStrictEqual(NodeCluster.requests(calls), { patchStatus: 6, apply: 2, delete: 1, event: 2 })
      assert.deepStrictEqual(NodeCluster.submissions(calls), ["config-patch", "config-validate", "mark-ready"])
      assert.include(podImage(cluster), '"sei:v2"')
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.strictEqual(cluster.status().currentSidecarImage, SamplePlatform.sample.images.sidecar)
      assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateComplete" })
      assert.notProperty(cluster.status(), "plan")
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-11: deletes the pod with the observed uid, and no other (scenario 58)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      const old = cluster.pod()?.metadata.uid
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      const deletes = (yield* cluster.calls).filter(({ verb }) => verb === "delete")
      assert.deepStrictEqual(
        deletes.map(({ sent }) => sent),
        [{ uid: old }]
      )
      yield* cluster.expectInvariants
    })
  )

  it.effect("a new sidecar image also replaces the pod (scenario 52)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      yield* cluster.edit({ sidecar: { image: "seictl:v9" } })
      yield* cluster.converge()
      assert.include(podImage(cluster), '"seictl:v9"')
      assert.strictEqual(cluster.status().currentSidecarImage, "seictl:v9")
    })
  )

  it.effect(
    "INV-4: a failed plan leaves the node Running and Degraded, waits, and succeeds once its cause is gone (scenario 57)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* runningCluster()
        cluster.agents.script("config-validate", { failures: 1_000, error: "p2p.laddr is not an address" })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge({ until: () => cluster.plan().phase === "Failed" })
        const first = cluster.plan()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanRetrying" })
        const message = String(cluster.condition("Degraded").message)
        for (const part of ["attempt 1", "p2p.laddr is not an address", "next attempt at"])
          assert.include(message, part)
        assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateFailed" })
        assert.strictEqual((yield* cluster.reconcile).requeue._tag, "After")
        yield* cluster.converge({ until: () => cluster.plan().attempt === 2 })
        assert.notStrictEqual(cluster.plan().id, first.id)
        assert.strictEqual(cluster.condition("Degraded").status, "True")
        cluster.agents.script("config-validate", {})
        yield* cluster.converge()
        assert.strictEqual(cluster.condition("Degraded").status, "False")
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-4: the wait between attempts grows from 5 s to at most 5 min", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      cluster.agents.script("config-validate", { failures: 1_000_000, error: "bad" })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({
        maxPasses: 1_000,
        maxTime: "2 hours",
        until: () => Number(cluster.plan().attempt) >= 9
      })
      const waits = (yield* cluster.calls).flatMap(({ after, at, before, verb }) => {
        const [was, is] = [
          NodeCluster.asObject(NodeCluster.asObject(before?.status).plan),
          NodeCluster.asObject(NodeCluster.asObject(after?.status).plan)
        ]
        return verb === "patchStatus" && was.phase === "Failed" && is.phase === "Active"
          ? [at - Date.parse(String(was.failedAt))]
          : []
      })
      assert.deepStrictEqual(
        waits.map((millis) => Math.round(millis / 1_000)),
        [5, 10, 20, 40, 80, 160, 300, 300, 300]
      )
      yield* cluster.expectInvariants
    })
  )

  it.effect("an edit ends the wait after a failure", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      cluster.agents.script("config-validate", { failures: 1_000, error: "bad" })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({ until: () => cluster.plan().attempt === 3 })
      yield* cluster.converge({ until: () => cluster.plan().phase === "Failed" })
      cluster.agents.script("config-validate", {})
      yield* cluster.edit({ image: "sei:v3" })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.notProperty(cluster.plan(), "attempt")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v3")
      yield* cluster.expectInvariants
    })
  )

  it.effect("a rollback replaces the pod again (scenario 61)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      const first = cluster.status().currentImage
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      yield* cluster.edit({ image: String(first) })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, first)
      assert.include(podImage(cluster), String(first))
      assert.notInclude(podImage(cluster), '"sei:v2"')
      yield* cluster.expectInvariants
    })
  )

  it.effect("a corrected image supersedes an update whose image cannot be pulled (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster({ kubelet: { pulls: (image) => !image.includes("wrong") } })
      yield* cluster.edit({ image: "sei:wrong" })
      yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.include(podImage(cluster), '"sei:v2"')
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.include(cluster.events(), "PlanSuperseded")
      yield* cluster.expectInvariants
    })
  )

  it.effect("a corrected image also supersedes an init (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { pulls: (image) => !image.includes("wrong") } })
      yield* cluster.create({ image: "sei:wrong" })
      yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.include(podImage(cluster), '"sei:v2"')
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-5: the converged node causes no request after the update", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      yield* cluster.callLog.clear
      yield* cluster.reconcile
      assert.deepStrictEqual(Invariants.checkConverged(yield* cluster.calls), [])
    })
  )
})
