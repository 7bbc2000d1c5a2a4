/** Builds a plan for one object from a template. */
import type * as Schema from "effect/Schema"
import type { KubernetesObject } from "../model/ObjectMeta.ts"
import type { PlanId, TaskPlan } from "../model/TaskPlan.ts"
import { planId, taskId } from "./Identity.ts"

/** One task to plan. */
export interface TaskTemplate<Type extends string = string> {
  readonly type: Type
  readonly params?: Schema.Json
  /** Attempts after the first; 0 when absent. */
  readonly maxRetries?: number
}

/** What a failed plan does to its object. */
export type OnFailure =
  /** The phase stays; the plan is built again after a back-off (INV-4). */
  | { readonly _tag: "Retry" }
  /** Final: the object enters this phase and stays there until a user acts. */
  | { readonly _tag: "FailTo"; readonly phase: string }

/** A plan that is not bound to an object yet: its tasks, and what its end does to the object. */
export interface PlanTemplate<Type extends string = string> {
  /** The purpose of the plan: `init`, `update`, … Part of its identity. */
  readonly name: string
  /** Which of the kind's plans this is, in CamelCase. Stored as `variant` of the plan. */
  readonly variant?: string
  readonly tasks: ReadonlyArray<TaskTemplate<Type>>
  readonly targetPhase: string
  readonly onFailure: OnFailure
  /** Why the plan is needed, for people. */
  readonly reason: string
}

export const retry: OnFailure = { _tag: "Retry" }
export const failTo = (phase: string): OnFailure => ({ _tag: "FailTo", phase })

/**
 * The plan for an object at the version that was read. The same object and template give the same plan (INV-14).
 *
 * @param history.attempt number of plans for the same purpose that failed before
 * @param history.supersedes the active plan that this one replaces
 */
export const build = (
  object: KubernetesObject,
  template: PlanTemplate,
  { attempt = 0, supersedes }: { readonly attempt?: number; readonly supersedes?: PlanId | undefined } = {}
): TaskPlan => {
  const id = planId(object, template.name)
  return {
    id,
    phase: "Active",
    targetPhase: template.targetPhase,
    ...(template.onFailure._tag === "FailTo" ? { failedPhase: template.onFailure.phase } : {}),
    ...(attempt > 0 ? { attempt } : {}),
    ...(supersedes === undefined ? {} : { supersedes }),
    ...(template.variant === undefined ? {} : { variant: template.variant }),
    tasks: template.tasks.map(({ maxRetries, params, type }, index) => ({
      type,
      id: taskId(id, type, index),
      status: "Pending",
      ...(params === undefined ? {} : { params }),
      ...(maxRetries === undefined || maxRetries === 0 ? {} : { maxRetries })
    }))
  }
}
