/** Kubernetes events for changes of a SeiNode's status. A change causes one event; repeating it causes none. Pure. */
import { Condition, type EventRecorder, type ObjectMeta, TaskPlan } from "@portolan/planner"

type Status = ObjectMeta.JsonObject
type Event = EventRecorder.Event

export const events = (before: Status, after: Status): ReadonlyArray<Event> => [
  ...phaseEvents(before, after),
  ...sidecarEvents(before, after),
  ...updateEvents(before, after),
  ...supersessionEvents(before, after),
  ...preconditionEvents(before, after),
  ...degradedEvents(before, after)
]

const phaseEvents = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [from, to] = [before.phase ?? "", after.phase ?? ""]
  if (from === to) return []
  const transition = normal("PhaseTransition", `Phase changed from ${from === "" ? '""' : from} to ${to}`)
  if (to !== "Failed") return [transition]
  return [transition, warning("NodeFailed", Condition.find(after, "Degraded")?.message ?? "the plan failed")]
}

const sidecarEvents = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [from, to] = [Condition.find(before, "SidecarReady"), Condition.find(after, "SidecarReady")]
  const isLost = from !== undefined && from.status !== "False" && to?.status === "False" && to.reason === "NotReady"
  if (isLost) return [warning("SidecarReadinessLost", "the sidecar is not ready")]
  return from?.status === "False" && to?.status === "True"
    ? [normal("SidecarReadinessRestored", "the sidecar is ready")]
    : []
}

const updateEvents = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [from, to] = [Condition.find(before, "NodeUpdateInProgress"), Condition.find(after, "NodeUpdateInProgress")]
  if (to === undefined || isSame(from, to)) return []
  return [to.reason === "UpdateFailed" ? warning(to.reason, to.message) : normal(to.reason, to.message)]
}

const supersessionEvents = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [from, to] = [TaskPlan.decode(before.plan), TaskPlan.decode(after.plan)]
  if (from?.phase !== "Active" || to?.phase !== "Active" || from.id === to.id) return []
  const message = Condition.find(after, "PlanUpToDate")?.message ?? `plan ${to.id} replaces plan ${from.id}`
  return [normal("PlanSuperseded", message)]
}

/** Conditions that a node has to meet before it is created. */
const PRECONDITIONS = ["StateSyncReady", "ImportPVCReady", "SigningKeyReady", "NodeKeyReady", "OperatorKeyringReady"]

/**
 * Warns when a precondition is not met. The reason is the event's reason, except for state sync, whose event has its
 * own.
 */
const preconditionEvents = (before: Status, after: Status): ReadonlyArray<Event> =>
  PRECONDITIONS.flatMap((type) => {
    const [from, to] = [Condition.find(before, type), Condition.find(after, type)]
    const isChange = to !== undefined && (from?.status !== to.status || from.reason !== to.reason)
    if (!isChange || to.status === "True" || to.reason === "NotApplicable") return []
    return [warning(type === "StateSyncReady" ? "StateSyncBlocked" : to.reason, to.message)]
  })

/** Warns of a plan that is retried, rejected or overdue. The event of a final failure is `NodeFailed`. */
const degradedEvents = (before: Status, after: Status): ReadonlyArray<Event> => {
  const [from, to] = [Condition.find(before, "Degraded"), Condition.find(after, "Degraded")]
  if (to?.status !== "True" || to.reason === "PlanFailed" || isSame(from, to)) return []
  return [warning(to.reason, to.message)]
}

type StoredCondition = NonNullable<ReturnType<typeof Condition.find>>

const isSame = (from: StoredCondition | undefined, to: StoredCondition): boolean =>
  from?.reason === to.reason && from.message === to.message

const normal = (reason: string, message: string): Event => ({ type: "Normal", reason, message })
const warning = (reason: string, message: string): Event => ({ type: "Warning", reason, message })
