/**
 * The condition by which every kind says whether its plan was made for what the spec says now (INV-6).
 *
 * | status | reason | means |
 * | --- | --- | --- |
 * | `True` | `AsSpecified` | no edit of the spec waits for a plan to end |
 * | `True` | `Superseded` | the plan took the place of one that the spec had left behind |
 * | `False` | `SupersessionHeld` | the plan goes on although the spec was edited; the message says why |
 */
import { type ConditionUpdate, find } from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { TaskPlan } from "../model/TaskPlan.ts"

export const TYPE = "PlanUpToDate"

/** A plan took another one's place. */
export const superseded = (plan: TaskPlan, because: string): ConditionUpdate => ({
  type: TYPE,
  status: "True",
  reason: "Superseded",
  message: `plan ${plan.id} takes the place of plan ${plan.supersedes}: ${because}`
})

/** The plan goes on, for a reason. */
export const held = (why: string): ConditionUpdate => ({
  type: TYPE,
  status: "False",
  reason: "SupersessionHeld",
  message: why
})

/** Nothing is held. What a superseding plan says of itself stands until that plan is off the object. */
export const current = (plan: TaskPlan | undefined, status: JsonObject): ReadonlyArray<ConditionUpdate> =>
  plan?.supersedes !== undefined && find(status, TYPE)?.reason === "Superseded"
    ? []
    : [{ type: TYPE, status: "True", reason: "AsSpecified", message: "no edit of the spec waits" }]
