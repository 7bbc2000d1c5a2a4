/**
 * A plan as stored in `.status.plan`: an ordered list of tasks, and how far it got.
 *
 * Plans that are already in clusters fix this form. Fields of our own are optional, and other controllers ignore
 * them: `attempt`, `failedAt`, `supersedes` and `variant` of a plan, `retryAt` of a task, `reason` of a failure.
 * Unknown fields survive, because a stored plan is changed in place, never rebuilt from its decoded form (INV-13).
 */
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"
import { isJsonObject, type KubernetesObject } from "./ObjectMeta.ts"

export const PlanId = Schema.String.pipe(Schema.brand("PlanId"))
export type PlanId = typeof PlanId.Type

export const TaskId = Schema.String.pipe(Schema.brand("TaskId"))
export type TaskId = typeof TaskId.Type

export const PlannedTask = Schema.Struct({
  type: Schema.String,
  /** UUIDv5 of plan id, type and position. A retry keeps it. */
  id: TaskId,
  status: Schema.Literals(["Pending", "Running", "Complete", "Failed"]),
  params: Schema.optionalKey(Schema.Json),
  /** When the current attempt was claimed for submission; absent before that. Written with milliseconds. */
  submittedAt: Schema.optionalKey(Schema.String),
  error: Schema.optionalKey(Schema.String),
  /** Attempts after the first before a reported failure is final. Absent means 0. */
  maxRetries: Schema.optionalKey(Schema.Int),
  /** Retries used. Absent means 0. */
  retryCount: Schema.optionalKey(Schema.Int),
  /** Earliest time of the next attempt, after a failure that may be retried. */
  retryAt: Schema.optionalKey(Schema.String)
})
export type PlannedTask = typeof PlannedTask.Type

export const FailedTaskDetail = Schema.Struct({
  type: Schema.String,
  id: Schema.String,
  /** CamelCase and stable. Absent in failures that were stored before this field existed. */
  reason: Schema.optionalKey(Schema.String),
  /** For people. */
  error: Schema.String,
  retryCount: Schema.Int,
  maxRetries: Schema.Int
})

export const TaskPlan = Schema.Struct({
  id: PlanId,
  phase: Schema.Literals(["Active", "Complete", "Failed"]),
  tasks: Schema.Array(PlannedTask),
  /** Phase of the object once the plan is complete. */
  targetPhase: Schema.optionalKey(Schema.String),
  /** Phase of the object once the plan has failed; absent or empty means the phase stays and the plan is rebuilt. */
  failedPhase: Schema.optionalKey(Schema.String),
  failedTaskIndex: Schema.optionalKey(Schema.Int),
  failedTaskDetail: Schema.optionalKey(FailedTaskDetail),
  /** Number of plans for the same purpose that failed before this one. Absent means 0. */
  attempt: Schema.optionalKey(Schema.Int),
  /** When the plan failed. */
  failedAt: Schema.optionalKey(Schema.String),
  /** Id of the active plan that this one replaced (INV-6). */
  supersedes: Schema.optionalKey(PlanId),
  /** Which of the kind's plans this is, in CamelCase. Plans that were stored before this field existed lack it. */
  variant: Schema.optionalKey(Schema.String)
})
export type TaskPlan = typeof TaskPlan.Type

/** Where one task stands. Each state carries exactly the facts that are true in it. */
export type TaskState =
  /** Not submitted in this attempt; not to be submitted before `notBefore`, if that is set. */
  | { readonly _tag: "Pending"; readonly attempt: number; readonly notBefore: string | undefined }
  /** Claimed: the pass that wrote the claim may have submitted the task. */
  | { readonly _tag: "Submitted"; readonly attempt: number }
  | { readonly _tag: "Complete" }
  | { readonly _tag: "Failed"; readonly attempt: number; readonly message: string }

const isTaskPlan = Schema.is(TaskPlan)
/** A pass decodes the same plan several times. Plans are immutable, so the result is memoized by identity. */
const readable = memoize((plan: object): TaskPlan | null => (isTaskPlan(plan) ? plan : null))

/** The plan in a status; `undefined` when there is none or it does not decode. */
export const decode = (plan: Schema.Json | undefined): TaskPlan | undefined =>
  isJsonObject(plan) ? (readable(plan) ?? undefined) : undefined

/**
 * A plan that the API server has stored: the only form in which a plan can be executed (INV-1). The constructor is
 * private, so the only way to get one is to read it from an object.
 */
export class PersistedPlan {
  readonly plan: TaskPlan
  readonly of: KubernetesObject

  private constructor(plan: TaskPlan, of: KubernetesObject) {
    this.plan = plan
    this.of = of
  }

  /** `None` when the object has no plan; `Unreadable` when its plan does not decode. */
  static read(object: KubernetesObject): PersistedPlan | "None" | "Unreadable" {
    const status = object.status
    const plan = isJsonObject(status) ? status.plan : undefined
    if (plan === undefined || plan === null) return "None"
    const readable = decode(plan)
    return readable === undefined ? "Unreadable" : new PersistedPlan(readable, object)
  }
}
