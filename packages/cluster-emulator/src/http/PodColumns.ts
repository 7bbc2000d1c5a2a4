/** The table columns of pods. Status summarizes the phase, the conditions and the container states in one word. */
import type { JsonObject } from "../apiserver/Json.ts"
import { at, isSet, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import * as Age from "./Age.ts"
import type { Column } from "./Column.ts"
import { age, name } from "./Column.ts"

const orNone = (value: string): string => (value === "" ? "<none>" : value)

const containers = (pod: JsonObject): ReadonlyArray<JsonObject> => objectsOf(at(pod, "status", "containerStatuses"))

const initContainers = (pod: JsonObject): ReadonlyArray<JsonObject> =>
  objectsOf(at(pod, "status", "initContainerStatuses"))

const terminatedText = (state: JsonObject): string => {
  if (textOf(state.reason) !== "") return textOf(state.reason)
  return typeof state.signal === "number" && state.signal !== 0
    ? `Signal:${state.signal}`
    : `ExitCode:${state.exitCode}`
}

/** The status of the first init container that has not completed; `undefined` when all have. */
const initStatus = (pod: JsonObject): string | undefined => {
  const statuses = initContainers(pod)
  const total = objectsOf(at(pod, "spec", "initContainers")).length
  for (const [index, status] of statuses.entries()) {
    const terminated = at(status, "state", "terminated")
    const waiting = textOf(at(status, "state", "waiting", "reason"))
    if (isSet(terminated) && at(terminated, "exitCode") === 0) continue
    if (status.started === true && isSidecar(pod, textOf(status.name))) continue
    if (isSet(terminated)) return `Init:${terminatedText(objectOf(terminated))}`
    return waiting !== "" && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`
  }
  return undefined
}

const isSidecar = (pod: JsonObject, container: string): boolean =>
  objectsOf(at(pod, "spec", "initContainers")).some((one) => one.name === container && one.restartPolicy === "Always")

/** The status of the first container that waits or has terminated; `initial` when there is none. */
const containerStatus = (pod: JsonObject, initial: string): string => {
  let status = initial
  for (const { state } of containers(pod).toReversed()) {
    const waiting = textOf(at(state, "waiting", "reason"))
    const terminated = at(state, "terminated")
    if (waiting !== "") status = waiting
    else if (isSet(terminated)) status = terminatedText(objectOf(terminated))
  }
  const isRunning = containers(pod).some((one) => one.ready === true && isSet(at(one, "state", "running")))
  return status === "Completed" && isRunning ? (isReady(pod) ? "Running" : "NotReady") : status
}

const isReady = (pod: JsonObject): boolean =>
  objectsOf(at(pod, "status", "conditions")).some(({ status, type }) => type === "Ready" && status === "True")

const statusOf = (pod: JsonObject): string => {
  const reason = textOf(at(pod, "status", "reason"))
  const phase = textOf(at(pod, "status", "phase"))
  if (isSet(at(pod, "metadata", "deletionTimestamp"))) return reason === "NodeLost" ? "Unknown" : "Terminating"
  return initStatus(pod) ?? containerStatus(pod, reason === "" ? phase : reason)
}

const readyOf = (pod: JsonObject): string => {
  const sidecars = objectsOf(at(pod, "spec", "initContainers")).filter((one) => one.restartPolicy === "Always")
  const total = objectsOf(at(pod, "spec", "containers")).length + sidecars.length
  const running = [...containers(pod), ...initContainers(pod).filter((status) => isSidecar(pod, textOf(status.name)))]
  return `${running.filter(({ ready }) => ready === true).length}/${total}`
}

const restartsOf = (pod: JsonObject, now: string): string => {
  const statuses = [...containers(pod), ...initContainers(pod).filter((one) => isSidecar(pod, textOf(one.name)))]
  const total = statuses.reduce((sum, { restartCount }) => sum + Number(restartCount ?? 0), 0)
  const ends = statuses.map((status) => textOf(at(status, "lastState", "terminated", "finishedAt")))
  const last = ends.sort().at(-1) ?? ""
  return total > 0 && last !== "" ? `${total} (${Age.since(last, now)} ago)` : `${total}`
}

const gatesOf = (pod: JsonObject): string => {
  const gates = objectsOf(at(pod, "spec", "readinessGates")).map((gate) => gate.conditionType)
  const conditions = objectsOf(at(pod, "status", "conditions")).filter(({ status }) => status === "True")
  const open = gates.filter((gate) => conditions.some(({ type }) => type === gate))
  return gates.length === 0 ? "<none>" : `${open.length}/${gates.length}`
}

const wide = { priority: 1 } as const

export const columns: ReadonlyArray<Column> = [
  name,
  { name: "Ready", cell: readyOf },
  { name: "Status", cell: statusOf },
  { name: "Restarts", cell: restartsOf },
  age,
  { name: "IP", ...wide, cell: (pod) => orNone(textOf(at(pod, "status", "podIP"))) },
  { name: "Node", ...wide, cell: (pod) => orNone(textOf(at(pod, "spec", "nodeName"))) },
  { name: "Nominated Node", ...wide, cell: (pod) => orNone(textOf(at(pod, "status", "nominatedNodeName"))) },
  { name: "Readiness Gates", ...wide, cell: gatesOf }
]
