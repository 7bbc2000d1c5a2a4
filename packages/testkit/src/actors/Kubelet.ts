/** Runs pods: starts them once their volumes and images are there, says how they are, and lets them go. */
import { MergePatch, type ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, objectsOf, textOf } from "../apiserver/Json.ts"
import * as Actor from "./Actor.ts"

export interface Options {
  /** From the moment that a pod can start until it runs: 300 ms unless told. */
  readonly startMs?: number
  /** From the deletion of a pod until it is gone: 20 ms unless told. */
  readonly stopMs?: number
  /** Whether an image can be pulled: all can, unless told. */
  readonly pulls?: (image: string) => boolean
  /** Whether a running pod is ready: it is, unless told. Asked at every step. */
  readonly isReady?: (pod: ObjectMeta.KubernetesObject) => boolean
  /** Whether a running pod that is to run once is over, and how: none is, unless told. Asked at every step. */
  readonly ends?: (pod: ObjectMeta.KubernetesObject) => { readonly exitCode: number } | undefined
}

const USER = "kubelet"

type Json = ObjectMeta.JsonObject

export const make = (server: ApiServer, options: Options = {}): Actor.Actor => {
  const sightings = new Actor.Sightings()
  return {
    step: (nowMs) =>
      Actor.earliest(...Actor.all(server, Actor.Pod).map((pod) => run(server, options, sightings, pod, nowMs)))
  }
}

/** One pod; returns when it is to be looked at again. */
const run = (
  server: ApiServer,
  { ends, isReady, pulls = () => true, startMs = 300, stopMs = 20 }: Options,
  sightings: Actor.Sightings,
  pod: ObjectMeta.KubernetesObject,
  nowMs: number
): number | undefined => {
  if (pod.metadata.deletionTimestamp !== undefined) {
    const gone = sightings.since(pod, "deleted", nowMs) + stopMs
    if (gone > nowMs) return gone
    remove(server, pod)
    return undefined
  }
  if (hasEnded(pod)) return undefined
  if (textOf(at(pod.status, "phase")) !== "Running") {
    const hindrance = hindranceOf(server, pod, pulls)
    if (hindrance !== undefined) {
      write(server, pod, pending(pod, hindrance))
      return undefined
    }
    const runs = sightings.since(pod, "startable", nowMs) + startMs
    if (runs > nowMs) return runs
  }
  const over = at(pod.spec, "restartPolicy") === "Never" ? ends?.(pod) : undefined
  write(
    server,
    pod,
    over === undefined ? running(server, pod, isReady?.(pod) ?? true) : ended(server, pod, over.exitCode)
  )
  return undefined
}

const hasEnded = ({ status }: ObjectMeta.KubernetesObject): boolean =>
  ["Succeeded", "Failed"].includes(textOf(at(status, "phase")))

interface Hindrance {
  readonly container: string | undefined
  readonly reason: string
}

/** What keeps a pod from starting: a volume that is not there, or an image that cannot be pulled. */
const hindranceOf = (
  server: ApiServer,
  pod: ObjectMeta.KubernetesObject,
  pulls: (image: string) => boolean
): Hindrance | undefined => {
  const namespace = pod.metadata.namespace ?? ""
  for (const volume of objectsOf(at(pod.spec, "volumes"))) {
    const claim = textOf(at(volume, "persistentVolumeClaim", "claimName"))
    if (claim !== "") {
      const found = Actor.find(server, Actor.Claim, namespace, claim)
      if (textOf(at(found?.status, "phase")) !== "Bound") return { container: undefined, reason: "Unschedulable" }
      if (isAttached(server, pod, claim)) return { container: undefined, reason: "ContainerCreating" }
    }
    const secret = textOf(at(volume, "secret", "secretName"))
    if (secret !== "" && !hasKeys(Actor.find(server, Actor.Secret, namespace, secret), volume)) {
      return { container: undefined, reason: "ContainerCreating" }
    }
    const config = textOf(at(volume, "configMap", "name"))
    if (config !== "" && Actor.find(server, Actor.ConfigMap, namespace, config) === undefined) {
      return { container: undefined, reason: "ContainerCreating" }
    }
  }
  const stuck = containersOf(pod).find(({ image }) => !pulls(textOf(image)))
  return stuck === undefined ? undefined : { container: textOf(stuck.name), reason: "ImagePullBackOff" }
}

/** Whether another pod that has started, and has not ended, has the disk of a claim. */
const isAttached = (server: ApiServer, { metadata }: ObjectMeta.KubernetesObject, claim: string): boolean =>
  Actor.all(server, Actor.Pod).some(
    (other) =>
      other.metadata.uid !== metadata.uid &&
      other.metadata.namespace === metadata.namespace &&
      textOf(at(other.status, "phase")) === "Running" &&
      objectsOf(at(other.spec, "volumes")).some(
        (volume) => textOf(at(volume, "persistentVolumeClaim", "claimName")) === claim
      )
  )

/** Whether a Secret exists with every key that a volume takes of it. */
const hasKeys = (secret: ObjectMeta.KubernetesObject | undefined, volume: Json): boolean =>
  secret !== undefined &&
  objectsOf(at(volume, "secret", "items")).every(({ key }) => at(secret.data, textOf(key)) !== undefined)

const containersOf = ({ spec }: ObjectMeta.KubernetesObject): ReadonlyArray<Json> => [
  ...objectsOf(at(spec, "initContainers")),
  ...objectsOf(at(spec, "containers"))
]

const pending = ({ spec }: ObjectMeta.KubernetesObject, { container, reason }: Hindrance): Json => {
  const statuses = (field: string) =>
    objectsOf(at(spec, field)).map(({ image = "", name = "" }) => ({
      name,
      image,
      ready: false,
      state: { waiting: { reason: name === container ? reason : "PodInitializing" } }
    }))
  return {
    phase: "Pending",
    conditions: [
      { type: "PodScheduled", status: reason === "Unschedulable" ? "False" : "True" },
      { type: "Ready", status: "False", reason }
    ],
    ...(container === undefined
      ? {}
      : { initContainerStatuses: statuses("initContainers"), containerStatuses: statuses("containers") })
  }
}

const running = (server: ApiServer, { spec, status }: ObjectMeta.KubernetesObject, ready: boolean): Json => {
  const startedAt = textOf(at(status, "startTime")) || server.now()
  const statuses = (field: string) =>
    objectsOf(at(spec, field)).map(({ image = "", name = "", restartPolicy }) => {
      const isOver = field === "initContainers" && restartPolicy !== "Always"
      const state: Json = isOver
        ? { terminated: { exitCode: 0, reason: "Completed", startedAt, finishedAt: startedAt } }
        : { running: { startedAt } }
      return { name, image, ready: isOver || ready, restartCount: 0, started: !isOver, state }
    })
  const isTrue = (type: string, holds: boolean) => ({ type, status: holds ? "True" : "False" })
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    startTime: startedAt,
    conditions: [
      isTrue("PodScheduled", true),
      isTrue("Initialized", true),
      isTrue("ContainersReady", ready),
      isTrue("Ready", ready)
    ],
    initContainerStatuses: statuses("initContainers"),
    containerStatuses: statuses("containers")
  }
}

const ended = (server: ApiServer, { spec, status }: ObjectMeta.KubernetesObject, exitCode: number): Json => {
  const now = server.now()
  const reason = exitCode === 0 ? "Completed" : "Error"
  const startedAt = textOf(at(status, "startTime")) || now
  const statuses = (field: string) =>
    objectsOf(at(spec, field)).map(({ image = "", name = "" }) => ({
      name,
      image,
      ready: false,
      restartCount: 0,
      started: false,
      state: { terminated: { exitCode, reason, startedAt, finishedAt: now } }
    }))
  return {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: [{ type: "Ready", status: "False", reason: "PodCompleted" }],
    initContainerStatuses: statuses("initContainers"),
    containerStatuses: statuses("containers")
  }
}

const write = (server: ApiServer, pod: ObjectMeta.KubernetesObject, status: Json): void => {
  const before = pod.status !== undefined && isObject(pod.status) ? pod.status : {}
  if (MergePatch.same(MergePatch.merge(before, status), before)) return
  Actor.patchStatus(server, USER, Actor.Pod, pod, status)
}

const isObject = (value: Json[string]): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const remove = (server: ApiServer, { metadata }: ObjectMeta.KubernetesObject): void => {
  const { name, namespace = "", uid } = metadata
  const body = { gracePeriodSeconds: 0, preconditions: { uid } }
  Actor.ask(server, USER, Actor.Pod, { verb: "delete", namespace, name, body })
}
