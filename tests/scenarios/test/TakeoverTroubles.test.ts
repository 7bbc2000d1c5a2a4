/** Nodes of the Go operator in trouble: with failures that it did not store, waits, a pause, a deletion, a workflow. */
import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import * as Corpus from "../takeover/Corpus.ts"
import * as Operator from "../takeover/Operator.ts"

type Json = NodeCluster.Json

const UNKNOWN = "unknown to the sidecar"

const named = (name: string): Corpus.Recorded => {
  const found = [...Corpus.plans, ...Corpus.running].find((each) => each.name === name)
  if (found === undefined) throw new Error(`no recorded node is called ${name}`)
  return found
}

/** The index of the first task of a type. */
const indexOf = (recorded: Corpus.Recorded, type: string) => NodeCluster.types(Corpus.planOf(recorded)).indexOf(type)

/** Lets the sidecar run a task several times and fail each time, without a pass of a controller. */
const failUnseen = (cluster: NodeCluster.NodeCluster, task: Json, runs = 1) =>
  Effect.sync(() => {
    const agent = cluster.agents.at(NodeCluster.ADDRESS)
    agent.script(String(task.type), { failures: runs, error: "disk full" })
    for (let run = 0; run < runs; run++) agent.submit(String(task.id), String(task.type), undefined, run * 1_000)
    agent.script(String(task.type), {})
  })

/** The plan as the operator stores it when a task has failed permanently. */
const failedAt = (recorded: Corpus.Recorded, type: string, error: string): Json => {
  const index = indexOf(recorded, type)
  const tasks = Corpus.tasksOf(recorded).map((task, at): Json => {
    const { submittedAt: _, ...rest } = task
    if (at === index) return { ...rest, status: "Failed", error }
    return { ...rest, status: at < index ? "Complete" : "Pending" }
  })
  const { id = "" } = tasks[index] ?? {}
  const failedTaskDetail = { type, id, error, retryCount: 0, maxRetries: 0 }
  return { ...Corpus.planOf(recorded), tasks, phase: "Failed", failedTaskIndex: index, failedTaskDetail }
}

const removeSigningKey = (cluster: NodeCluster.NodeCluster) =>
  cluster.act(Acts.remove(NodeCluster.Secret, "signing-key"))

describe.each(Corpus.plans)("$name: a failed task of the sidecar whose failure is not stored", (recorded) => {
  const moments = Corpus.tasksOf(recorded).flatMap((task, done) => {
    const isPolled =
      NodeCluster.isRemote(String(task.type)) && !["config-validate", "mark-ready"].includes(String(task.type))
    return isPolled ? [{ task, done }] : []
  })
  it.effect("INV-9: has its failure stored before any submission", () =>
    Effect.forEach(
      moments,
      ({ done, task }) =>
        Effect.gen(function* () {
          const cluster = yield* NodeCluster.make()
          yield* Corpus.restore(cluster, { recorded, done, state: UNKNOWN })
          yield* failUnseen(cluster, task)
          yield* cluster.converge()
          const { phase } = cluster.status()
          const isFinal = Corpus.planOf(recorded).failedPhase === "Failed" && task.maxRetries === undefined
          assert.strictEqual(phase, isFinal ? "Failed" : "Running", String(task.type))
          if (isFinal) {
            assert.deepInclude(cluster.plan(), { id: Corpus.planOf(recorded).id, failedTaskIndex: done })
            assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [])
          }
          yield* cluster.expectInvariants
        }),
      { discard: true }
    )
  )
})

describe("a plan of the Go operator", () => {
  it.effect("INV-8: counts retries by the stored failures, not by the runs of the sidecar", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const recorded = named("init-genesis")
      const done = indexOf(recorded, "configure-genesis")
      yield* Corpus.restore(cluster, { recorded, done, state: UNKNOWN })
      yield* failUnseen(cluster, Corpus.tasksOf(recorded)[done] ?? {}, 700)
      const [elapsed] = yield* Effect.timed(cluster.converge())
      assert.strictEqual(cluster.status().phase, "Running")
      assert.isBelow(Duration.toMillis(elapsed), 30_000)
      yield* cluster.expectInvariants
    })
  )

  it.effect("is superseded while it waits for a Secret that the spec no longer names", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const recorded = named("init-validator")
      yield* Corpus.restore(cluster, { recorded, done: indexOf(recorded, "validate-signing-key"), state: "started" })
      yield* removeSigningKey(cluster)
      yield* cluster.reconcile
      assert.include(cluster.waiting(), { for: "Secret signing-key does not exist" })
      yield* cluster.edit({ validator: { signingKey: null, nodeKey: null, operatorKeyring: null } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect("replaces a pod whose image was edited during the update (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const recorded = named("update-full-node")
      yield* Corpus.restore(cluster, { recorded, done: indexOf(recorded, "observe-image"), state: "started" })
      yield* cluster.edit({ image: "sei:v3" })
      yield* Operator.applyStatefulSet(cluster)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v3")
      assert.include(JSON.stringify(cluster.pod()?.spec), "sei:v3")
      yield* cluster.expectInvariants
    })
  )

  it.effect("continues an init whose image could not be pulled, once the image is corrected (scenario 62)", () =>
    Effect.gen(function* () {
      const recorded = named("init-genesis")
      const wrong = NodeCluster.asObject(recorded.node.spec).image
      const cluster = yield* NodeCluster.make({ kubelet: { pulls: (image) => image !== wrong } })
      yield* Corpus.restore(cluster, { recorded, done: indexOf(recorded, "configure-genesis"), state: "not started" })
      yield* cluster.edit({ image: "sei:v2" })
      yield* Operator.applyStatefulSet(cluster)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* cluster.expectInvariants
    })
  )

  it.effect("is planned again at once when its update failed, and the node keeps running", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const recorded = named("update-full-node")
      yield* Corpus.restore(cluster, { recorded, done: indexOf(recorded, "config-patch"), state: UNKNOWN })
      yield* cluster.tamper({ plan: failedAt(recorded, "config-patch", "disk full") })
      const [elapsed] = yield* Effect.timed(cluster.converge())
      assert.isBelow(Duration.toMillis(elapsed), 5_000)
      assert.strictEqual(cluster.status().phase, "Running")
      assert.strictEqual(cluster.status().currentImage, NodeCluster.asObject(recorded.node.spec).image)
      yield* cluster.expectInvariants
    })
  )

  it.effect("stays failed at a Secret until the Secret is corrected, and then starts over", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const recorded = named("init-validator")
      yield* Corpus.restore(cluster, { recorded, done: indexOf(recorded, "validate-signing-key"), state: "started" })
      yield* removeSigningKey(cluster)
      yield* cluster.act(Acts.secret("signing-key", { other: "eA==" }))
      yield* cluster.tamper({ phase: "Failed", plan: failedAt(recorded, "validate-signing-key", "no such key") })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.strictEqual(cluster.plan().id, Corpus.planOf(recorded).id)
      yield* removeSigningKey(cluster)
      yield* cluster.act(Acts.secret("signing-key", Cases.SIGNING_KEY))
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect("fails in its bootstrap, and the StatefulSet that was created too early stays at zero replicas", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { ends: () => ({ exitCode: 1 }) } })
      const recorded = named("init-bootstrap")
      yield* Corpus.restore(cluster, {
        recorded,
        done: indexOf(recorded, "snapshot-restore"),
        state: "running in the sidecar"
      })
      // The Job is deleted when its time to live is over.
      yield* cluster.converge({ maxTime: "2 hours" })
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.isUndefined(cluster.job())
      assert.strictEqual(cluster.replicas(), 0)
      yield* cluster.expectInvariants
    })
  )

  it.effect("does nothing during a pause, and continues after it", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const recorded = named("init-genesis")
      yield* Corpus.restore(cluster, { recorded, done: indexOf(recorded, "config-apply"), state: UNKNOWN })
      const paused = { type: "Paused", status: "True", reason: "Paused", message: "spec.paused is true" }
      const at = { observedGeneration: 2, lastTransitionTime: "2026-08-04T09:59:00Z" }
      yield* cluster.edit({ paused: true })
      const body = { spec: { replicas: 0 } }
      yield* cluster.act({ verb: "merge", kind: NodeCluster.StatefulSet, name: NodeCluster.NAME, body })
      yield* cluster.tamper({ conditions: [{ ...paused, ...at }] })
      yield* cluster.converge()
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [])
      assert.strictEqual(cluster.replicas(), 0)
      yield* cluster.edit({ paused: false })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [
        "config-apply",
        "config-validate",
        "mark-ready"
      ])
      yield* cluster.expectInvariants
    })
  )
})

describe("a running node of the Go operator", () => {
  it.effect.each(Corpus.running)(
    "without recorded images keeps its pod, and its images are recorded: $name (scenario 53)",
    (recorded) =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Corpus.restore(cluster, { recorded, done: 0, state: "not started" })
        yield* cluster.tamper({ currentImage: null, currentSidecarImage: null })
        yield* cluster.callLog.clear
        const pod = cluster.pod()?.metadata.uid
        yield* cluster.converge()
        assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), { patchStatus: 1 })
        assert.strictEqual(cluster.pod()?.metadata.uid, pod)
        const { currentImage, currentSidecarImage } = cluster.status()
        assert.deepStrictEqual(
          [currentImage, currentSidecarImage],
          [NodeCluster.asObject(recorded.node.spec).image, SamplePlatform.sample.images.sidecar]
        )
      })
  )

  it.effect(
    "without a recorded sidecar image keeps its pod, although the platform's sidecar differs (scenario 53)",
    () =>
      Effect.gen(function* () {
        const images = { ...SamplePlatform.sample.images, sidecar: "seictl:next" }
        const cluster = yield* NodeCluster.make({ platform: { ...SamplePlatform.sample, images } })
        yield* Corpus.restore(cluster, { recorded: named("full-node"), done: 0, state: "not started" })
        yield* cluster.tamper({ currentSidecarImage: null })
        yield* cluster.callLog.clear
        const pod = cluster.pod()?.metadata.uid
        yield* cluster.converge()
        assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), { patchStatus: 1 })
        assert.strictEqual(cluster.pod()?.metadata.uid, pod)
        assert.notProperty(cluster.status(), "currentSidecarImage")
      })
  )

  it.effect("with a workflow is left alone until the workflow has finished", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* Corpus.restore(cluster, { recorded: named("full-node"), done: 0, state: "not started" })
      yield* cluster.tamper({ adoptedWorkflow: { name: "w", uid: "u", adoptedAt: "2026-08-04T09:59:00Z" } })
      cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.callLog.clear
      yield* cluster.converge()
      const { event: _, ...requests } = NodeCluster.requests(yield* cluster.calls)
      assert.deepStrictEqual(requests, { patchStatus: 1 })
      yield* cluster.tamper({ adoptedWorkflow: null })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      yield* cluster.expectInvariants
    })
  )

  for (const claim of ["still exists", "is already deleted"]) {
    it.effect(`that is being deleted loses its finalizer once its pod is gone, when its claim ${claim}`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: { stopMs: 30_000 } })
        yield* Corpus.restore(cluster, { recorded: named("full-node"), done: 0, state: "not started" })
        yield* cluster.remove
        yield* cluster.tamper({ phase: "Terminating" })
        if (claim !== "still exists") {
          yield* cluster.act(Acts.remove(NodeCluster.PersistentVolumeClaim, `data-${NodeCluster.NAME}`))
        }
        yield* cluster.reconcile
        yield* TestClock.adjust("1 second")
        assert.isDefined(cluster.node())
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.isUndefined(cluster.pod())
        assert.isUndefined(cluster.pvc())
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.expectInvariants
      })
    )
  }
})
