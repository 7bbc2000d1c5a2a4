/** The tasks of the bootstrap Job, on one observation each. */
import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, type ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as BootstrapService from "../src/node/resources/BootstrapService.ts"
import * as ApplyObjects from "../src/node/tasks/ApplyObjects.ts"
import * as Bootstrap from "../src/node/tasks/Bootstrap.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const SPEC = { fullNode: { snapshot: { s3: { targetHeight: 5 }, bootstrapImage: "sei:old" } } }
const node = Fixtures.node({ spec: SPEC })
const { metadata } = BootstrapService.generate(node)

const withLabels = (object: ObjectMeta.KubernetesObject) => ({
  ...object,
  metadata: { ...object.metadata, labels: metadata.labels ?? {} }
})
const foreign = (object: ObjectMeta.KubernetesObject) => ({
  ...object,
  metadata: { ...object.metadata, ownerReferences: [] }
})

const bootstrapJob = Fixtures.owned("Job", "node-0-bootstrap")
const bootstrapService = withLabels(Fixtures.owned("Service", "node-0"))
const bootstrapPod = withLabels(Fixtures.pod("r1"))
const { labels: _, ...withoutLabels } = Fixtures.pod("r1").metadata
const unlabelled = { ...Fixtures.pod("r1"), metadata: withoutLabels }
const jobWith = (condition: ObjectMeta.JsonObject) =>
  Fixtures.owned("Job", "node-0-bootstrap", { status: { conditions: [condition] } })

/** Performs a task. Returns `done`, or the reason and message of its wait or failure, and what it deleted and created. */
const perform = (task: typeof Bootstrap.teardown, more: Partial<Observation>, spec: ObjectMeta.JsonObject = SPEC) =>
  Effect.gen(function* () {
    const writes: Array<string> = []
    const record = (verb: string, key: ObjectMeta.ObjectKey) =>
      Effect.sync(() => void writes.push(`${verb} ${key.kind.kind} ${key.name}`))
    const stored = (key: ObjectMeta.ObjectKey) => Fixtures.owned(key.kind.kind, key.name)
    const api = Layer.mock(KubernetesApi.KubernetesApi, {
      delete: (key) => record("delete", key),
      create: (key) => Effect.as(record("create", key), stored(key)),
      apply: (key) => Effect.as(record("apply", key), stored(key))
    })
    const planned: TaskPlan.PlannedTask = {
      type: "any",
      id: TaskPlan.TaskId.make("task"),
      status: "Pending",
      params: { jobName: "node-0-bootstrap", serviceName: "node-0", nodeName: "node-0", namespace: "sei" }
    }
    const outcome = yield* task.perform(Fixtures.observation({ spec }, more), planned).pipe(
      Effect.map((progress) =>
        progress._tag === "Done" ? "done" : `${progress.wait.reason}: ${progress.wait.message}`
      ),
      Effect.catch(({ message, reason }) => Effect.succeed(`${reason}: ${message}`)),
      Effect.provide(api)
    )
    return { outcome, writes }
  })

describe("the wait for the bootstrap Job", () => {
  it.effect.each([
    ["waits while it does not exist", undefined, "BootstrapJobNotFound: the bootstrap Job does not exist"],
    ["takes a foreign one for none", foreign(bootstrapJob), "BootstrapJobNotFound: the bootstrap Job does not exist"],
    ["waits while it runs", bootstrapJob, "BootstrapJobRunning: the bootstrap Job has not reached its height"],
    ["is done when it is complete", jobWith({ type: "Complete", status: "True" }), "done"],
    [
      "fails with the message of a Job that failed",
      jobWith({ type: "Failed", status: "True", message: "no space" }),
      "BootstrapJobFailed: bootstrap job failed: no space"
    ],
    [
      "waits while a condition is not True",
      jobWith({ type: "Failed", status: "False" }),
      "BootstrapJobRunning: the bootstrap Job has not reached its height"
    ]
  ] as const)("%s", ([, job, outcome]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* perform(Bootstrap.awaitComplete, { bootstrapJob: job }), { outcome, writes: [] })
    })
  )
})

describe("the teardown of the bootstrap", () => {
  const POD = "BootstrapPodTerminating: the bootstrap pod is being deleted"
  const SERVICE = "BootstrapServiceTerminating: the bootstrap Service is being deleted"

  it.effect.each([
    ["is done when nothing of it is left", {}, "done", []],
    [
      "deletes Job and Service",
      { bootstrapJob, service: bootstrapService },
      POD,
      ["delete Job node-0-bootstrap", "delete Service node-0"]
    ],
    ["waits for the pod of a deleted Job", { pods: [bootstrapPod] }, POD, []],
    ["waits for the Service last", { service: bootstrapService }, SERVICE, ["delete Service node-0"]],
    ["does not wait for pods without labels", { pods: [unlabelled] }, "done", []],
    ["keeps the Service of the permanent pod", { service: Fixtures.owned("Service", "node-0") }, "done", []],
    [
      "INV-11: keeps objects of another owner",
      { bootstrapJob: foreign(bootstrapJob), service: foreign(bootstrapService) },
      "done",
      []
    ]
  ] as const)("%s", ([, observed, outcome, writes]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* perform(Bootstrap.teardown, observed), { outcome, writes: [...writes] })
    })
  )
})

describe("the tasks that create objects", () => {
  it.effect("keep an existing bootstrap Job, and create a missing one", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* perform(Bootstrap.deployJob, { bootstrapJob }), { outcome: "done", writes: [] })
      assert.deepStrictEqual(yield* perform(Bootstrap.deployJob, {}), {
        outcome: "done",
        writes: ["create Job node-0-bootstrap"]
      })
    })
  )

  it.effect("apply no StatefulSet before its claim exists", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* perform(ApplyObjects.statefulSet, {}), {
        outcome: "ClaimNotFound: PersistentVolumeClaim data-node-0 does not exist",
        writes: []
      })
      const pvc = Fixtures.owned("PersistentVolumeClaim", "data-node-0")
      assert.deepStrictEqual(yield* perform(ApplyObjects.statefulSet, { pvc }), {
        outcome: "done",
        writes: ["apply StatefulSet node-0"]
      })
    })
  )

  it.effect("fail with the field that makes a manifest invalid", () =>
    Effect.gen(function* () {
      const pvc = Fixtures.owned("PersistentVolumeClaim", "data-node-0")
      const platform = { ...sample, images: { ...sample.images, kubeRBACProxy: "" } }
      for (const task of [Bootstrap.deployJob, ApplyObjects.statefulSet]) {
        assert.deepStrictEqual(yield* perform(task, { platform, pvc }), {
          outcome: "InvalidSpec: images.kubeRBACProxy: must be set in the platform configuration",
          writes: []
        })
      }
    })
  )
})
