import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const wrong = "sei:wrong"
const kubelet = { pulls: (image: string) => image !== wrong }
const { isStuck } = NodeCluster

/** Whether the plan follows the spec. */
const upToDate = (cluster: NodeCluster.NodeCluster) => cluster.condition("PlanUpToDate")

describe("an edit while a plan is active", () => {
  it.effect("INV-6: supersedes an update whose image cannot be pulled, with event and condition (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet })
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: wrong })
      yield* cluster.converge({ until: isStuck(cluster) })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().supersedes, old)
      assert.deepInclude(upToDate(cluster), { status: "True", reason: "Superseded" })
      assert.include(String(upToDate(cluster).message), `plan ${String(old)}`)
      assert.include(cluster.events(), "PlanSuperseded")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.deepInclude(upToDate(cluster), { status: "True", reason: "AsSpecified" })
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-4: a plan that supersedes another one is built again when it fails", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet })
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: wrong })
      yield* cluster.converge({ until: isStuck(cluster) })
      cluster.agents.script("config-validate", { failures: 1, error: "invalid" })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({ until: () => cluster.plan().phase === "Failed" })
      assert.isDefined(cluster.plan().supersedes)
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanRetrying" })
      assert.strictEqual(cluster.status().phase, "Running")
      cluster.agents.script("config-validate", {})
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      yield* cluster.expectInvariants
    })
  )

  for (const name of [
    "a full node from genesis",
    "a full node from a snapshot",
    "a validator with its keys",
    "a seed"
  ]) {
    it.effect(`INV-6: corrects the image of ${name} that could not start (scenario 62)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet })
        yield* Cases.begin(cluster, Cases.named(name), { image: wrong })
        yield* cluster.converge({ until: isStuck(cluster) })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        yield* cluster.expectInvariants
      })
    )
  }

  it.effect("INV-6: does not supersede a plan while the new spec cannot be planned (seed 270)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet })
      yield* cluster.create({ image: wrong })
      yield* cluster.converge({ until: isStuck(cluster) })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2", overrides: { bad: "1" } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False" })
      assert.include(String(upToDate(cluster).message), 'spec.overrides["bad"]')
      yield* cluster.edit({ overrides: { bad: null } })
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-10: replaces a pod that cannot start while a task is in flight (seed 496)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet })
      cluster.agents.script("configure-genesis", { durationMs: 60_000 })
      yield* cluster.create()
      yield* cluster.converge({ until: NodeCluster.submitted(cluster, "configure-genesis") })
      const { id } = cluster.plan()
      yield* cluster.edit({ image: wrong })
      yield* cluster.act(Acts.remove(NodeCluster.StatefulSet, NodeCluster.NAME))
      yield* cluster.converge({ until: isStuck(cluster) })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({ until: () => cluster.pod()?.status !== undefined && !isStuck(cluster)() })
      assert.strictEqual(cluster.plan().id, id)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-6, INV-10: supersedes a plan that only marks the sidecar ready", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.reconcile
      const { id } = cluster.plan()
      assert.deepStrictEqual(NodeCluster.types(cluster.plan()), ["mark-ready"])
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().supersedes, id)
      assert.deepInclude(upToDate(cluster), { status: "True", reason: "Superseded" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-6: waits for a sidecar task in flight, which would run beside the new plan's, and shows it", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("snapshot-restore", { durationMs: 60_000 })
      yield* Cases.begin(cluster, Cases.named("a full node from a snapshot"))
      yield* cluster.converge({ until: NodeCluster.submitted(cluster, "snapshot-restore") })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False", reason: "SupersessionHeld" })
      assert.include(String(upToDate(cluster).message), "snapshot-restore")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      const restores = NodeCluster.submissions(yield* cluster.calls).filter((type) => type === "snapshot-restore")
      assert.strictEqual(restores.length, 2)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-6: changes the source of state while no data was written", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet })
      Cases.addSyncers(cluster)
      yield* cluster.create({ image: wrong })
      yield* cluster.converge({ until: isStuck(cluster) })
      yield* cluster.edit({ image: "sei:v2", fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.include(NodeCluster.submissions(yield* cluster.calls), "snapshot-restore")
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-6: changes to a source that needs state syncers only once there are two, and shows the wait", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet })
      yield* cluster.create({ image: wrong })
      yield* cluster.converge({ until: isStuck(cluster) })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2", fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False", reason: "SupersessionHeld" })
      assert.include(String(upToDate(cluster).message), "two state syncers for chain pacific-1")
      Cases.addSyncers(cluster)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      assert.include(NodeCluster.submissions(yield* cluster.calls), "snapshot-restore")
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-6: does not change the source of state once data was written, and shows it", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      Cases.addSyncers(cluster)
      yield* cluster.create()
      yield* cluster.converge({ until: NodeCluster.submitted(cluster, "config-apply") })
      const old = cluster.plan().id
      yield* cluster.edit({ fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False", reason: "SupersessionHeld" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.notInclude(NodeCluster.submissions(yield* cluster.calls), "snapshot-restore")
      yield* cluster.expectInvariants
    })
  )
})

describe("an edit of a field that cannot change", () => {
  const edits: ReadonlyArray<{
    readonly what: string
    readonly field: string
    readonly edit: NodeCluster.Json
    readonly undo: NodeCluster.Json
  }> = [
    { what: "its chain", field: "spec.chainId", edit: { chainId: "atlantic-2" }, undo: { chainId: "pacific-1" } },
    {
      what: "its mode",
      field: "spec.archive",
      edit: { fullNode: null, archive: {} },
      undo: { archive: null, fullNode: {} }
    },
    {
      what: "its volume",
      field: "spec.dataVolume",
      edit: { dataVolume: { import: { pvcName: "mine" } } },
      undo: { dataVolume: null }
    }
  ]
  for (const { edit, field, undo, what } of edits) {
    it.effect(`is rejected with its field when it changes ${what}, and accepted again when it is undone`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* NodeCluster.converged(cluster)
        const template = JSON.stringify(cluster.statefulSet()?.spec)
        yield* cluster.edit({ ...edit, image: "sei:v2" })
        yield* cluster.converge()
        assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanRefused" })
        assert.include(String(cluster.condition("Degraded").message), field)
        assert.strictEqual(JSON.stringify(cluster.statefulSet()?.spec), template)
        yield* cluster.edit(undo)
        yield* cluster.converge()
        assert.strictEqual(cluster.condition("Degraded").status, "False")
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        yield* cluster.expectInvariants
      })
    )
  }
})

describe("an edit of the chain", () => {
  it.effect("does not reach the StatefulSet through a pause or an update in progress", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      const chain = () => JSON.stringify(cluster.statefulSet()?.spec).includes("atlantic-2")
      yield* cluster.edit({ paused: true, chainId: "atlantic-2" })
      yield* Effect.repeat(cluster.reconcile, { times: 5 })
      yield* cluster.edit({ paused: false })
      yield* Effect.repeat(cluster.reconcile, { times: 5 })
      assert.isFalse(chain())
      yield* cluster.edit({ chainId: "pacific-1", image: "sei:v2" })
      yield* cluster.reconcile
      yield* cluster.edit({ chainId: "atlantic-2" })
      yield* Effect.repeat(cluster.reconcile, { times: 5 })
      assert.isFalse(chain())
      assert.deepInclude(cluster.waiting(), { reason: "ImmutableFieldChanged", for: "spec.chainId must be reverted" })
      yield* cluster.edit({ chainId: "pacific-1" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.strictEqual(cluster.condition("Degraded").status, "False")
      yield* cluster.expectInvariants
    })
  )
})

describe("an edit of pod labels and resources", () => {
  it.effect("reaches the StatefulSet at once, and the pod when the pod is replaced next", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      const pod = cluster.pod()?.metadata.uid
      yield* cluster.callLog.clear
      yield* cluster.edit({ podLabels: { team: "a" }, sidecar: { resources: { requests: { cpu: "1" } } } })
      yield* cluster.converge()
      assert.include(JSON.stringify(cluster.statefulSet()?.spec), '"team":"a"')
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      assert.strictEqual(cluster.status().phase, "Running")
      assert.isBelow(
        Object.values(NodeCluster.requests(yield* cluster.calls)).reduce((sum, n) => sum + n, 0),
        6
      )
      yield* cluster.expectInvariants
    })
  )
})
