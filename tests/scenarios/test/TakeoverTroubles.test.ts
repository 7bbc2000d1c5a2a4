/** Nodes that another controller left in trouble: with failures nobody saw, waits, a pause, a deletion, a workflow. */
import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Corpus from "../takeover/Corpus.ts"
import * as Operator from "../takeover/Operator.ts"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

type Json = World.Json

const UNKNOWN = "in flight, and unknown to the sidecar"

const plan = (name: string): Corpus.Left => {
  const found = [...Corpus.plans, ...Corpus.running].find((each) => each.name === name)
  if (found === undefined) throw new Error(`nothing is called ${name}`)
  return found
}

/** How many tasks stand before the first of a type. */
const before = (left: Corpus.Left, type: string) => World.types(Corpus.planOf(left)).indexOf(type)

/** Has the sidecar run the task that is the plan's next, as often as told, and fail each time. */
const failUnseen = (world: World.World, task: Json, runs = 1) =>
  Effect.sync(() => {
    const agent = world.agents.at(World.ADDRESS)
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

const replicas = (world: World.World) => World.asObject(world.statefulSet()?.spec).replicas
const here = { namespace: World.NAMESPACE }
const removed = (world: World.World, name: string) => world.other(World.Secret, { verb: "delete", ...here, name })

describe.each(Corpus.plans)("$name: a task of the sidecar's that has failed unseen", (left) => {
  const moments = Corpus.tasksOf(left).flatMap((task, done) => {
    const isPolled = World.isRemote(String(task.type)) && !["config-validate", "mark-ready"].includes(String(task.type))
    return isPolled ? [{ task, done }] : []
  })
  it.effect("INV-9: is recorded before anything is sent", () =>
    Effect.forEach(
      moments,
      ({ done, task }) =>
        Effect.gen(function* () {
          const world = yield* World.make()
          yield* Corpus.leave(world, { left, done, sent: UNKNOWN })
          yield* failUnseen(world, task)
          yield* world.settle()
          const { phase } = world.status()
          const isFinal = Corpus.planOf(left).failedPhase === "Failed" && task.maxRetries === undefined
          assert.strictEqual(phase, isFinal ? "Failed" : "Running", String(task.type))
          if (isFinal) {
            assert.deepInclude(world.plan(), { id: Corpus.planOf(left).id, failedTaskIndex: done })
            assert.deepStrictEqual(World.submissions(yield* world.calls), [])
          }
          yield* world.lawsHold
        }).pipe(Effect.provide(World.layer)),
      { discard: true }
    )
  )
})

describe("a plan that another controller left", () => {
  it.effect("INV-8: with a task that it had run again and again is counted by the failures that were recorded", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const left = plan("init-genesis")
      const done = before(left, "configure-genesis")
      yield* Corpus.leave(world, { left, done, sent: UNKNOWN })
      yield* failUnseen(world, Corpus.tasksOf(left)[done] ?? {}, 700)
      const { millis } = yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.isBelow(millis, 30_000)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("waiting for a Secret gives way to one that needs none, once the spec does", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const left = plan("init-validator")
      yield* Corpus.leave(world, { left, done: before(left, "validate-signing-key"), sent: "begun" })
      yield* removed(world, "signing-key")
      yield* world.turn
      assert.include(World.asObject(world.status().waiting), { for: "Secret signing-key does not exist" })
      yield* world.edit({ validator: { signingKey: null, nodeKey: null, operatorKeyring: null } })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("at rest behind a pod of an image that was edited meanwhile replaces the pod (scenario 62)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const left = plan("update-full-node")
      yield* Corpus.leave(world, { left, done: before(left, "observe-image"), sent: "begun" })
      yield* world.edit({ image: "sei:v3" })
      yield* Operator.statefulSet(world)
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, "sei:v3")
      assert.include(JSON.stringify(world.pod()?.spec), "sei:v3")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "stuck in its init behind an image that nobody can pull goes on with the one that was put right (scenario 62)",
    () =>
      Effect.gen(function* () {
        const left = plan("init-genesis")
        const wrong = World.asObject(left.node.spec).image
        const world = yield* World.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* Corpus.leave(world, { left, done: before(left, "configure-genesis"), sent: "not begun" })
        yield* world.edit({ image: "sei:v2" })
        yield* Operator.statefulSet(world)
        yield* world.settle()
        assert.deepInclude(world.status(), { phase: "Running", currentImage: "sei:v2" })
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("failed in its update is built again at once, and its node runs on", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const left = plan("update-full-node")
      yield* Corpus.leave(world, { left, done: before(left, "config-patch"), sent: UNKNOWN })
      yield* world.tamper({ plan: failedAt(left, "config-patch", "disk full") })
      const { millis } = yield* world.settle()
      assert.isBelow(millis, 5_000)
      assert.strictEqual(world.status().phase, "Running")
      assert.strictEqual(world.status().currentImage, World.asObject(left.node.spec).image)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("failed at a Secret stays so until the Secret is mended, and then begins again", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const left = plan("init-validator")
      yield* Corpus.leave(world, { left, done: before(left, "validate-signing-key"), sent: "begun" })
      yield* removed(world, "signing-key")
      yield* Cases.secret(world, "signing-key", { other: "eA==" })
      yield* world.tamper({ phase: "Failed", plan: failedAt(left, "validate-signing-key", "no such key") })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Failed")
      assert.strictEqual(world.plan().id, Corpus.planOf(left).id)
      yield* removed(world, "signing-key")
      yield* Cases.secret(world, "signing-key", Cases.SIGNING_KEY)
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("fails in its bootstrap under us: the StatefulSet that was made too early stays at none", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { ends: () => ({ exitCode: 1 }) } })
      const left = plan("init-bootstrap")
      yield* Corpus.leave(world, { left, done: before(left, "snapshot-restore"), sent: "in flight, and running" })
      // The cluster comes to rest once the Job's time to live is over.
      yield* world.settle({ maxTime: "2 hours" })
      assert.strictEqual(world.status().phase, "Failed")
      assert.isUndefined(world.job())
      assert.strictEqual(replicas(world), 0)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("under a pause moves nothing, and goes on when the pause ends", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const left = plan("init-genesis")
      yield* Corpus.leave(world, { left, done: before(left, "config-apply"), sent: UNKNOWN })
      const paused = { type: "Paused", status: "True", reason: "Paused", message: "spec.paused is true" }
      const at = { observedGeneration: 2, lastTransitionTime: "2026-08-04T09:59:00Z" }
      yield* world.edit({ paused: true })
      const body = { spec: { replicas: 0 } }
      yield* world.other(World.StatefulSet, { verb: "patch", patchFormat: "merge", ...here, name: World.NAME, body })
      yield* world.tamper({ conditions: [{ ...paused, ...at }] })
      yield* world.settle()
      assert.deepStrictEqual(World.submissions(yield* world.calls), [])
      assert.strictEqual(replicas(world), 0)
      yield* world.edit({ paused: false })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.deepStrictEqual(World.submissions(yield* world.calls), ["config-apply", "config-validate", "mark-ready"])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})

describe("a running node that another controller left", () => {
  it.effect.each(Corpus.running)("with no image recorded is looked at, not rolled: $name (scenario 53)", (left) =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Corpus.leave(world, { left, done: 0, sent: "not begun" })
      yield* world.tamper({ currentImage: null, currentSidecarImage: null })
      yield* world.ledger.clear
      const pod = world.pod()?.metadata.uid
      yield* world.settle()
      assert.deepStrictEqual(World.requests(yield* world.calls), { patchStatus: 1 })
      assert.strictEqual(world.pod()?.metadata.uid, pod)
      const { currentImage, currentSidecarImage } = world.status()
      assert.deepStrictEqual(
        [currentImage, currentSidecarImage],
        [World.asObject(left.node.spec).image, SamplePlatform.sample.images.sidecar]
      )
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("with a sidecar that was never recorded keeps it, although the platform has another (scenario 53)", () =>
    Effect.gen(function* () {
      const images = { ...SamplePlatform.sample.images, sidecar: "seictl:next" }
      const world = yield* World.make({ platform: { ...SamplePlatform.sample, images } })
      yield* Corpus.leave(world, { left: plan("full-node"), done: 0, sent: "not begun" })
      yield* world.tamper({ currentSidecarImage: null })
      yield* world.ledger.clear
      const pod = world.pod()?.metadata.uid
      yield* world.settle()
      assert.deepStrictEqual(World.requests(yield* world.calls), { patchStatus: 1 })
      assert.strictEqual(world.pod()?.metadata.uid, pod)
      assert.notProperty(world.status(), "currentSidecarImage")
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("to a workflow is left alone until that has let go", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Corpus.leave(world, { left: plan("full-node"), done: 0, sent: "not begun" })
      yield* world.tamper({ adoptedWorkflow: { name: "w", uid: "u", adoptedAt: "2026-08-04T09:59:00Z" } })
      world.agents.at(World.ADDRESS).restart({ keepsTasks: true })
      yield* world.edit({ image: "sei:v2" })
      yield* world.ledger.clear
      yield* world.settle()
      const { event: _, ...requests } = World.requests(yield* world.calls)
      assert.deepStrictEqual(requests, { patchStatus: 1 })
      yield* world.tamper({ adoptedWorkflow: null })
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, "sei:v2")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  for (const claim of ["that is there still", "that it gave back already"]) {
    it.effect(`on its way out, with a claim ${claim}, is let go once its pod is gone`, () =>
      Effect.gen(function* () {
        const world = yield* World.make({ kubelet: { stopMs: 30_000 } })
        yield* Corpus.leave(world, { left: plan("full-node"), done: 0, sent: "not begun" })
        yield* world.remove
        yield* world.tamper({ phase: "Terminating" })
        if (claim !== "that is there still") {
          yield* world.other(World.Claim, { verb: "delete", ...here, name: `data-${World.NAME}` })
        }
        yield* world.turn
        yield* TestClock.adjust("1 second")
        assert.isDefined(world.node())
        yield* world.settle()
        assert.isUndefined(world.node())
        assert.isUndefined(world.pod())
        assert.isUndefined(world.claim())
        assert.isUndefined(world.statefulSet())
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }
})
