/** The status of a SeiNode, derived from its plan and the observation. Pure. */
import { Condition, type ObjectMeta, Plan, TaskPlan } from "@portolan/planner"
import type * as Schema from "effect/Schema"
import * as Drift from "../plan/Drift.ts"
import { isRunning, type Observation, owns, runningImages, statusOf } from "../plan/Observation.ts"
import * as PlanVariant from "../plan/PlanVariant.ts"
import * as StateSync from "../plan/StateSync.ts"
import { hasCompleted } from "../plan/TaskTemplates.ts"
import { endpoint, sidecarImage } from "../resources/NodeIdentity.ts"

type Status = ObjectMeta.JsonObject

/** Completes the status that a pass is about to write. Idempotent: a converged node causes no write (INV-5). */
export const buildStatus = (observation: Observation, status: Status): Status => {
  const { resolvedStateSyncers: _, ...base } = status
  const next = {
    ...base,
    ...mirroredFields(observation, base),
    ...phaseTransitionTime(observation, base),
    ...sidecarMarkedReadyAt(observation, base)
  }
  const { generation = 0 } = observation.node.object.metadata
  return Condition.set(next, conditions(observation, next), observation.now, generation)
}

/** Facts about other objects, shown on the node. */
const mirroredFields = (observation: Observation, status: Status): Status => ({
  ...(owns(observation, observation.statefulSet)
    ? { statefulSet: { name: observation.statefulSet.metadata.name, uid: observation.statefulSet.metadata.uid } }
    : {}),
  ...discoveredFields(observation),
  ...(isRunning(status) ? { ...observedImages(observation, status), ...endpointField(observation) } : {})
})

/** The peers and state syncers that the observation has discovered. */
const discoveredFields = ({ node: { status } }: Observation): Status => ({
  ...(status.resolvedPeers === undefined ? {} : { resolvedPeers: status.resolvedPeers }),
  ...(status.resolvedStateSyncers === undefined ? {} : { resolvedStateSyncers: status.resolvedStateSyncers })
})

/**
 * Images of a running node that no rollout has recorded. A sidecar image that differs from the required one is not
 * recorded: as long as it is not, it does not count as drift, and a sidecar that another controller chose is not
 * replaced.
 */
const observedImages = (observation: Observation, status: Status): Status => {
  const { seid, sidecar } = runningImages(observation)
  const isRequired = sidecar === sidecarImage(observation.node, observation.platform)
  return {
    ...(isEmpty(status.currentImage) && seid !== undefined ? { currentImage: seid } : {}),
    ...(isEmpty(status.currentSidecarImage) && sidecar !== undefined && isRequired
      ? { currentSidecarImage: sidecar }
      : {})
  }
}

const isEmpty = (value: Schema.Json | undefined): boolean => value === undefined || value === ""

const endpointField = ({ node }: Observation): Status => {
  const urls = endpoint(node)
  return urls === undefined ? {} : { endpoint: urls }
}

const phaseTransitionTime = ({ node, now }: Observation, status: Status): Status =>
  status.phase === node.status.phase ? {} : { phaseTransitionTime: Condition.timestamp(now) }

/** Set when this pass has completed `mark-ready`. */
const sidecarMarkedReadyAt = ({ node, now }: Observation, status: Status): Status => {
  const isComplete = (plan: TaskPlan.TaskPlan | undefined) => plan !== undefined && hasCompleted(plan, "mark-ready")
  return isComplete(planOf(status)) && !isComplete(node.status.plan)
    ? { sidecarMarkedReadyAt: Condition.timestamp(now) }
    : {}
}

const conditions = (observation: Observation, status: Status): ReadonlyArray<Condition.ConditionUpdate> => [
  observation.node.spec.paused === true
    ? condition("Paused", "True", "Paused", "spec.paused is true: the pod is stopped and the plan is suspended")
    : condition("Paused", "False", "NotPaused", "spec.paused is not true"),
  StateSync.condition(observation.stateSync, observation.node.spec),
  ...sidecarReady(observation),
  ...updateInProgress(observation, status),
  ...(isRunning(status) && Condition.find(status, "WorkflowInProgress") === undefined
    ? [condition("WorkflowInProgress", "False", "NoWorkflow", "no workflow has adopted this node")]
    : [])
]

const sidecarReady = ({ node, sidecar }: Observation): ReadonlyArray<Condition.ConditionUpdate> => {
  if (node.status.phase !== "Running") return []
  switch (sidecar?._tag) {
    case "Ready":
      return [condition("SidecarReady", "True", "Ready", "sidecar returned 200")]
    case "NotReady":
      return [condition("SidecarReady", "False", "NotReady", "sidecar returned 503, re-issuing mark-ready")]
    case "Unreachable":
      return [condition("SidecarReady", "Unknown", "Unreachable", `sidecar Healthz error: ${sidecar.message}`)]
    case undefined:
      return []
  }
}

/** Changes once when an update plan starts and once when it ends. */
const updateInProgress = (observation: Observation, status: Status): ReadonlyArray<Condition.ConditionUpdate> => {
  const TYPE = "NodeUpdateInProgress"
  const plan = planOf(status)
  const storedPlan = planOf(statusOf(observation.node))
  const isInProgress = Condition.isTrue(status, TYPE)
  if (plan?.phase === "Active" && PlanVariant.isUpdate(plan)) {
    return isInProgress && plan.id === storedPlan?.id
      ? []
      : [condition(TYPE, "True", "UpdateStarted", Drift.describe(Drift.find(observation)))]
  }
  const endedPlan = plan ?? storedPlan
  if (!isInProgress || endedPlan === undefined) return []
  return endedPlan.phase === "Failed"
    ? [condition(TYPE, "False", "UpdateFailed", `plan ${endedPlan.id} failed: ${Plan.failure(endedPlan)}`)]
    : [condition(TYPE, "False", "UpdateComplete", `plan ${endedPlan.id} completed`)]
}

const condition = (
  type: string,
  status: Condition.ConditionUpdate["status"],
  reason: string,
  message: string
): Condition.ConditionUpdate => ({ type, status, reason, message })

const planOf = (status: Status): TaskPlan.TaskPlan | undefined => TaskPlan.decode(status.plan)
