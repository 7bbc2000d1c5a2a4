/** Runs Jobs of one pod: makes the pod, again after a failure while the limit allows, and says how it ended. */
import { createHash } from "node:crypto"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import { isFinished } from "../apiserver/PodDefaults.ts"
import * as ClusterController from "./ClusterController.ts"
import * as PodStatus from "./PodStatus.ts"
import { TimerQueue } from "./TimerQueue.ts"

const USER = "job-controller"

/** The wait after the first failure; it doubles with each, up to ten minutes. */
const BACK_OFF_MS = 10_000
const LONGEST_BACK_OFF_MS = 600_000

/** A pod that is gone before its work is over has failed. Deadlines, indexes and parallel pods are not played. */
export const make = (server: ApiServer): ClusterController.ClusterController => {
  const jobs = new TimerQueue(server, ClusterController.Job)
  const sightings = new ClusterController.Sightings()
  return {
    receive: (event) => {
      const { metadata } = event.object
      if (ClusterController.isAbout(ClusterController.Job, event)) jobs.touch(metadata.namespace, metadata.name)
      if (!ClusterController.isAbout(ClusterController.Pod, event)) return
      const controller = ObjectMeta.controllerOf(event.object)
      if (controller?.kind === ClusterController.Job.kind) jobs.touch(metadata.namespace, controller.name)
    },
    step: (nowMs) =>
      jobs.round(nowMs, (job) => {
        if (job.metadata.deletionTimestamp !== undefined || at(job.spec, "suspend") === true) return undefined
        return isOver(job) ? expire(server, sightings, job, nowMs) : reconcile(server, sightings, job, nowMs)
      })
  }
}

const isOver = ({ status }: ObjectMeta.KubernetesObject): boolean =>
  objectsOf(at(status, "conditions")).some(({ status: holds, type }) => {
    return (type === "Complete" || type === "Failed") && holds === "True"
  })

/** Deletes a finished Job, in the foreground, once it has been seen for as long as it asks. */
const expire = (
  server: ApiServer,
  sightings: ClusterController.Sightings,
  job: ObjectMeta.KubernetesObject,
  nowMs: number
): number | undefined => {
  const seconds = at(job.spec, "ttlSecondsAfterFinished")
  if (typeof seconds !== "number") return undefined
  const due = sightings.since(job, "finished", nowMs) + seconds * 1000
  if (due > nowMs) return due
  ClusterController.remove(server, "ttl-after-finished-controller", ClusterController.Job, job, {
    propagationPolicy: "Foreground"
  })
  return undefined
}

/** The status says how many pods have failed, and by that which pod is the current one. */
const reconcile = (
  server: ApiServer,
  sightings: ClusterController.Sightings,
  job: ObjectMeta.KubernetesObject,
  nowMs: number
): number | undefined => {
  const { namespace = "" } = job.metadata
  const failed = Number(at(job.status, "failed") ?? 0)
  const name = podName(job, failed)
  const find = () => {
    const pod = ClusterController.find(server, ClusterController.Pod, namespace, name)
    return pod !== undefined && ObjectMeta.controls(job, pod) ? pod : undefined
  }
  const wasMade = Number(at(job.status, "active") ?? 0) + Number(at(job.status, "terminating") ?? 0) > 0
  if (!wasMade && find() === undefined) {
    const backOff = failed === 0 ? 0 : Math.min(BACK_OFF_MS * 2 ** (failed - 1), LONGEST_BACK_OFF_MS)
    const due = sightings.since(job, `failed-${failed}`, nowMs) + backOff
    if (due > nowMs) return due
    ClusterController.ask(server, USER, ClusterController.Pod, { verb: "create", namespace, body: podOf(job, name) })
    if (find() === undefined) return undefined
  }
  const status = statusOf(server, job, find(), failed)
  const before = objectOf(job.status)
  if (!MergePatch.same(MergePatch.merge(before, status), before)) {
    ClusterController.patchStatus(server, USER, ClusterController.Job, job, status)
  }
  return undefined
}

/** Five letters that follow from the Job's uid and how often it failed. */
const podName = ({ metadata }: ObjectMeta.KubernetesObject, failed: number): string => {
  const suffix = createHash("sha1").update(`${metadata.uid}/${failed}`).digest("hex").slice(0, 5)
  return `${`${metadata.name}-`.slice(0, 58)}${suffix}`
}

/** The server has put the Job's own labels into its template. */
const podOf = (job: ObjectMeta.KubernetesObject, name: string): JsonObject => {
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
      ownerReferences: [{ ...ObjectMeta.controllerReference(job) }]
    },
    spec: { ...objectOf(template.spec), nodeName: "node-1" }
  }
}

const statusOf = (
  server: ApiServer,
  job: ObjectMeta.KubernetesObject,
  pod: ObjectMeta.KubernetesObject | undefined,
  failedBefore: number
): JsonObject => {
  const now = server.now()
  const phase = textOf(at(pod?.status, "phase"))
  const isAlive = pod !== undefined && !isFinished(pod)
  const isGoing = isAlive && pod.metadata.deletionTimestamp !== undefined
  const failed = failedBefore + (pod === undefined || phase === "Failed" ? 1 : 0)
  const condition = (type: string, reason: string, message: string): JsonObject => {
    return { type, status: "True", reason, message, lastProbeTime: now, lastTransitionTime: now }
  }
  const ending = (types: ReadonlyArray<string>, reason: string, message: string): Json =>
    types.map((type) => condition(type, reason, message))
  return {
    startTime: textOf(at(job.status, "startTime")) || now,
    active: isAlive && !isGoing ? 1 : null,
    terminating: isGoing ? 1 : 0,
    ready: isAlive && PodStatus.isReady(pod) ? 1 : 0,
    uncountedTerminatedPods: {},
    ...(failed === 0 ? {} : { failed }),
    ...(phase === "Succeeded"
      ? {
          succeeded: 1,
          completionTime: now,
          conditions: ending(
            ["SuccessCriteriaMet", "Complete"],
            "CompletionsReached",
            "Reached expected number of succeeded pods"
          )
        }
      : {}),
    ...(failed > Number(at(job.spec, "backoffLimit") ?? 0)
      ? {
          conditions: ending(
            ["FailureTarget", "Failed"],
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit"
          )
        }
      : {})
  }
}
