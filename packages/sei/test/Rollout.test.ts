import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, type ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as Rollout from "../src/node/tasks/Rollout.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const task: TaskPlan.PlannedTask = {
  type: "replace-pod",
  id: TaskPlan.TaskId.make("task"),
  status: "Pending",
  params: { nodeName: "node-0", namespace: "sei" }
}

const template = {
  spec: {
    initContainers: [{ name: "sei-sidecar", image: "seictl:v2" }],
    containers: [{ name: "seid", image: "sei:v2" }]
  }
}

/** A StatefulSet at revision r2, with other fields of status and spec. */
const statefulSetWith = (status: ObjectMeta.JsonObject = {}, spec: ObjectMeta.JsonObject = {}) =>
  Fixtures.owned("StatefulSet", "node-0", {
    spec: { replicas: 1, selector: { matchLabels: { "sei.io/node": "node-0" } }, template, ...spec },
    status: { observedGeneration: 1, updateRevision: "r2", currentRevision: "r1", updatedReplicas: 1, ...status }
  })

const withMeta = (pod: ObjectMeta.KubernetesObject, metadata: Partial<ObjectMeta.ObjectMeta>) => ({
  ...pod,
  metadata: { ...pod.metadata, ...metadata }
})

const foreign = (object: ObjectMeta.KubernetesObject) => withMeta(object, { ownerReferences: [] })

const { labels: _, ...unlabelled } = Fixtures.pod("r2").metadata

const textOf = ({ message, reason }: { readonly reason: string; readonly message: string }) => `${reason}: ${message}`

/** Performs replace-pod. Returns its outcome and the uids of the deleted pods. */
const replace = (objects: Partial<Observation>) =>
  Effect.gen(function* () {
    const deleted: Array<string> = []
    const api = Layer.mock(KubernetesApi.KubernetesApi, {
      delete: (_, { uid }) => Effect.sync(() => void deleted.push(uid))
    })
    const outcome = yield* Rollout.replacePod.perform(Fixtures.observation({}, objects), task).pipe(
      Effect.map((progress) => (progress._tag === "Done" ? "done" : `waits: ${textOf(progress.wait)}`)),
      Effect.catch((failure) => Effect.succeed(`fails: ${textOf(failure)}`)),
      Effect.provide(api)
    )
    return { outcome, deleted }
  })

const observe = (objects: Partial<Observation>) =>
  Rollout.observeImage.perform(Fixtures.observation({}, objects), task).pipe(
    Effect.provide(Layer.mock(KubernetesApi.KubernetesApi, {})),
    Effect.catch(({ message }) => Effect.die(message))
  )

/** The reason and message of the wait of observe-image, or `Done`. */
const waitOf = (objects: Partial<Observation>) =>
  Effect.map(observe(objects), (progress) => (progress._tag === "Done" ? "Done" : textOf(progress.wait)))

describe("replace-pod", () => {
  it.effect("INV-11: deletes exactly the owned pod of an old revision (scenario 58)", () =>
    Effect.gen(function* () {
      const old = Fixtures.pod("r1")
      const pods = [
        old,
        withMeta(Fixtures.pod("r2"), { uid: "at the new revision" }),
        withMeta(old, { uid: "without a revision", labels: { "sei.io/node": "node-0" } }),
        { ...old, metadata: { ...unlabelled, uid: "without labels" } },
        withMeta(old, { uid: "without an owner", ownerReferences: [] }),
        withMeta(old, { uid: "already terminating", deletionTimestamp: "2026-01-01T00:00:00Z" })
      ]
      const { deleted, outcome } = yield* replace({ statefulSet: statefulSetWith(), pods })
      assert.deepStrictEqual(deleted, ["pod-r1"])
      assert.match(outcome, /^waits: PodTerminating: the pod of the previous template/u)
      const [, ...others] = pods.slice(0, 5)
      assert.deepStrictEqual(yield* replace({ statefulSet: statefulSetWith(), pods: others }), {
        outcome: "done",
        deleted: []
      })
    })
  )

  it.effect("waits for a pod that is already terminating", () =>
    Effect.gen(function* () {
      const terminating = withMeta(Fixtures.pod("r1"), { deletionTimestamp: "2026-01-01T00:00:00Z" })
      const { deleted, outcome } = yield* replace({ statefulSet: statefulSetWith(), pods: [terminating] })
      assert.deepStrictEqual(deleted, [])
      assert.strictEqual(outcome, "waits: PodTerminating: the pod of the previous template is being deleted")
    })
  )

  it.effect.each([
    { name: "without a StatefulSet", statefulSet: undefined },
    { name: "before its generation is observed", statefulSet: statefulSetWith({ observedGeneration: 0 }) },
    { name: "before it has an update revision", statefulSet: statefulSetWith({ updateRevision: "" }) }
  ])("INV-11: waits and deletes nothing $name (scenario 59)", ({ statefulSet }) =>
    Effect.gen(function* () {
      const { deleted, outcome } = yield* replace({ statefulSet, pods: [Fixtures.pod("r1")] })
      assert.match(outcome, /^waits: StatefulSetNot/u)
      assert.deepStrictEqual(deleted, [])
    })
  )

  it.effect.each([
    { name: "more than one replica", statefulSet: statefulSetWith({}, { replicas: 2 }), message: "multi-replica" },
    { name: "no selector", statefulSet: statefulSetWith({}, { selector: {} }), message: "selects no pods" },
    {
      name: "an empty selector",
      statefulSet: statefulSetWith({}, { selector: { matchLabels: {} } }),
      message: "selects no pods"
    }
  ])("fails for good with $name (scenario 59)", ({ message, statefulSet }) =>
    Effect.gen(function* () {
      const { deleted, outcome } = yield* replace({ statefulSet, pods: [Fixtures.pod("r1")] })
      assert.include(outcome, "fails: InvalidStatefulSet: replace-pod: ")
      assert.include(outcome, message)
      assert.deepStrictEqual(deleted, [])
    })
  )
})

describe("observe-image", () => {
  const pods = [Fixtures.pod("r2", "sei:v2", "seictl:v2")]

  it.effect("records the images of the template, not those that a webhook rewrote", () =>
    Effect.gen(function* () {
      const mirrored = [Fixtures.pod("r2", "mirror.example.dev/sei:v2", "mirror.example.dev/seictl:v2")]
      const progress = yield* observe({ statefulSet: statefulSetWith(), pods: mirrored })
      assert.deepStrictEqual(progress._tag === "Done" && progress.statusPatch, {
        currentImage: "sei:v2",
        currentSidecarImage: "seictl:v2"
      })
    })
  )

  it.effect("records the images of the pod of the new revision (scenario 56)", () =>
    Effect.gen(function* () {
      const progress = yield* observe({ statefulSet: statefulSetWith(), pods })
      assert.deepStrictEqual(progress, {
        _tag: "Done",
        statusPatch: { currentImage: "sei:v2", currentSidecarImage: "seictl:v2" },
        conditions: []
      })
    })
  )

  it.effect.each([
    {
      name: "without a StatefulSet",
      statefulSet: undefined,
      wait: "StatefulSetNotFound: the StatefulSet does not exist"
    },
    {
      name: "with a foreign StatefulSet",
      statefulSet: foreign(statefulSetWith()),
      wait: "StatefulSetNotFound: the StatefulSet does not exist"
    },
    {
      name: "before its generation is observed",
      statefulSet: statefulSetWith({ observedGeneration: 0 }),
      wait: "StatefulSetNotObserved: the StatefulSet controller has not observed the template"
    },
    {
      name: "while no replica is updated",
      statefulSet: statefulSetWith({ updatedReplicas: 0 }),
      wait: "StatefulSetNotUpdated: the StatefulSet does not count its pod as updated"
    },
    {
      name: "while its replicas are unknown",
      statefulSet: Fixtures.owned("StatefulSet", "node-0", {
        spec: {},
        status: { observedGeneration: 1, updateRevision: "r2" }
      }),
      wait: "StatefulSetNotUpdated: the StatefulSet does not count its pod as updated"
    }
  ])("waits $name, and records nothing (scenario 60)", ({ statefulSet, wait }) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* waitOf({ statefulSet, pods }), wait)
    })
  )

  it.effect.each([
    { name: "without a pod", pods: [] },
    { name: "while the pod has the previous revision", pods: [Fixtures.pod("r1")] },
    { name: "while the pod has no labels", pods: [{ ...Fixtures.pod("r2"), metadata: unlabelled }] },
    {
      name: "while the pod is terminating",
      pods: [withMeta(Fixtures.pod("r2"), { deletionTimestamp: "2026-01-01T00:00:00Z" })]
    }
  ])("waits $name", ({ pods: observed }) =>
    Effect.gen(function* () {
      const wait = "PodNotFound: the pod of the new template does not exist"
      assert.strictEqual(yield* waitOf({ statefulSet: statefulSetWith(), pods: observed }), wait)
    })
  )

  it.effect.each([
    { field: "containerStatuses", name: "seid" },
    { field: "initContainerStatuses", name: "sei-sidecar" }
  ])("shows which of $field keeps the pod from starting", ({ field, name }) =>
    Effect.gen(function* () {
      const running = { name: "running", state: { running: {} } }
      const waiting = { name, state: { waiting: { reason: "ImagePullBackOff" } } }
      const stuck = { ...Fixtures.pod("r2"), status: { phase: "Pending", [field]: [running, waiting] } }
      const progress = yield* observe({ statefulSet: statefulSetWith(), pods: [stuck] })
      assert.deepInclude(progress, {
        wait: { reason: "PodNotRunning", message: "pod node-0-0 is not running", detail: `${name}: ImagePullBackOff` }
      })
    })
  )
})
