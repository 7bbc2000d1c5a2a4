import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const wrong = "sei:wrong"
const kubelet = { pulls: (image: string) => image !== wrong }
const isStuck = (cluster: TestCluster.TestCluster) => () =>
  String(JSON.stringify(cluster.pod()?.status)).includes("ImagePullBackOff")

/** What the object says about its plan and the spec. */
const upToDate = (cluster: TestCluster.TestCluster) => cluster.condition("PlanUpToDate")

describe("an edit while a plan is active", () => {
  it.effect(
    "INV-6: supersedes an update that waits for an image nobody can pull, with event and condition (scenario 62)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet })
        yield* TestCluster.converged(cluster)
        yield* cluster.edit({ image: wrong })
        yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
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
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  for (const name of [
    "a full node from genesis",
    "a full node from a snapshot",
    "a validator with its keys",
    "a seed"
  ]) {
    it.effect(`INV-6: corrects the image of ${name} that could never start (scenario 62)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet })
        yield* Cases.begin(cluster, Cases.named(name), { image: wrong })
        yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  it.effect("INV-6: puts no plan in the place of another that could not be planned by itself (weather seed 270)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet })
      yield* cluster.create({ image: wrong })
      yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2", overrides: { bad: "1" } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False" })
      assert.include(String(upToDate(cluster).message), 'spec.overrides["bad"]')
      yield* cluster.edit({ overrides: { bad: null } })
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-10: mends a pod that can never start while a task is in flight (weather seed 496)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet })
      cluster.agents.script("configure-genesis", { durationMs: 60_000 })
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "configure-genesis")) })
      const { id } = cluster.plan()
      yield* cluster.edit({ image: wrong })
      yield* cluster.other(TestCluster.StatefulSet, { verb: "delete", name: TestCluster.NAME })
      yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({ until: Effect.sync(() => cluster.pod()?.status !== undefined && !isStuck(cluster)()) })
      assert.strictEqual(cluster.plan().id, id)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "INV-6, INV-10: rolls a running node to another image, though its sidecar is still to be told that it may start",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* TestCluster.converged(cluster)
        cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true })
        yield* cluster.reconcile
        const { id } = cluster.plan()
        assert.deepStrictEqual(TestCluster.types(cluster.plan()), ["mark-ready"])
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.reconcile
        assert.strictEqual(cluster.plan().supersedes, id)
        assert.deepInclude(upToDate(cluster), { status: "True", reason: "Superseded" })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-6: waits for a sidecar task in flight, because it would go on beside its successor, and says so", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.agents.script("snapshot-restore", { durationMs: 60_000 })
      yield* Cases.begin(cluster, Cases.named("a full node from a snapshot"))
      yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "snapshot-restore")) })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False", reason: "SupersessionHeld" })
      assert.include(String(upToDate(cluster).message), "snapshot-restore")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      const restores = TestCluster.submissions(yield* cluster.calls).filter((type) => type === "snapshot-restore")
      assert.strictEqual(restores.length, 2)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-6: gets a node another source for its data as long as no data was made", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet })
      yield* Cases.syncers(cluster)
      yield* cluster.create({ image: wrong })
      yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
      yield* cluster.edit({ image: "sei:v2", fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.include(TestCluster.submissions(yield* cluster.calls), "snapshot-restore")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-6: does not get it one that begins from state before there are syncers, and says so", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet })
      yield* cluster.create({ image: wrong })
      yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
      const old = cluster.plan().id
      yield* cluster.edit({ image: "sei:v2", fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False", reason: "SupersessionHeld" })
      assert.include(String(upToDate(cluster).message), "two state syncers for chain pacific-1")
      yield* Cases.syncers(cluster)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      assert.include(TestCluster.submissions(yield* cluster.calls), "snapshot-restore")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-6: does not get it another source once data was made, and says so", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Cases.syncers(cluster)
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "config-apply")) })
      const old = cluster.plan().id
      yield* cluster.edit({ fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().id, old)
      assert.deepInclude(upToDate(cluster), { status: "False", reason: "SupersessionHeld" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.notInclude(TestCluster.submissions(yield* cluster.calls), "snapshot-restore")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

describe("an edit of what a node is", () => {
  const edits: ReadonlyArray<{
    readonly what: string
    readonly field: string
    readonly edit: TestCluster.Json
    readonly undo: TestCluster.Json
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
    it.effect(`is refused with its field when it is ${what}, and forgotten when it is undone`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* TestCluster.converged(cluster)
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
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})

describe("an edit of its chain", () => {
  it.effect("does not reach the StatefulSet by way of a pause, nor of an update that is under way", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
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
      assert.deepInclude(TestCluster.asObject(cluster.status().waiting), {
        reason: "ImmutableFieldChanged",
        for: "spec.chainId must be reverted"
      })
      yield* cluster.edit({ chainId: "pacific-1" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.strictEqual(cluster.condition("Degraded").status, "False")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

describe("an edit of what its pod is made of", () => {
  it.effect("reaches the StatefulSet at once, and the pod when it is next replaced", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      const pod = cluster.pod()?.metadata.uid
      yield* cluster.callLog.clear
      yield* cluster.edit({ podLabels: { team: "a" }, sidecar: { resources: { requests: { cpu: "1" } } } })
      yield* cluster.converge()
      assert.include(JSON.stringify(cluster.statefulSet()?.spec), '"team":"a"')
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      assert.strictEqual(cluster.status().phase, "Running")
      assert.isBelow(
        Object.values(TestCluster.requests(yield* cluster.calls)).reduce((sum, n) => sum + n, 0),
        6
      )
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
