/** Runs each Job's one pod, and says how that ended. Enough of a Job controller for work that is done once or not at all. */
import { createHash } from "node:crypto"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, objectsOf, textOf } from "../apiserver/Json.ts"
import * as Actor from "./Actor.ts"

const USER = "job-controller"

type Stored = ObjectMeta.KubernetesObject
type Json = ObjectMeta.JsonObject

/**
 * A Job gets one pod, whatever parallelism it asks for, and no second one: a pod that fails or disappears fails the Job, as
 * with `backoffLimit: 0`. A Job that has ended goes after its `ttlSecondsAfterFinished`.
 */
export const make = (server: ApiServer): Actor.Actor => {
  const sightings = new Actor.Sightings()
  const started = new Set<string>()
  return {
    step: (nowMs) =>
      Actor.earliest(...Actor.all(server, Actor.Job).map((job) => reconcile(server, sightings, started, job, nowMs)))
  }
}

const reconcile = (
  server: ApiServer,
  sightings: Actor.Sightings,
  started: Set<string>,
  job: Stored,
  nowMs: number
): number | undefined => {
  const { metadata, spec } = job
  if (metadata.deletionTimestamp !== undefined) return undefined
  if (hasEnded(job)) {
    const ttl = at(spec, "ttlSecondsAfterFinished")
    if (typeof ttl !== "number") return undefined
    const gone = sightings.since(job, "ended", nowMs) + ttl * 1000
    if (gone > nowMs) return gone
    const body = { preconditions: { uid: metadata.uid }, propagationPolicy: "Background" }
    Actor.ask(server, USER, Actor.Job, { verb: "delete", ...placeOf(job), body })
    return undefined
  }
  const pod = Actor.all(server, Actor.Pod).find((each) => ObjectMeta.controls(job, each))
  if (pod === undefined && !started.has(metadata.uid)) {
    started.add(metadata.uid)
    Actor.ask(server, USER, Actor.Pod, { verb: "create", namespace: metadata.namespace ?? "", body: podFor(job) })
    write(server, job, { startTime: server.now(), active: 1 })
    return undefined
  }
  const phase = pod === undefined ? "Failed" : textOf(at(pod.status, "phase"))
  if (phase === "Succeeded")
    end(server, job, { succeeded: 1, completionTime: server.now() }, "SuccessCriteriaMet", "Complete")
  if (phase === "Failed") end(server, job, { failed: 1 }, "FailureTarget", "Failed")
  return undefined
}

const placeOf = ({ metadata: { name, namespace = "" } }: Stored) => ({ name, namespace })

const hasEnded = ({ status }: Stored): boolean =>
  objectsOf(at(status, "conditions")).some(
    ({ status: holds, type }) => holds === "True" && (type === "Complete" || type === "Failed")
  )

const podFor = (job: Stored): Json => {
  const { name, uid } = job.metadata
  const { metadata = {}, spec = {} } = asObject(at(job.spec, "template"))
  const { annotations = {}, labels = {} } = asObject(metadata)
  const suffix = createHash("sha1").update(uid).digest("hex").slice(0, 5)
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${suffix}`,
      annotations,
      labels: {
        ...asObject(labels),
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "job-name": name
      },
      ownerReferences: [{ ...ObjectMeta.controllerReference(job) }]
    },
    spec: { ...asObject(spec), nodeName: "node-1" }
  }
}

/** A Job ends with two conditions: that it will, and that it has. */
const end = (server: ApiServer, job: Stored, status: Json, ...types: ReadonlyArray<string>): void => {
  const why = types.includes("Failed")
    ? { reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" }
    : { reason: "CompletionsReached", message: "Reached expected number of succeeded pods" }
  const now = server.now()
  const conditions = types.map((type) => ({
    type,
    status: "True",
    lastProbeTime: now,
    lastTransitionTime: now,
    ...why
  }))
  write(server, job, { ...status, active: null, conditions })
}

const write = (server: ApiServer, job: Stored, status: Json): void => {
  if (MergePatch.same(MergePatch.merge(asObject(job.status), status), asObject(job.status))) return
  Actor.patchStatus(server, USER, Actor.Job, job, status)
}

const asObject = (value: Json[string] | undefined): Json => (ObjectMeta.isJsonObject(value) ? value : {})
