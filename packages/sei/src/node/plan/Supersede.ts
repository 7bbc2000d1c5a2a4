/**
 * When an active plan gives way to another one, and when it must not; and when a node that failed begins again. Pure.
 *
 * | active | seen | then |
 * | --- | --- | --- |
 * | update | its template, or the pod it made, has images that are no longer wanted | replaced by an update, whatever it waits for |
 * | mark-ready, restore | another image is wanted, and no template is to come | replaced by an update |
 * | init | its pod or bootstrap pod has images that are no longer wanted | replaced, once no sidecar task is in flight |
 * | init | the spec asks for other steps, and no sidecar task has run | replaced |
 * | init | the spec asks for other steps, and data has been made | goes on; the object says so |
 * | init | the bootstrap Job is gone before it was seen to end | replaced, from the beginning |
 * | init | the bootstrap Job reached its height before anybody heard of it | replaced, by what follows a bootstrap |
 * | init | the sidecar of the bootstrap pod forgot that its node may start | replaced, by one that tells it again |
 * | failed at a gate | the gate would let it pass, or wait | begins again |
 *
 * A spec that cannot be planned replaces nothing: the plan goes on, and the object says which field is at fault, or what is
 * lacking.
 *
 * A sidecar goes on with its tasks when its pod is replaced, so a task in flight has to end before the same work is asked
 * for under another id.
 */
import { Plan, Reconciler, type TaskPlan } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as NodeSizing from "../resources/NodeSizing.ts"
import * as BootstrapState from "./BootstrapState.ts"
import * as Decide from "./Decide.ts"
import * as Drift from "./Drift.ts"
import * as Modes from "./Modes.ts"
import * as NodePlans from "./NodePlans.ts"
import { type Observation, owns } from "./Observation.ts"
import * as Gates from "./Preconditions.ts"
import * as TaskTemplates from "./TaskTemplates.ts"

export const supersede = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const verdict = wish(observation, plan)
  if (verdict._tag !== "Replace") return verdict
  const wanted = Decide.wantedOf(observation)
  if (Result.isFailure(wanted)) return Reconciler.hold(`${wanted.failure.field}: ${wanted.failure.message}`)
  const lacking = observation.node.status.phase === "Running" ? undefined : Decide.lackingOf(observation)
  return lacking === undefined ? verdict : Reconciler.hold(`the plan for the edited spec has to wait: ${lacking}`)
}

/** What would follow if the spec could be planned. */
const wish = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  if (plan.phase === "Failed") return ofFailed(observation, plan)
  if (observation.node.status.phase === "Running") return ofRunning(observation, plan)
  return isInit(plan) ? ofInit(observation, plan) : Reconciler.keep
}

const OTHER_IMAGE = "another image is wanted than the plan rolled out"

const ofRunning = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const why = otherRollout(observation, plan)
  return why === undefined
    ? Reconciler.keep
    : Reconciler.replace(NodePlans.update(observation.node, why, { sidecarAnswers: Decide.answers(observation) }))
}

/** Why another rollout is wanted than the one that a plan has made, or has none of. One that is to come follows the spec. */
const otherRollout = (observation: Observation, plan: TaskPlan.TaskPlan): string | undefined => {
  if (NodePlans.isUpdate(plan)) return Drift.outdates(observation, plan) ? OTHER_IMAGE : undefined
  const drift = Drift.find(observation)
  return Drift.exists(drift) && !TaskTemplates.isToCome(plan, "apply-statefulset") ? Drift.describe(drift) : undefined
}

const ofInit = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const { node } = observation
  if (TaskTemplates.isDone(plan, "deploy-bootstrap-job") && !TaskTemplates.isDone(plan, "await-bootstrap-complete")) {
    const { _tag } = BootstrapState.of(observation)
    if (_tag === "Absent") {
      return Reconciler.replace(NodePlans.init(node, "the bootstrap Job is gone before it was seen to end", "job"))
    }
    if (_tag === "Complete" && !isCurrent(plan, "await-bootstrap-complete")) {
      return Reconciler.replace(NodePlans.init(node, "the bootstrap Job has reached its height", "finishedJob"))
    }
  }
  const types = [Modes.init(node.spec), Modes.afterBootstrap(node.spec), Modes.fromMarkReady(node.spec)]
  const isOther = !types.some((each) => isSame(plan, each)) || !isForMode(plan, NodeSizing.configMode(node))
  const outdated = Drift.outdates(observation, plan)
    ? "pod"
    : Drift.outdatesBootstrap(observation, plan)
      ? "job"
      : undefined
  if (!isOther && outdated === undefined) {
    return hasForgotten(observation, plan)
      ? Reconciler.replace(NodePlans.init(node, FORGOTTEN, "untoldJob"))
      : Reconciler.keep
  }
  const why = isOther ? "the spec asks for other steps than the plan has" : OTHER_IMAGE
  const ran = TaskTemplates.dataMadeBy(plan)
  if (isOther && ran !== undefined) {
    return Reconciler.hold(`${why}, but ${ran.type} has made data for it already; undo the edit, or make another node`)
  }
  const flying = inFlight(plan)
  if (flying !== undefined) return Reconciler.holdForTask(`${why}; it follows once ${flying.type} has ended`)
  // Another controller may have made a pod before it was time; with other steps its template is another one too.
  const early =
    owns(observation, observation.statefulSet) && Modes.source(node.spec) !== "bootstrap" ? "pod" : "nothing"
  return Reconciler.replace(
    NodePlans.init(node, why, outdated ?? (owns(observation, observation.bootstrapJob) ? "job" : early))
  )
}

/** The task of an init that a sidecar works on. */
export const inFlight = (plan: TaskPlan.TaskPlan): TaskPlan.PlannedTask | undefined =>
  plan.tasks.find((task) => isSidecars(task) && Plan.stateOf(task)._tag === "Submitted")

const FORGOTTEN = "the sidecar of the bootstrap waits to be told that its node may start"

/** Whether the bootstrap pod's sidecar does not know what it was told a while ago: it restarted before seid looked. */
const hasForgotten = ({ node, now, sidecar }: Observation, plan: TaskPlan.TaskPlan): boolean => {
  const last = node.status.sidecarMarkedReadyAt
  const isDue = last === undefined || !DateTime.isGreaterThan(Decide.tellAgainAt(last), now)
  return isDue && sidecar?._tag === "NotReady" && isCurrent(plan, "await-bootstrap-complete")
}

/** A gate made nothing, so what failed at one begins again once the gate no longer says never. */
const ofFailed = (observation: Observation, plan: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const type = plan.failedTaskDetail?.type ?? ""
  return isInit(plan) && observation.node.status.phase === "Failed" && Gates.isResolved(observation, plan)
    ? Reconciler.replace(NodePlans.init(observation.node, `what ${type} found wrong has changed`), "Initializing")
    : Reconciler.keep
}

const isInit = ({ tasks }: TaskPlan.TaskPlan): boolean => tasks[0]?.type === "ensure-data-pvc"

/** Tasks that a leftover put into a plan do not count. */
const isSame = ({ tasks }: TaskPlan.TaskPlan, types: ReadonlyArray<string>): boolean => {
  const planned = tasks.map(({ type }) => type)
  const teardown = planned.indexOf("teardown-bootstrap")
  const isFirst = teardown < planned.indexOf("deploy-bootstrap-job") || !planned.includes("deploy-bootstrap-job")
  const isExtra = (type: string, index: number) => type === "replace-pod" || (index === teardown && isFirst)
  return planned.filter((type, index) => !isExtra(type, index)).join() === types.join()
}

/** Two modes may have the same steps; what a sidecar is to write for them differs. */
const isForMode = ({ tasks }: TaskPlan.TaskPlan, mode: string): boolean =>
  tasks.every(({ params, type }) => type !== "config-apply" || Object(params).mode === mode)

const isCurrent = (plan: TaskPlan.TaskPlan, type: string): boolean =>
  Option.exists(Plan.current(plan), (task) => task.type === type)

/** Whether a sidecar works on a task of an init. One of our own may be marked as begun too, by whoever began to wait in it. */
const isSidecars = ({ type }: TaskPlan.PlannedTask): boolean =>
  TaskTemplates.writesData(type) || type === "config-validate"
