/**
 * The condition by which every kind says whether its plan failed and what follows: another attempt, or nothing until
 * someone acts.
 *
 * | status | reason | means |
 * | --- | --- | --- |
 * | `False` | `AsExpected` | no failure is standing |
 * | `True` | `PlanRetrying` | the plan failed and is built again; the message has attempt, cause and time |
 * | `True` | `PlanFailed` | the plan failed for good; the phase says so too |
 * | `True` | `WaitOverdue` | a wait lasts longer than it should; it goes on |
 * | `True` | `PlanRefused` | the object cannot be planned as it is written; the message names the field |
 */
import * as DateTime from "effect/DateTime"
import { type ConditionUpdate, find, timestamp } from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { TaskPlan } from "../model/TaskPlan.ts"
import type { Wait } from "../model/Wait.ts"
import * as Plan from "./Plan.ts"
import * as Retry from "./Retry.ts"

export const TYPE = "Degraded"

const claim = (status: "True" | "False", reason: string, message: string): ConditionUpdate => ({
  type: TYPE,
  status,
  reason,
  message
})

/**
 * What the condition says while `plan` is stored. A plan that is a new attempt leaves the last failure standing until
 * it completes.
 */
export const ofPlan = (plan: TaskPlan | undefined, status: JsonObject): ConditionUpdate => {
  const standing = find(status, TYPE)
  if (plan?.phase === "Failed") {
    return Plan.onFailure(plan)._tag === "FailTo"
      ? claim("True", "PlanFailed", `${Plan.failure(plan)}; this is final, it is not tried again by itself`)
      : claim(
          "True",
          "PlanRetrying",
          `attempt ${(plan.attempt ?? 0) + 1} failed: ${Plan.failure(plan)}; the next one follows at ${timestamp(Retry.planDue(plan))}`
        )
  }
  const retrying = plan?.phase === "Active" && (plan.attempt ?? 0) > 0
  return retrying && standing?.status === "True"
    ? claim("True", standing.reason, standing.message)
    : claim("False", "AsExpected", "no failure is standing")
}

/** A wait lasts longer than it should. */
export const overdue = ({ detail, for: what, since, until }: Wait): ConditionUpdate =>
  claim(
    "True",
    "WaitOverdue",
    `waits for ${what} since ${since}, which should have been over by ${until}${detail === undefined ? "" : `: ${detail}`}`
  )

/** The object cannot be planned as it is written; only an edit can help. */
export const rejected = (message: string): ConditionUpdate => claim("True", "PlanRefused", message)

/** Time of the next attempt of a failed plan, unless the object was edited since: then it is now. */
export const nextAttempt = (plan: TaskPlan, status: JsonObject, generation: number): DateTime.Utc => {
  const observation = find(status, TYPE)?.observedGeneration
  return observation !== undefined && observation < generation ? DateTime.makeUnsafe(0) : Retry.planDue(plan)
}
