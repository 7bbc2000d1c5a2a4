/**
 * The condition `PlanUpToDate` of every kind: whether the plan was built for the current spec (INV-6).
 *
 * | status | reason | meaning |
 * | --- | --- | --- |
 * | `True` | `AsSpecified` | no edit of the spec waits for a plan to end |
 * | `True` | `Superseded` | the plan replaced one that was built for an earlier spec |
 * | `False` | `SupersessionHeld` | the plan goes on although the spec was edited; the message says why |
 */
import { type ConditionUpdate, find } from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { TaskPlan } from "../model/TaskPlan.ts"

export const TYPE = "PlanUpToDate"

/** The plan replaces another one. */
export const superseded = (plan: TaskPlan, reason: string): ConditionUpdate => ({
  type: TYPE,
  status: "True",
  reason: "Superseded",
  message: `plan ${plan.id} supersedes plan ${plan.supersedes}: ${reason}`
})

/** The plan goes on although the spec was edited. */
export const held = (reason: string): ConditionUpdate => ({
  type: TYPE,
  status: "False",
  reason: "SupersessionHeld",
  message: reason
})

/** No edit waits. The condition of a superseding plan stays until that plan is removed. */
export const current = (plan: TaskPlan | undefined, status: JsonObject): ReadonlyArray<ConditionUpdate> =>
  plan?.supersedes !== undefined && find(status, TYPE)?.reason === "Superseded"
    ? []
    : [{ type: TYPE, status: "True", reason: "AsSpecified", message: "no edit waits for the plan to end" }]
