/**
 * The checkers' own reading of a status: its plan, conditions and wait, as the wire format defines them. It shares no code
 * with planner, because a checker must not ask the code that it checks what is right.
 */
import { ObjectMeta } from "@portolan/planner"
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"

type Json = ObjectMeta.JsonObject
const optional = Schema.optionalKey

const Task = Schema.Struct({
  type: Schema.String,
  id: Schema.String,
  status: Schema.Literals(["Pending", "Running", "Complete", "Failed"]),
  params: optional(Schema.Json),
  submittedAt: optional(Schema.String),
  error: optional(Schema.String),
  maxRetries: optional(Schema.Int),
  retryCount: optional(Schema.Int),
  retryAt: optional(Schema.String)
})
export type Task = typeof Task.Type

const Plan = Schema.Struct({
  id: Schema.String,
  phase: Schema.Literals(["Active", "Complete", "Failed"]),
  tasks: Schema.Array(Task),
  targetPhase: optional(Schema.String),
  failedPhase: optional(Schema.String),
  failedTaskIndex: optional(Schema.Int),
  failedTaskDetail: optional(Schema.Json),
  attempt: optional(Schema.Int),
  failedAt: optional(Schema.String),
  supersedes: optional(Schema.String),
  variant: optional(Schema.String)
})
export type Plan = typeof Plan.Type

const Condition = Schema.Struct({
  type: Schema.String,
  status: Schema.Literals(["True", "False", "Unknown"]),
  reason: Schema.String,
  message: Schema.String,
  lastTransitionTime: Schema.String,
  observedGeneration: optional(Schema.Int)
})
export type Condition = typeof Condition.Type

const Wait = Schema.Struct({
  reason: optional(Schema.String),
  task: optional(Schema.String),
  for: Schema.String,
  since: Schema.String,
  until: Schema.String
})
export type Wait = typeof Wait.Type

/** The fields that a controller may change in a plan, a task and a condition. All others belong to somebody else. */
export const KNOWN_FIELDS = {
  plan: new Set(Object.keys(Plan.fields)),
  task: new Set(Object.keys(Task.fields)),
  condition: new Set(Object.keys(Condition.fields))
} as const

const isPlan = Schema.is(Plan)
const isCondition = Schema.is(Condition)
const isWait = Schema.is(Wait)

/** Every checker reads the same plans, which are immutable, so the result is memoized by identity. */
const asPlan = memoize((plan: object): Plan | null => (isPlan(plan) ? plan : null))
const asConditions = memoize((list: ReadonlyArray<unknown>): ReadonlyArray<Condition> => list.filter(isCondition))

/** The status of an object; empty when it has none. */
export const statusOf = (object: ObjectMeta.KubernetesObject | undefined): Json =>
  object === undefined ? {} : ObjectMeta.statusOf(object)

/** The value as a plan; `undefined` when it is none. */
export const planFrom = (value: unknown): Plan | undefined =>
  typeof value === "object" && value !== null ? (asPlan(value) ?? undefined) : undefined

export const planOf = (object: ObjectMeta.KubernetesObject | undefined): Plan | undefined =>
  planFrom(statusOf(object).plan)

export const taskOf = (object: ObjectMeta.KubernetesObject | undefined, id: string): Task | undefined =>
  planOf(object)?.tasks.find((task) => task.id === id)

export const conditionsOf = (object: ObjectMeta.KubernetesObject | undefined): ReadonlyArray<Condition> => {
  const { conditions } = statusOf(object)
  return Array.isArray(conditions) ? asConditions(conditions) : []
}

export const conditionOf = (object: ObjectMeta.KubernetesObject | undefined, type: string): Condition | undefined =>
  conditionsOf(object).find((condition) => condition.type === type)

export const waitOf = (object: ObjectMeta.KubernetesObject | undefined): Wait | undefined => {
  const { waiting } = statusOf(object)
  return isWait(waiting) ? waiting : undefined
}

/** A failed plan is final only if it names the phase that its failure leads to. Otherwise it is built again (INV-4). */
export const isRetried = (plan: Plan | undefined): plan is Plan =>
  plan?.phase === "Failed" && (plan.failedPhase ?? "") === ""

/** The task that the plan is at: the first one that is not complete. */
export const currentTask = ({ tasks }: Plan): Task | undefined => tasks.find(({ status }) => status !== "Complete")

/** Whether a task was claimed: its agent may have it. */
export const isClaimed = ({ status, submittedAt }: Task): boolean =>
  status === "Running" || (status === "Pending" && submittedAt !== undefined)

/** Milliseconds of a stored time; a time that does not parse is long past. */
export const millisOf = (time: string): number => {
  const millis = Date.parse(time)
  return Number.isNaN(millis) ? 0 : millis
}
