/** The status of a pod that waits, runs, or has terminated. */
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, objectsOf, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import type { WaitingReason } from "./WaitingReason.ts"

/** True when the `Ready` condition is `True`. */
export const isReady = ({ status }: KubernetesObject): boolean =>
  objectsOf(at(status, "conditions")).some((condition) => condition.type === "Ready" && condition.status === "True")

export const pending = ({ spec }: KubernetesObject, { container, reason }: WaitingReason): JsonObject => {
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

export const running = (pod: KubernetesObject, ready: boolean, now: string): JsonObject => {
  const startedAt = startOf(pod) || now
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    startTime: startedAt,
    conditions: conditions(ready),
    initContainerStatuses: containers(pod, "initContainers", (isSidecar) => ({
      ready: !isSidecar || ready,
      started: isSidecar,
      state: isSidecar ? { running: { startedAt } } : terminatedState(0, startedAt, startedAt)
    })),
    containerStatuses: containers(pod, "containers", () => ({
      ready,
      started: true,
      state: { running: { startedAt } }
    }))
  }
}

/** Every container terminated with the exit code. Sidecars are stopped after the containers. */
export const terminated = (pod: KubernetesObject, exitCode: number, now: string): JsonObject => {
  const startedAt = startOf(pod) || now
  const notRunning = { ready: false, started: false }
  return {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: conditions(false),
    initContainerStatuses: containers(pod, "initContainers", (isSidecar) => ({
      ...notRunning,
      ready: !isSidecar,
      state: terminatedState(0, startedAt, isSidecar ? now : startedAt)
    })),
    containerStatuses: containers(pod, "containers", () => ({
      ...notRunning,
      state: terminatedState(exitCode, startedAt, now)
    }))
  }
}

const startOf = ({ status }: KubernetesObject): string => textOf(at(status, "startTime"))

const conditions = (ready: boolean): Json =>
  [
    ["PodScheduled", true],
    ["Initialized", true],
    ["ContainersReady", ready],
    ["Ready", ready]
  ].map(([type, isTrue]) => ({ type: `${type}`, status: isTrue ? "True" : "False" }))

/** A status for every container of a field. A sidecar is an init container with restart policy `Always`. */
const containers = ({ spec }: KubernetesObject, field: string, more: (isSidecar: boolean) => JsonObject): Json =>
  objectsOf(at(spec, field)).map(({ image = "", name = "", restartPolicy }) => ({
    name,
    image,
    restartCount: 0,
    ...more(restartPolicy === "Always")
  }))

const terminatedState = (exitCode: number, startedAt: string, finishedAt: string): JsonObject => ({
  terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", startedAt, finishedAt }
})
