/**
 * Whether another plan replaces the stored one. Pure.
 *
 * | stored plan | observed | result |
 * | --- | --- | --- |
 * | update | the template or the pod that it rolled out has outdated images | replaced by an update at once |
 * | mark-ready, restore | the images have drifted, and no `apply-statefulset` follows | replaced by an update |
 * | init | its pod or its bootstrap Job has outdated images | replaced, after the task in flight |
 * | init | the spec requires other tasks, and no task has written data | replaced, after the task in flight |
 * | init | the spec requires other tasks, and a task has written data | held; `PlanUpToDate` says why |
 * | init | the bootstrap Job was deleted before it completed | replaced, and the bootstrap runs again |
 * | init | the bootstrap Job completed before the plan awaits it | replaced, and the bootstrap is over |
 * | init | the sidecar of the bootstrap pod has restarted | replaced, and `mark-ready` is repeated |
 * | failed at a precondition | the precondition is no longer invalid | replaced by an init |
 *
 * A spec that cannot be planned replaces nothing: the plan is held, and `PlanUpToDate` names the field.
 *
 * A sidecar continues its task when the plan is replaced. A task in flight has to end first, because another plan
 * would submit the same work under another id.
 */
import { Reconciler, type TaskPlan } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as NodeSizing from "../resources/NodeSizing.ts"
import * as BootstrapState from "./BootstrapState.ts"
import * as Drift from "./Drift.ts"
import * as InitTasks from "./InitTasks.ts"
import { type Observation, owns } from "./Observation.ts"
import * as PlanSelection from "./PlanSelection.ts"
import * as PlanTemplates from "./PlanTemplates.ts"
import * as PlanVariant from "./PlanVariant.ts"
import * as Preconditions from "./Preconditions.ts"
import { hasCompleted, hasIncomplete, isCurrent } from "./TaskTemplates.ts"
import * as TaskTraits from "./TaskTraits.ts"

/** The decision on a stored plan that is active or failed. */
export const supersede = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const supersession = forObservation(observation, plan)
  if (supersession._tag !== "Replace") return supersession
  const desired = PlanSelection.desiredStatefulSet(observation)
  if (Result.isFailure(desired)) return Reconciler.hold(`${desired.failure.field}: ${desired.failure.message}`)
  const missing =
    observation.node.status.phase === "Running" ? undefined : PlanSelection.missingStateSyncers(observation)
  return missing === undefined ? supersession : Reconciler.hold(`the plan for the edited spec has to wait: ${missing}`)
}

/** The decision if the spec can be planned. */
const forObservation = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  if (plan.phase === "Failed") return forFailedPlan(observation, plan)
  if (observation.node.status.phase === "Running") return forRunningNode(observation, plan)
  return PlanVariant.isInit(plan) ? forInit(observation, plan) : Reconciler.keep
}

const OUTDATED_IMAGES = "the images that the plan rolled out are outdated"

const forRunningNode = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const reason = reasonForUpdate(observation, plan)
  if (reason === undefined) return Reconciler.keep
  const isSidecarReachable = PlanSelection.isSidecarReachable(observation)
  return Reconciler.replace(PlanTemplates.update(observation.node, reason, { isSidecarReachable }))
}

/**
 * Why an update has to replace the plan. `undefined` when nothing has drifted, and when the plan still has to apply the
 * StatefulSet, which follows the spec.
 */
const reasonForUpdate = (observation: Observation, plan: TaskPlan.TaskPlan): string | undefined => {
  if (PlanVariant.isUpdate(plan)) return Drift.hasOutdatedRollout(observation, plan) ? OUTDATED_IMAGES : undefined
  const drift = Drift.find(observation)
  return Drift.exists(drift) && !hasIncomplete(plan, "apply-statefulset") ? Drift.describe(drift) : undefined
}

const forInit = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession =>
  forEndedBootstrap(observation, plan) ??
  forEditedSpec(observation, plan) ??
  forRestartedSidecar(observation, plan) ??
  Reconciler.keep

/** The bootstrap Job is gone, or has completed before the plan awaits it. */
const forEndedBootstrap = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession | undefined => {
  if (!hasCompleted(plan, "deploy-bootstrap-job") || hasCompleted(plan, "await-bootstrap-complete")) return undefined
  const { _tag } = BootstrapState.of(observation)
  if (_tag === "Absent") {
    const reason = "the bootstrap Job was deleted before it completed"
    return Reconciler.replace(PlanTemplates.init(observation.node, reason, "InitRerunBootstrap"))
  }
  return _tag === "Complete" && !isCurrent(plan, "await-bootstrap-complete")
    ? Reconciler.replace(PlanTemplates.init(observation.node, "the bootstrap Job has completed", "InitAfterBootstrap"))
    : undefined
}

/** The spec requires other tasks or other images. */
const forEditedSpec = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession | undefined => {
  const { node } = observation
  const hasOtherTasks = !PlanVariant.initVariants(plan).some((variant) =>
    hasTasks(plan, InitTasks.tasks(node.spec, variant))
  )
  const isOther = hasOtherTasks || !isForConfigMode(plan, NodeSizing.configMode(node))
  const outdated = outdatedRollout(observation, plan)
  if (!isOther && outdated === undefined) return undefined
  const reason = isOther ? "the spec requires other tasks than the plan has" : OUTDATED_IMAGES
  const withData = TaskTraits.taskWithData(plan)
  if (isOther && withData !== undefined) {
    return Reconciler.hold(
      `${reason}, but task ${withData.type} has written data already; revert the edit or create another SeiNode`
    )
  }
  const inFlight = TaskTraits.taskInFlight(plan)
  if (inFlight !== undefined) {
    return Reconciler.holdForTask(`${reason}; the plan is replaced when task ${inFlight.type} has ended`)
  }
  return Reconciler.replace(PlanTemplates.init(node, reason, outdated ?? variantForExistingObjects(observation)))
}

/** The variant that replaces an outdated pod or bootstrap Job; `undefined` when neither is outdated. */
const outdatedRollout = (observation: Observation, plan: TaskPlan.TaskPlan): PlanVariant.InitVariant | undefined => {
  if (Drift.hasOutdatedRollout(observation, plan)) return "InitReplacePod"
  return Drift.hasOutdatedBootstrap(observation, plan) ? "InitRerunBootstrap" : undefined
}

/**
 * The variant for the objects that exist. Another controller may have applied the StatefulSet before its plan did;
 * the pod then has the template of the previous tasks.
 */
const variantForExistingObjects = (observation: Observation): PlanVariant.InitVariant => {
  if (owns(observation, observation.bootstrapJob)) return "InitRerunBootstrap"
  const hasBootstrap = InitTasks.dataSource(observation.node.spec) === "bootstrap"
  return owns(observation, observation.statefulSet) && !hasBootstrap ? "InitReplacePod" : "Init"
}

/**
 * The sidecar of the bootstrap pod is not ready although `mark-ready` has completed: it restarted before seid
 * started.
 */
const forRestartedSidecar = (
  { node, now, sidecar }: Observation,
  plan: TaskPlan.TaskPlan
): Reconciler.Supersession | undefined => {
  const last = node.status.sidecarMarkedReadyAt
  const isDue = last === undefined || !DateTime.isGreaterThan(PlanSelection.nextMarkReady(last), now)
  return isDue && sidecar?._tag === "NotReady" && isCurrent(plan, "await-bootstrap-complete")
    ? Reconciler.replace(
        PlanTemplates.init(node, "the sidecar of the bootstrap pod is not ready", "InitResumeBootstrap")
      )
    : undefined
}

/**
 * A precondition task changes nothing, so a plan that failed at one starts again as soon as the precondition allows.
 */
const forFailedPlan = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const type = plan.failedTaskDetail?.type ?? ""
  const isResolved = observation.node.status.phase === "Failed" && Preconditions.isResolved(observation, plan)
  return PlanVariant.isInit(plan) && isResolved
    ? Reconciler.replace(
        PlanTemplates.init(observation.node, `the precondition of task ${type} is no longer invalid`),
        "Initializing"
      )
    : Reconciler.keep
}

const hasTasks = ({ tasks }: TaskPlan.TaskPlan, types: ReadonlyArray<string>): boolean =>
  tasks.map(({ type }) => type).join() === types.join()

/** Two modes may require the same tasks and different configurations. */
const isForConfigMode = ({ tasks }: TaskPlan.TaskPlan, mode: string): boolean =>
  tasks.every(({ params, type }) => type !== "config-apply" || Object(params).mode === mode)
