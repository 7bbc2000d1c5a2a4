/**
 * The Job controller, for Jobs with one pod: creates the pod, replaces it after a failure up to `backoffLimit`, and
 * writes the status. Deadlines, indexes and parallel pods are not implemented.
 */
import { createHash } from "node:crypto"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import { controllerOf, controllerReference, isControlledBy } from "../apiserver/KubernetesObject.ts"
import * as MergePatch from "../apiserver/MergePatch.ts"
import { isFinished } from "../apiserver/PodDefaults.ts"
import * as ClusterController from "./ClusterController.ts"
import * as PodStatus from "./PodStatus.ts"
import { TimerQueue } from "./TimerQueue.ts"

const USER = "job-controller"

/** The delay after the first failure. It doubles with every failure, up to ten minutes. */
const BACK_OFF_MS = 10_000
const BACK_OFF_MAX_MS = 600_000

/** A pod that is deleted before it finishes counts as failed. */
export const make = (server: ApiServer): ClusterController.ClusterController => {
  const jobs = new TimerQueue(server, ClusterController.Job)
  const observed = new ClusterController.FirstObserved()
  return {
    receive: (event) => {
      const { metadata } = event.object
      if (ClusterController.isOfKind(ClusterController.Job, event)) jobs.enqueue(metadata.namespace, metadata.name)
      if (!ClusterController.isOfKind(ClusterController.Pod, event)) return
      const controller = controllerOf(event.object)
      if (controller?.kind === ClusterController.Job.kind) jobs.enqueue(metadata.namespace, controller.name)
    },
    step: (nowMs) =>
      jobs.round(nowMs, (job) => {
        if (job.metadata.deletionTimestamp !== undefined || at(job.spec, "suspend") === true) return undefined
        return isFinishedJob(job) ? expire(server, observed, job, nowMs) : reconcile(server, observed, job, nowMs)
      })
  }
}

const isFinishedJob = ({ status }: KubernetesObject): boolean =>
  objectsOf(at(status, "conditions")).some(
    (condition) => (condition.type === "Complete" || condition.type === "Failed") && condition.status === "True"
  )

/** Deletes a finished Job in the foreground, `ttlSecondsAfterFinished` after it was first observed as finished. */
const expire = (
  server: ApiServer,
  observed: ClusterController.FirstObserved,
  job: KubernetesObject,
  nowMs: number
): number | undefined => {
  const seconds = at(job.spec, "ttlSecondsAfterFinished")
  if (typeof seconds !== "number") return undefined
  const due = observed.since(job, "finished", nowMs) + seconds * 1000
  if (due > nowMs) return due
  ClusterController.remove(server, "ttl-after-finished-controller", ClusterController.Job, job, {
    propagationPolicy: "Foreground"
  })
  return undefined
}

/** The number of failed pods in the status determines the name of the current pod. */
const reconcile = (
  server: ApiServer,
  observed: ClusterController.FirstObserved,
  job: KubernetesObject,
  nowMs: number
): number | undefined => {
  const { namespace = "" } = job.metadata
  const failed = Number(at(job.status, "failed") ?? 0)
  const name = podName(job, failed)
  const find = () => {
    const pod = ClusterController.find(server, ClusterController.Pod, namespace, name)
    return pod !== undefined && isControlledBy(pod, job) ? pod : undefined
  }
  const wasCreated = Number(at(job.status, "active") ?? 0) + Number(at(job.status, "terminating") ?? 0) > 0
  if (!wasCreated && find() === undefined) {
    const backOff = failed === 0 ? 0 : Math.min(BACK_OFF_MS * 2 ** (failed - 1), BACK_OFF_MAX_MS)
    const due = observed.since(job, `failed-${failed}`, nowMs) + backOff
    if (due > nowMs) return due
    ClusterController.send(server, USER, ClusterController.Pod, { verb: "create", namespace, body: podOf(job, name) })
    if (find() === undefined) return undefined
  }
  const status = statusOf(server, job, find(), failed)
  const before = objectOf(job.status)
  if (!MergePatch.isNoOp(before, status)) {
    ClusterController.patchStatus(server, USER, ClusterController.Job, job, status)
  }
  return undefined
}

/** The suffix is derived from the Job's uid and the number of failures. */
const podName = ({ metadata }: KubernetesObject, failed: number): string => {
  const suffix = createHash("sha1").update(`${metadata.uid}/${failed}`).digest("hex").slice(0, 5)
  return `${`${metadata.name}-`.slice(0, 58)}${suffix}`
}

/** The pod template already has the Job's labels: the server adds them to it. */
const podOf = (job: KubernetesObject, name: string): JsonObject => {
  const template = objectOf(at(job.spec, "template"))
  const { annotations = {}, labels = {} } = objectOf(template.metadata)
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      generateName: `${job.metadata.name}-`,
      annotations,
      labels,
      ownerReferences: [{ ...controllerReference(job) }]
    },
    spec: { ...objectOf(template.spec), nodeName: "node-1" }
  }
}

const statusOf = (
  server: ApiServer,
  job: KubernetesObject,
  pod: KubernetesObject | undefined,
  failedBefore: number
): JsonObject => {
  const now = server.now()
  const phase = textOf(at(pod?.status, "phase"))
  const isActive = pod !== undefined && !isFinished(pod)
  const isTerminating = isActive && pod.metadata.deletionTimestamp !== undefined
  const failed = failedBefore + (pod === undefined || phase === "Failed" ? 1 : 0)
  const condition = (type: string, reason: string, message: string): JsonObject => {
    return { type, status: "True", reason, message, lastProbeTime: now, lastTransitionTime: now }
  }
  const conditions = (types: ReadonlyArray<string>, reason: string, message: string): Json =>
    types.map((type) => condition(type, reason, message))
  return {
    startTime: textOf(at(job.status, "startTime")) || now,
    active: isActive && !isTerminating ? 1 : null,
    terminating: isTerminating ? 1 : 0,
    ready: isActive && PodStatus.isReady(pod) ? 1 : 0,
    uncountedTerminatedPods: {},
    ...(failed === 0 ? {} : { failed }),
    ...(phase === "Succeeded"
      ? {
          succeeded: 1,
          completionTime: now,
          conditions: conditions(
            ["SuccessCriteriaMet", "Complete"],
            "CompletionsReached",
            "Reached expected number of succeeded pods"
          )
        }
      : {}),
    ...(failed > Number(at(job.spec, "backoffLimit") ?? 0)
      ? {
          conditions: conditions(
            ["FailureTarget", "Failed"],
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit"
          )
        }
      : {})
  }
}
