/** Reads a stored plan, and every way it advances. Pure: a plan in, a plan out. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { timestamp } from "../model/Condition.ts"
import type { PlannedTask, TaskPlan, TaskState } from "../model/TaskPlan.ts"
import { failTo, type OnFailure, retry } from "./PlanBuilder.ts"
import { taskDelay } from "./Retry.ts"

/**
 * Where a task stands. A task that another controller stored as `Pending` with a submission time may already be with its
 * agent: it counts as submitted, so that the agent is polled before the task is ever submitted again (INV-8).
 */
export const stateOf = (task: PlannedTask): TaskState => {
  const attempt = task.retryCount ?? 0
  if (task.status === "Complete") return { _tag: "Complete" }
  if (task.status === "Failed") return { _tag: "Failed", attempt, message: task.error ?? "" }
  return task.status === "Running" || task.submittedAt !== undefined
    ? { _tag: "Submitted", attempt }
    : { _tag: "Pending", attempt, notBefore: task.retryAt }
}

/**
 * The task that is driven next: the first that is not complete. `None` means that every task is complete.
 *
 * **Example** (Reading the current task)
 *
 * ```ts
 * Option.map(Plan.current(taskPlan(["ensure-data-pvc", "mark-ready"])), (task) => task.type) // Option.some("ensure-data-pvc")
 * ```
 */
export const current = (plan: TaskPlan): Option.Option<PlannedTask> =>
  Option.fromUndefinedOr(plan.tasks.find((task) => task.status !== "Complete"))

/** The number of complete tasks. */
export const completedCount = ({ tasks }: TaskPlan): number =>
  tasks.filter(({ status }) => status === "Complete").length

/** What a failure of this plan does to its object. */
export const onFailure = (plan: TaskPlan): OnFailure =>
  plan.failedPhase === undefined || plan.failedPhase === "" ? retry : failTo(plan.failedPhase)

/** The phase of the object once the plan has ended; `None` while it is active, or when its end leaves the phase as it was. */
export const phaseAfter = (plan: TaskPlan): Option.Option<string> => {
  if (plan.phase === "Complete") return Option.fromUndefinedOr(plan.targetPhase)
  const effect = onFailure(plan)
  return plan.phase === "Failed" && effect._tag === "FailTo" ? Option.some(effect.phase) : Option.none()
}

/** Claims a task for submission. Only the pass whose write stores this claim may submit the task (INV-8). */
export const claimed = (plan: TaskPlan, task: PlannedTask, now: DateTime.Utc): TaskPlan =>
  replace(plan, task, { ...without(task, "retryAt"), status: "Pending", submittedAt: DateTime.formatIso(now) })

/** Completes a task, and the plan with its last task. */
export const completed = (plan: TaskPlan, task: PlannedTask): TaskPlan => {
  const next = replace(plan, task, { ...task, status: "Complete" })
  return Option.isNone(current(next)) ? { ...next, phase: "Complete" } : next
}

/** Records that an attempt failed: the task is retried after a back-off while it has retries left, else the plan fails. */
export const attemptFailed = (plan: TaskPlan, task: PlannedTask, message: string, now: DateTime.Utc): TaskPlan => {
  const retryCount = (task.retryCount ?? 0) + 1
  return retryCount > (task.maxRetries ?? 0)
    ? failed(plan, task, { reason: "TaskFailed", message }, now)
    : replace(plan, task, {
        ...without(task, "submittedAt", "error"),
        status: "Pending",
        retryCount,
        retryAt: timestamp(DateTime.addDuration(now, taskDelay(retryCount)))
      })
}

/**
 * Fails a task, and the plan with it.
 *
 * @param failure.reason CamelCase and stable; code and alerts match on it
 */
export const failed = (
  plan: TaskPlan,
  task: PlannedTask,
  failure: { readonly reason: string; readonly message: string },
  now: DateTime.Utc
): TaskPlan => ({
  ...replace(plan, task, { ...task, status: "Failed", error: failure.message }),
  phase: "Failed",
  failedAt: timestamp(now),
  failedTaskIndex: plan.tasks.indexOf(task),
  failedTaskDetail: {
    type: task.type,
    id: task.id,
    reason: failure.reason,
    error: failure.message,
    retryCount: task.retryCount ?? 0,
    maxRetries: task.maxRetries ?? 0
  }
})

/** `task config-apply: disk full`: why a plan failed, for people; `unknown` when the plan does not say. */
export const failure = ({ failedTaskDetail }: TaskPlan): string =>
  failedTaskDetail === undefined ? "unknown" : `task ${failedTaskDetail.type}: ${failedTaskDetail.error}`

const replace = (plan: TaskPlan, old: PlannedTask, task: PlannedTask): TaskPlan => ({
  ...plan,
  tasks: plan.tasks.map((each) => (each === old ? task : each))
})

const without = <Field extends "retryAt" | "submittedAt" | "error">(
  task: PlannedTask,
  ...fields: ReadonlyArray<Field>
): Omit<PlannedTask, Field> => {
  const copy = { ...task }
  for (const field of fields) delete copy[field]
  return copy
}
