/** Objects that an active plan has applied and that were deleted since. The plan would wait for them forever. Pure. */
import { Plan, type TaskPlan } from "@portolan/planner"
import * as Option from "effect/Option"
import { at } from "../../shared/Unstructured.ts"
import * as Drift from "./Drift.ts"
import * as InitTasks from "./InitTasks.ts"
import { type Observation, owns, podsOf } from "./Observation.ts"
import * as PlanVariant from "./PlanVariant.ts"
import * as Preconditions from "./Preconditions.ts"
import { hasIncomplete, type NodeTaskTemplate, type NodeTaskType, taskTemplate } from "./TaskTemplates.ts"
import * as TaskTraits from "./TaskTraits.ts"

/**
 * The task that repairs the plan's objects; the plan continues after it. There is nothing to repair without an active
 * plan, which is the stored intent, nor while a later task of the plan applies the object anyway, nor when an init
 * plan has no such task. A StatefulSet is applied again only if all preconditions on Secrets are met.
 */
export const repairTask = (observation: Observation): NodeTaskTemplate | undefined => {
  const { node, proxyConfig, service, statefulSet } = observation
  const { phase, plan } = node.status
  if (plan?.phase !== "Active") return undefined
  const isExpected = (type: NodeTaskType) =>
    !hasIncomplete(plan, type) && (phase === "Running" || plan.tasks.some((task) => task.type === type))
  const areSecretsReady = InitTasks.validations(node.spec).every(
    (type) => Preconditions.check(observation, type)._tag === "Ready"
  )
  const [missing] = (
    [
      ["apply-rbac-proxy-config", proxyConfig === undefined],
      ["apply-statefulset", statefulSet === undefined && areSecretsReady],
      ["apply-service", service === undefined && !hasIncomplete(plan, "teardown-bootstrap")]
    ] as const
  ).flatMap(([type, isMissing]) => (isMissing && isExpected(type) ? [type] : []))
  const type = missing ?? repairOfStuckPod(observation, plan)
  return type === undefined ? undefined : taskTemplate(node, type)
}

/**
 * The repair for a pod that never started, with outdated images, while the plan waits for its sidecar. The sidecar
 * task cannot end without a running pod, and an init plan with a task in flight is not replaced before that task has
 * ended. The template is applied first, then the pod is replaced.
 */
const repairOfStuckPod = (
  observation: Observation,
  plan: TaskPlan.TaskPlan
): "apply-statefulset" | "replace-pod" | undefined => {
  const { statefulSet } = observation
  const isRemote = Option.exists(Plan.current(plan), ({ type }) => TaskTraits.isRemote(type))
  if (!owns(observation, statefulSet) || !isRemote) return undefined
  const isPending = podsOf(observation, statefulSet).every(({ status }) => at(status, "phase") === "Pending")
  if (!isPending) return undefined
  if (Drift.isTemplateOutdated(observation)) {
    // Any other plan is replaced at once, and the new plan applies the template.
    const isHeld = PlanVariant.isInit(plan) && TaskTraits.taskInFlight(plan) !== undefined
    return isHeld ? "apply-statefulset" : undefined
  }
  return Drift.isPodOutdated(observation) ? "replace-pod" : undefined
}
