/**
 * The condition `Degraded` of every kind: whether the plan has failed, and what follows.
 *
 * | status | reason | meaning |
 * | --- | --- | --- |
 * | `False` | `AsExpected` | nothing has failed |
 * | `True` | `PlanRetrying` | the plan failed and is built again; the message has attempt, cause and time |
 * | `True` | `PlanFailed` | the plan failed for good; the phase says so too |
 * | `True` | `WaitOverdue` | a wait has passed its deadline; it goes on |
 * | `True` | `PlanRefused` | the spec cannot be planned; the message names the field |
 */
import * as DateTime from "effect/DateTime"
import { type ConditionUpdate, find, timestamp } from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { TaskPlan } from "../model/TaskPlan.ts"
import type { Wait } from "../model/Wait.ts"
import * as Plan from "./Plan.ts"
import * as Retry from "./Retry.ts"

export const TYPE = "Degraded"

const condition = (status: "True" | "False", reason: string, message: string): ConditionUpdate => ({
  type: TYPE,
  status,
  reason,
  message
})

/** The condition while `plan` is stored. A plan that retries keeps the last failure until it completes. */
export const ofPlan = (plan: TaskPlan | undefined, status: JsonObject): ConditionUpdate => {
  if (plan?.phase === "Failed") {
    return Plan.onFailure(plan)._tag === "FailTo"
      ? condition("True", "PlanFailed", `${Plan.failure(plan)}; the failure is final and is not retried`)
      : condition(
          "True",
          "PlanRetrying",
          `attempt ${(plan.attempt ?? 0) + 1} failed: ${Plan.failure(plan)}; next attempt at ${timestamp(Retry.planDue(plan))}`
        )
  }
  const stored = find(status, TYPE)
  const isRetry = plan?.phase === "Active" && (plan.attempt ?? 0) > 0
  return isRetry && stored?.status === "True"
    ? condition("True", stored.reason, stored.message)
    : condition("False", "AsExpected", "no failure")
}

/** A wait has passed its deadline. */
export const overdue = ({ detail, for: message, since, until }: Wait): ConditionUpdate =>
  condition(
    "True",
    "WaitOverdue",
    `waiting since ${since}, expected to end by ${until}: ${message}${detail === undefined ? "" : `: ${detail}`}`
  )

/** The spec cannot be planned; only an edit can help. */
export const rejected = (message: string): ConditionUpdate => condition("True", "PlanRefused", message)

/** When a failed plan is attempted again. An edit since the failure ends the back-off at once. */
export const nextAttempt = (plan: TaskPlan, status: JsonObject, generation: number): DateTime.Utc => {
  const observedGeneration = find(status, TYPE)?.observedGeneration
  return observedGeneration !== undefined && observedGeneration < generation
    ? DateTime.makeUnsafe(0)
    : Retry.planDue(plan)
}
