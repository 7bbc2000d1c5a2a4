/**
 * A plan as it is stored in `.status.plan`: an ordered list of tasks and how far it got.
 *
 * The form is fixed by what is already in clusters. Optional fields of ours are harmless to others: `attempt`, `failedAt`,
 * `supersedes` and `variant` of a plan, `retryAt` of a task. Fields we do not know survive, because stored plans are never re-built
 * from their decoded form, only changed (INV-13).
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
  /** UUIDv5 of plan id, type and position; a retry keeps it. */
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
  /** How many plans for the same need failed before this one. Absent means 0. */
  attempt: Schema.optionalKey(Schema.Int),
  /** When the plan failed. */
  failedAt: Schema.optionalKey(Schema.String),
  /** Id of the active plan whose place it took (INV-6). */
  supersedes: Schema.optionalKey(PlanId),
  /** Which of its kind's plans this is, in CamelCase. Absent from plans that were stored before this field existed. */
  variant: Schema.optionalKey(Schema.String)
})
export type TaskPlan = typeof TaskPlan.Type

/** Where one task stands. Each state carries exactly the facts that are true in it. */
export type TaskState =
  /** Not handed over in this attempt; not before `notBefore` if that is set. */
  | { readonly _tag: "Pending"; readonly attempt: number; readonly notBefore: string | undefined }
  /** Claimed: whoever wrote that may have submitted it. */
  | { readonly _tag: "Submitted"; readonly attempt: number }
  | { readonly _tag: "Complete" }
  | { readonly _tag: "Failed"; readonly attempt: number; readonly message: string }

const isTaskPlan = Schema.is(TaskPlan)
/** A turn asks this of the same plan several times; nobody changes a plan in place. */
const readable = memoize((plan: object): TaskPlan | null => (isTaskPlan(plan) ? plan : null))

/** The plan in a status, to look at; `undefined` when there is none or it is not in the stored form. */
export const decode = (plan: Schema.Json | undefined): TaskPlan | undefined =>
  isJsonObject(plan) ? (readable(plan) ?? undefined) : undefined

/**
 * A plan that a server has stored: the only form in which a plan can be executed (INV-1). There is no way to make
 * one but to read it from an object.
 */
export class PersistedPlan {
  readonly plan: TaskPlan
  readonly of: KubernetesObject

  private constructor(plan: TaskPlan, of: KubernetesObject) {
    this.plan = plan
    this.of = of
  }

  /** `None` when the object has no plan; `Unreadable` when it has one that is not in the stored form. */
  static read(object: KubernetesObject): PersistedPlan | "None" | "Unreadable" {
    const status = object.status
    const plan = isJsonObject(status) ? status.plan : undefined
    if (plan === undefined || plan === null) return "None"
    const readable = decode(plan)
    return readable === undefined ? "Unreadable" : new PersistedPlan(readable, object)
  }
}
