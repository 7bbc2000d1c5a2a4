/** A node's status as users see it: what follows from the plan and from what was seen. Pure. */
import { Condition, type ObjectMeta, Plan, TaskPlan } from "@portolan/planner"
import type * as Schema from "effect/Schema"
import * as Drift from "../plan/Drift.ts"
import * as NodePlans from "../plan/NodePlans.ts"
import { isRunning, type Observation, owns, runningImages, statusOf } from "../plan/Observation.ts"
import * as StateSync from "../plan/StateSync.ts"
import * as TaskTemplates from "../plan/TaskTemplates.ts"
import { endpoint, sidecarImage } from "../resources/Identity.ts"

type Status = ObjectMeta.JsonObject

/** The status that a turn is about to write, completed. Asked twice about the same, it changes nothing (INV-5). */
export const buildStatus = (observation: Observation, before: Status): Status => {
  const { resolvedStateSyncers: _, ...status } = before
  const times = { ...transition(observation, status), ...notified(observation, status) }
  const next = { ...status, ...mirrored(observation, status), ...times }
  return Condition.set(
    next,
    claims(observation, next),
    observation.now,
    observation.node.object.metadata.generation ?? 0
  )
}

/** Facts of other objects that users look for on the node. */
const mirrored = (observation: Observation, status: Status): Status => ({
  ...(owns(observation, observation.statefulSet)
    ? { statefulSet: { name: observation.statefulSet.metadata.name, uid: observation.statefulSet.metadata.uid } }
    : {}),
  ...found(observation),
  ...(isRunning(status) ? { ...images(observation, status), ...serving(observation) } : {})
})

/** Whom it may trust and whom it connects to, as far as that was asked. */
const found = ({ node: { status } }: Observation): Status => ({
  ...(status.resolvedPeers === undefined ? {} : { resolvedPeers: status.resolvedPeers }),
  ...(status.resolvedStateSyncers === undefined ? {} : { resolvedStateSyncers: status.resolvedStateSyncers })
})

/**
 * Images of a running node that no rollout recorded yet. A sidecar other than the wanted one is left unrecorded:
 * someone else chose it, and it is not for us to roll.
 */
const images = (observation: Observation, status: Status): Status => {
  const pod = runningImages(observation)
  const isWanted = pod.sidecar === sidecarImage(observation.node, observation.platform)
  return {
    ...(isBlank(status.currentImage) && pod.seid !== undefined ? { currentImage: pod.seid } : {}),
    ...(isBlank(status.currentSidecarImage) && pod.sidecar !== undefined && isWanted
      ? { currentSidecarImage: pod.sidecar }
      : {})
  }
}

const isBlank = (value: Schema.Json | undefined): boolean => value === undefined || value === ""

const serving = ({ node }: Observation): Status => {
  const found = endpoint(node)
  return found === undefined ? {} : { endpoint: found }
}

const transition = ({ node, now }: Observation, status: Status): Status =>
  status.phase === node.status.phase ? {} : { phaseTransitionTime: Condition.timestamp(now) }

/** When this turn completed a `mark-ready`. */
const notified = ({ node, now }: Observation, status: Status): Status => {
  const isDone = (plan: TaskPlan.TaskPlan | undefined) => plan !== undefined && TaskTemplates.isDone(plan, "mark-ready")
  const isNew = isDone(planOf(status)) && !isDone(node.status.plan)
  return isNew ? { sidecarMarkedReadyAt: Condition.timestamp(now) } : {}
}

const claims = (observation: Observation, status: Status): ReadonlyArray<Condition.ConditionUpdate> => [
  observation.node.spec.paused === true
    ? claim("Paused", "True", "Paused", "spec.paused is set: no pod runs and no plan moves")
    : claim("Paused", "False", "NotPaused", "spec.paused is not set"),
  StateSync.condition(observation.stateSync, observation.node.spec),
  ...sidecarReady(observation),
  ...updateInProgress(observation, status),
  ...(isRunning(status) && Condition.find(status, "WorkflowInProgress") === undefined
    ? [claim("WorkflowInProgress", "False", "NoWorkflow", "no workflow has this node")]
    : [])
]

const sidecarReady = ({ node, sidecar }: Observation): ReadonlyArray<Condition.ConditionUpdate> => {
  if (node.status.phase !== "Running") return []
  switch (sidecar?._tag) {
    case "Ready":
      return [claim("SidecarReady", "True", "Ready", "sidecar returned 200")]
    case "NotReady":
      return [claim("SidecarReady", "False", "NotReady", "sidecar returned 503, re-issuing mark-ready")]
    case "Unreachable":
      return [claim("SidecarReady", "Unknown", "Unreachable", `sidecar Healthz error: ${sidecar.message}`)]
    case undefined:
      return []
  }
}

/** Follows the update plan: told once when it begins, once when it ends. */
const updateInProgress = (observation: Observation, status: Status): ReadonlyArray<Condition.ConditionUpdate> => {
  const TYPE = "NodeUpdateInProgress"
  const plan = planOf(status)
  const before = planOf(statusOf(observation.node))
  const isNotified = Condition.isTrue(status, TYPE)
  if (plan?.phase === "Active" && NodePlans.isUpdate(plan)) {
    return isNotified && plan.id === before?.id
      ? []
      : [claim(TYPE, "True", "UpdateStarted", Drift.describe(Drift.find(observation)))]
  }
  const ended = plan ?? before
  if (!isNotified || ended === undefined) return []
  return ended.phase === "Failed"
    ? [claim(TYPE, "False", "UpdateFailed", `plan ${ended.id} failed: ${Plan.failure(ended)}`)]
    : [claim(TYPE, "False", "UpdateComplete", `plan ${ended.id} completed`)]
}

const claim = (
  type: string,
  status: Condition.ConditionUpdate["status"],
  reason: string,
  message: string
): Condition.ConditionUpdate => ({
  type,
  status,
  reason,
  message
})

const planOf = (status: Status): TaskPlan.TaskPlan | undefined => TaskPlan.decode(status.plan)
