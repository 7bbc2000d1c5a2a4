/** What an active plan takes for made already, and is not there or can never start: it would wait for it for ever. Pure. */
import { Plan, type TaskPlan } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Drift from "./Drift.ts"
import * as Modes from "./Modes.ts"
import { at, type Observation, owns, podsOf } from "./Observation.ts"
import * as Gates from "./Preconditions.ts"
import * as Supersede from "./Supersede.ts"
import * as TaskTemplates from "./TaskTemplates.ts"

/**
 * The step that makes it again; the plan goes on after that. Nothing without an active plan, which is the stored intent, nor
 * while a step that makes the object is still to come, nor of a new node whose plan has no such step. A StatefulSet comes back
 * only if every Secret is as it should be.
 */
export const find = (observation: Observation): TaskTemplates.NodeTaskTemplate | undefined => {
  const { node, proxyConfig, service, statefulSet } = observation
  const { phase, plan } = node.status
  if (plan?.phase !== "Active") return undefined
  const isPlanned = (type: string) => phase === "Running" || plan.tasks.some((task) => task.type === type)
  const isAllowed = Modes.preconditions(node.spec).every((gate) => Gates.check(observation, gate)._tag === "Ready")
  const lost = (
    [
      ["apply-rbac-proxy-config", proxyConfig === undefined],
      ["apply-statefulset", statefulSet === undefined && isAllowed],
      ["apply-service", service === undefined && !TaskTemplates.isToCome(plan, "teardown-bootstrap")]
    ] as const
  ).find(([type, isGone]) => isGone && isPlanned(type) && !TaskTemplates.isToCome(plan, type))
  const type = lost?.[0] ?? stuck(observation, plan)
  return type === undefined ? undefined : TaskTemplates.taskTemplate(node)(type)
}

/**
 * A pod that never started, with images that are wanted no longer, whose sidecar the plan waits for: the task cannot end
 * before there is a pod again, and a plan with a task in flight cannot give way before it has ended. The template follows the
 * spec, then the pod the template.
 */
const stuck = (observation: Observation, plan: TaskPlan.TaskPlan): "apply-statefulset" | "replace-pod" | undefined => {
  if (
    !owns(observation, observation.statefulSet) ||
    !Option.exists(Plan.current(plan), ({ type }) => TaskTemplates.isSidecars(type))
  )
    return undefined
  if (!podsOf(observation, observation.statefulSet).every(({ status }) => at(status, "phase") === "Pending"))
    return undefined
  if (Drift.isTemplateOld(observation)) return Supersede.inFlight(plan) === undefined ? undefined : "apply-statefulset"
  return Drift.isPodOld(observation) ? "replace-pod" : undefined
}
