/** The notes that a change of status is worth (`kubectl describe`). One per real change, none for saying it again. Pure. */
import { Condition, type EventRecorder, type ObjectMeta, TaskPlan } from "@portolan/planner"

type Status = ObjectMeta.JsonObject
type Event = EventRecorder.Event

export const events = (before: Status, after: Status): ReadonlyArray<Event> => [
  ...phase(before, after),
  ...sidecar(before, after),
  ...update(before, after),
  ...superseded(before, after),
  ...gates(before, after),
  ...degraded(before, after)
]

const phase = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [from, to] = [before.phase ?? "", after.phase ?? ""]
  if (from === to) return []
  const changed = normal("PhaseTransition", `Phase changed from ${from === "" ? '""' : from} to ${to}`)
  if (to !== "Failed") return [changed]
  return [changed, warning("NodeFailed", Condition.find(after, "Degraded")?.message ?? "the plan failed for good")]
}

const sidecar = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [was, is] = [statusOf(before, "SidecarReady"), statusOf(after, "SidecarReady")]
  const reason = Condition.find(after, "SidecarReady")?.reason
  if (was !== undefined && was !== "False" && is === "False" && reason === "NotReady") {
    return [warning("SidecarReadinessLost", "the sidecar waits to be told that its node may start")]
  }
  return was === "False" && is === "True" ? [normal("SidecarReadinessRestored", "the sidecar is ready")] : []
}

const update = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [was, is] = [Condition.find(before, "NodeUpdateInProgress"), Condition.find(after, "NodeUpdateInProgress")]
  if (is === undefined || (was?.reason === is.reason && was.message === is.message)) return []
  return [is.reason === "UpdateFailed" ? warning(is.reason, is.message) : normal(is.reason, is.message)]
}

const superseded = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [was, is] = [TaskPlan.decode(before.plan), TaskPlan.decode(after.plan)]
  return was?.phase === "Active" && is?.phase === "Active" && was.id !== is.id
    ? [
        normal(
          "PlanSuperseded",
          Condition.find(after, "PlanUpToDate")?.message ?? `plan ${is.id} takes the place of plan ${was.id}`
        )
      ]
    : []
}

/** What a node may not begin without, told when it is found missing or wrong. */
const GATES = ["StateSyncReady", "ImportPVCReady", "SigningKeyReady", "NodeKeyReady", "OperatorKeyringReady"]
const SAYS_LITTLE = ["NotApplicable"]

const gates = (before: Status, after: Status): ReadonlyArray<Event> =>
  GATES.flatMap((type) => {
    const [was, is] = [Condition.find(before, type), Condition.find(after, type)]
    const isChange = is !== undefined && (was?.status !== is.status || was.reason !== is.reason)
    if (!isChange || is.status === "True" || SAYS_LITTLE.includes(is.reason)) return []
    return [warning(type === "StateSyncReady" ? "StateSyncBlocked" : is.reason, is.message)]
  })

/** A failure that is retried, or a refusal. What is final is told with the phase. */
const degraded = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [was, is] = [Condition.find(before, "Degraded"), Condition.find(after, "Degraded")]
  if (is?.status !== "True" || is.reason === "PlanFailed") return []
  return was?.reason === is.reason && was.message === is.message ? [] : [warning(is.reason, is.message)]
}

const statusOf = (status: Status, type: string) => Condition.find(status, type)?.status
const normal = (reason: string, message: string): Event => ({ type: "Normal", reason, message })
const warning = (reason: string, message: string): Event => ({ type: "Warning", reason, message })
