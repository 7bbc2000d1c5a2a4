/** What a kubelet writes about a pod: that it waits, runs, or has ended. */
import type { ObjectMeta } from "@portolan/planner"
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, objectsOf, textOf } from "../apiserver/Json.ts"
import type { Hindrance } from "./WaitingReason.ts"

/** True when a pod says that it is ready. */
export const isReady = ({ status }: ObjectMeta.KubernetesObject): boolean =>
  objectsOf(at(status, "conditions")).some((condition) => condition.type === "Ready" && condition.status === "True")

export const pending = ({ spec }: ObjectMeta.KubernetesObject, { container, reason }: Hindrance): JsonObject => {
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

export const running = (pod: ObjectMeta.KubernetesObject, ready: boolean, now: string): JsonObject => {
  const startedAt = startOf(pod) || now
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    startTime: startedAt,
    conditions: conditions(ready),
    initContainerStatuses: containers(pod, "initContainers", (isSidecar) => ({
      ready: !isSidecar || ready,
      started: isSidecar,
      state: isSidecar ? { running: { startedAt } } : terminated(0, startedAt, startedAt)
    })),
    containerStatuses: containers(pod, "containers", () => ({
      ready,
      started: true,
      state: { running: { startedAt } }
    }))
  }
}

/** Every container ended with the code; sidecars were stopped after it. */
export const ended = (pod: ObjectMeta.KubernetesObject, exitCode: number, now: string): JsonObject => {
  const startedAt = startOf(pod) || now
  const isOver = { ready: false, started: false }
  return {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: conditions(false),
    initContainerStatuses: containers(pod, "initContainers", (isSidecar) => ({
      ...isOver,
      ready: !isSidecar,
      state: terminated(0, startedAt, isSidecar ? now : startedAt)
    })),
    containerStatuses: containers(pod, "containers", () => ({ ...isOver, state: terminated(exitCode, startedAt, now) }))
  }
}

const startOf = ({ status }: ObjectMeta.KubernetesObject): string => textOf(at(status, "startTime"))

const conditions = (ready: boolean): Json =>
  [
    ["PodScheduled", true],
    ["Initialized", true],
    ["ContainersReady", ready],
    ["Ready", ready]
  ].map(([type, holds]) => ({ type: `${type}`, status: holds ? "True" : "False" }))

/** One status for each container of a field; a sidecar is an init container that stays. */
const containers = (
  { spec }: ObjectMeta.KubernetesObject,
  field: string,
  more: (isSidecar: boolean) => JsonObject
): Json =>
  objectsOf(at(spec, field)).map(({ image = "", name = "", restartPolicy }) => ({
    name,
    image,
    restartCount: 0,
    ...more(restartPolicy === "Always")
  }))

const terminated = (exitCode: number, startedAt: string, finishedAt: string): JsonObject => ({
  terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", startedAt, finishedAt }
})
