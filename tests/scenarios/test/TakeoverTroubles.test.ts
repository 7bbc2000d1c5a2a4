/** Nodes that another controller left in trouble: with failures nobody saw, waits, a pause, a deletion, a workflow. */
import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"
import * as Corpus from "../takeover/Corpus.ts"
import * as Operator from "../takeover/Operator.ts"

type Json = TestCluster.Json

const UNKNOWN = "in flight, and unknown to the sidecar"

const plan = (name: string): Corpus.Left => {
  const found = [...Corpus.plans, ...Corpus.running].find((each) => each.name === name)
  if (found === undefined) throw new Error(`nothing is called ${name}`)
  return found
}

/** How many tasks stand before the first of a type. */
const before = (left: Corpus.Left, type: string) => TestCluster.types(Corpus.planOf(left)).indexOf(type)

/** Has the sidecar run the task that is the plan's next, as often as told, and fail each time. */
const failUnseen = (cluster: TestCluster.TestCluster, task: Json, runs = 1) =>
  Effect.sync(() => {
    const agent = cluster.agents.at(TestCluster.ADDRESS)
    agent.script(String(task.type), { failures: runs, error: "disk full" })
    for (let run = 0; run < runs; run++) agent.submit(String(task.id), String(task.type), undefined, run * 1_000)
    agent.script(String(task.type), {})
  })

/** The plan as it is stored once its next task has failed for good. */
const failedAt = (left: Corpus.Left, type: string, error: string): Json => {
  const index = before(left, type)
  const tasks = Corpus.tasksOf(left).map((task, at): Json => {
    const { submittedAt: _, ...rest } = task
    if (at === index) return { ...rest, status: "Failed", error }
    return { ...rest, status: at < index ? "Complete" : "Pending" }
  })
  const { id = "" } = tasks[index] ?? {}
  const failedTaskDetail = { type, id, error, retryCount: 0, maxRetries: 0 }
  return { ...Corpus.planOf(left), tasks, phase: "Failed", failedTaskIndex: index, failedTaskDetail }
}

const replicas = (cluster: TestCluster.TestCluster) => TestCluster.asObject(cluster.statefulSet()?.spec).replicas
const here = { namespace: TestCluster.NAMESPACE }
const removed = (cluster: TestCluster.TestCluster, name: string) =>
  cluster.other(TestCluster.Secret, { verb: "delete", ...here, name })

describe.each(Corpus.plans)("$name: a task of the sidecar's that has failed unseen", (left) => {
  const moments = Corpus.tasksOf(left).flatMap((task, done) => {
    const isPolled =
      TestCluster.isRemote(String(task.type)) && !["config-validate", "mark-ready"].includes(String(task.type))
    return isPolled ? [{ task, done }] : []
  })
  it.effect("INV-9: is recorded before anything is sent", () =>
    Effect.forEach(
      moments,
      ({ done, task }) =>
        Effect.gen(function* () {
          const cluster = yield* TestCluster.make()
          yield* Corpus.leave(cluster, { left, done, sent: UNKNOWN })
          yield* failUnseen(cluster, task)
          yield* cluster.converge()
          const { phase } = cluster.status()
          const isFinal = Corpus.planOf(left).failedPhase === "Failed" && task.maxRetries === undefined
          assert.strictEqual(phase, isFinal ? "Failed" : "Running", String(task.type))
          if (isFinal) {
            assert.deepInclude(cluster.plan(), { id: Corpus.planOf(left).id, failedTaskIndex: done })
            assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [])
          }
          yield* cluster.invariantsHold
        }).pipe(Effect.provide(TestCluster.layer)),
      { discard: true }
    )
  )
})

describe("a plan that another controller left", () => {
  it.effect("INV-8: with a task that it had run again and again is counted by the failures that were recorded", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const left = plan("init-genesis")
      const done = before(left, "configure-genesis")
      yield* Corpus.leave(cluster, { left, done, sent: UNKNOWN })
      yield* failUnseen(cluster, Corpus.tasksOf(left)[done] ?? {}, 700)
      const { millis } = yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.isBelow(millis, 30_000)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("waiting for a Secret gives way to one that needs none, once the spec does", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const left = plan("init-validator")
      yield* Corpus.leave(cluster, { left, done: before(left, "validate-signing-key"), sent: "begun" })
      yield* removed(cluster, "signing-key")
      yield* cluster.reconcile
      assert.include(TestCluster.asObject(cluster.status().waiting), { for: "Secret signing-key does not exist" })
      yield* cluster.edit({ validator: { signingKey: null, nodeKey: null, operatorKeyring: null } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("at rest behind a pod of an image that was edited meanwhile replaces the pod (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const left = plan("update-full-node")
      yield* Corpus.leave(cluster, { left, done: before(left, "observe-image"), sent: "begun" })
      yield* cluster.edit({ image: "sei:v3" })
      yield* Operator.statefulSet(cluster)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v3")
      assert.include(JSON.stringify(cluster.pod()?.spec), "sei:v3")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "stuck in its init behind an image that nobody can pull goes on with the one that was put right (scenario 62)",
    () =>
      Effect.gen(function* () {
        const left = plan("init-genesis")
        const wrong = TestCluster.asObject(left.node.spec).image
        const cluster = yield* TestCluster.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* Corpus.leave(cluster, { left, done: before(left, "configure-genesis"), sent: "not begun" })
        yield* cluster.edit({ image: "sei:v2" })
        yield* Operator.statefulSet(cluster)
        yield* cluster.converge()
        assert.deepInclude(cluster.status(), { phase: "Running", currentImage: "sei:v2" })
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("failed in its update is built again at once, and its node runs on", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const left = plan("update-full-node")
      yield* Corpus.leave(cluster, { left, done: before(left, "config-patch"), sent: UNKNOWN })
      yield* cluster.tamper({ plan: failedAt(left, "config-patch", "disk full") })
      const { millis } = yield* cluster.converge()
      assert.isBelow(millis, 5_000)
      assert.strictEqual(cluster.status().phase, "Running")
      assert.strictEqual(cluster.status().currentImage, TestCluster.asObject(left.node.spec).image)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("failed at a Secret stays so until the Secret is mended, and then begins again", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const left = plan("init-validator")
      yield* Corpus.leave(cluster, { left, done: before(left, "validate-signing-key"), sent: "begun" })
      yield* removed(cluster, "signing-key")
      yield* Cases.secret(cluster, "signing-key", { other: "eA==" })
      yield* cluster.tamper({ phase: "Failed", plan: failedAt(left, "validate-signing-key", "no such key") })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.strictEqual(cluster.plan().id, Corpus.planOf(left).id)
      yield* removed(cluster, "signing-key")
      yield* Cases.secret(cluster, "signing-key", Cases.SIGNING_KEY)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("fails in its bootstrap under us: the StatefulSet that was made too early stays at none", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { ends: () => ({ exitCode: 1 }) } })
      const left = plan("init-bootstrap")
      yield* Corpus.leave(cluster, { left, done: before(left, "snapshot-restore"), sent: "in flight, and running" })
      // The cluster comes to rest once the Job's time to live is over.
      yield* cluster.converge({ maxTime: "2 hours" })
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.isUndefined(cluster.job())
      assert.strictEqual(replicas(cluster), 0)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("under a pause moves nothing, and goes on when the pause ends", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const left = plan("init-genesis")
      yield* Corpus.leave(cluster, { left, done: before(left, "config-apply"), sent: UNKNOWN })
      const paused = { type: "Paused", status: "True", reason: "Paused", message: "spec.paused is true" }
      const at = { observedGeneration: 2, lastTransitionTime: "2026-08-04T09:59:00Z" }
      yield* cluster.edit({ paused: true })
      const body = { spec: { replicas: 0 } }
      yield* cluster.other(TestCluster.StatefulSet, {
        verb: "patch",
        patchFormat: "merge",
        ...here,
        name: TestCluster.NAME,
        body
      })
      yield* cluster.tamper({ conditions: [{ ...paused, ...at }] })
      yield* cluster.converge()
      assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [])
      assert.strictEqual(replicas(cluster), 0)
      yield* cluster.edit({ paused: false })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [
        "config-apply",
        "config-validate",
        "mark-ready"
      ])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

describe("a running node that another controller left", () => {
  it.effect.each(Corpus.running)("with no image recorded is looked at, not rolled: $name (scenario 53)", (left) =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Corpus.leave(cluster, { left, done: 0, sent: "not begun" })
      yield* cluster.tamper({ currentImage: null, currentSidecarImage: null })
      yield* cluster.callLog.clear
      const pod = cluster.pod()?.metadata.uid
      yield* cluster.converge()
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), { patchStatus: 1 })
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      const { currentImage, currentSidecarImage } = cluster.status()
      assert.deepStrictEqual(
        [currentImage, currentSidecarImage],
        [TestCluster.asObject(left.node.spec).image, SamplePlatform.sample.images.sidecar]
      )
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("with a sidecar that was never recorded keeps it, although the platform has another (scenario 53)", () =>
    Effect.gen(function* () {
      const images = { ...SamplePlatform.sample.images, sidecar: "seictl:next" }
      const cluster = yield* TestCluster.make({ platform: { ...SamplePlatform.sample, images } })
      yield* Corpus.leave(cluster, { left: plan("full-node"), done: 0, sent: "not begun" })
      yield* cluster.tamper({ currentSidecarImage: null })
      yield* cluster.callLog.clear
      const pod = cluster.pod()?.metadata.uid
      yield* cluster.converge()
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), { patchStatus: 1 })
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      assert.notProperty(cluster.status(), "currentSidecarImage")
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("to a workflow is left alone until that has let go", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Corpus.leave(cluster, { left: plan("full-node"), done: 0, sent: "not begun" })
      yield* cluster.tamper({ adoptedWorkflow: { name: "w", uid: "u", adoptedAt: "2026-08-04T09:59:00Z" } })
      cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.callLog.clear
      yield* cluster.converge()
      const { event: _, ...requests } = TestCluster.requests(yield* cluster.calls)
      assert.deepStrictEqual(requests, { patchStatus: 1 })
      yield* cluster.tamper({ adoptedWorkflow: null })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  for (const claim of ["that is there still", "that it gave back already"]) {
    it.effect(`on its way out, with a claim ${claim}, is let go once its pod is gone`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet: { stopMs: 30_000 } })
        yield* Corpus.leave(cluster, { left: plan("full-node"), done: 0, sent: "not begun" })
        yield* cluster.remove
        yield* cluster.tamper({ phase: "Terminating" })
        if (claim !== "that is there still") {
          yield* cluster.other(TestCluster.Claim, { verb: "delete", ...here, name: `data-${TestCluster.NAME}` })
        }
        yield* cluster.reconcile
        yield* TestClock.adjust("1 second")
        assert.isDefined(cluster.node())
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.isUndefined(cluster.pod())
        assert.isUndefined(cluster.claim())
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})
