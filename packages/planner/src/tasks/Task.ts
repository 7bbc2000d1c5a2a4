/**
 * What a task is: code that may run again without harm, performed by this process (local) or by an agent (remote).
 *
 * A local task acts and says at once how far it got. A remote task is described here and runs elsewhere: the executor
 * claims it, the pass submits it once, and later passes poll.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Condition from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { PlannedTask } from "../model/TaskPlan.ts"
import type { WaitFor } from "../plan/Requeue.ts"
import { AGENT_OVERDUE_AFTER, OVERDUE_AFTER } from "../plan/Retry.ts"
import type { KubernetesError } from "../services/KubernetesApi.ts"
import type { WritesStatus } from "../services/StatusWriter.ts"
import type { AgentAddress, AgentError } from "../services/TaskAgent.ts"

/**
 * The task cannot succeed as it is planned: it fails, and its plan with it. Never the result of a request to the API server
 * ({@link fromKubernetes}).
 */
export class TaskImpossible extends Schema.TaggedError<TaskImpossible>()("TaskImpossible", {
  /** CamelCase and stable; stored as `failedTaskDetail.reason`. */
  reason: Schema.String,
  /** For people. */
  message: Schema.String,
  /** Conditions to set with the failure. */
  conditions: Schema.optionalKey(Schema.Array(Condition.ConditionUpdate))
}) {}

/** No answer that counts. The task is performed again with back-off; nothing is recorded as failed. */
export class TaskDeferred extends Schema.TaggedError<TaskDeferred>()("TaskDeferred", {
  /** CamelCase and stable, as in {@link WaitFor}. */
  reason: Schema.String,
  /** For people: what the task waits for. */
  message: Schema.String,
  /** For people: the error that was observed. */
  detail: Schema.String
}) {}

/** How far a local task got. */
export type Progress =
  /** Complete. `statusPatch` is merged into the object's status: facts that only this task could find out. */
  | { readonly _tag: "Done"; readonly statusPatch: JsonObject; readonly conditions: Conditions }
  /** Something else has to happen first. */
  | { readonly _tag: "Waiting"; readonly wait: WaitFor; readonly conditions: Conditions }

/** Conditions that a task sets. */
type Conditions = ReadonlyArray<Condition.ConditionUpdate>

export const done: Progress = { _tag: "Done", statusPatch: {}, conditions: [] }
export const doneWith = (statusPatch: JsonObject, conditions: Conditions = []): Progress => ({
  _tag: "Done",
  statusPatch,
  conditions
})

/** The executor adds the type of the task to the wait. */
export const waiting = (wait: WaitFor, conditions: Conditions = []): Progress => ({ _tag: "Waiting", wait, conditions })

/** What an agent is asked to do, in the agent's own names. */
export interface AgentTaskSpec {
  readonly type: string
  readonly params?: JsonObject
}

/** Performed by this process. `perform` may run again after a crash, so a second run must be harmless. */
export interface LocalTask<Observation, R> {
  readonly _tag: "Local"
  /** How long it may wait before the object is `Degraded`. */
  readonly overdueAfter: Duration.Duration
  readonly perform: (
    observation: Observation,
    task: PlannedTask
  ) => Effect.Effect<Progress, TaskImpossible | TaskDeferred, R>
}

/** Performed by the agent at `address`. */
export interface RemoteTask<Observation> {
  readonly _tag: "Remote"
  /** What users call the agent, in CamelCase; the wait for an unreachable one is `<agent>Unreachable`. */
  readonly agent: string
  /** How long it may run, or its agent be unreachable, before the object is `Degraded`. */
  readonly overdueAfter: Duration.Duration
  readonly address: (observation: Observation) => AgentAddress
  /** Why an agent that is unreachable will stay so; `undefined` while it may come back. */
  readonly unreachableForever: (observation: Observation) => string | undefined
  readonly submission: (task: PlannedTask) => Effect.Effect<AgentTaskSpec, TaskImpossible>
  /**
   * `Reported`: complete when the agent says so. `Accepted`: a signal, complete once the agent has stored it; its effect
   * is observed in other ways.
   */
  readonly completes: "Reported" | "Accepted"
}

export type Task<Observation, R> = LocalTask<Observation, R> | RemoteTask<Observation>

/** Compiles only for requirements without a service that can write status, so that a task cannot write status (INV-2). */
export type MayNotWriteStatus<R> = [Extract<R, WritesStatus>] extends [never]
  ? unknown
  : { readonly "INV-2: a task may not write status": never }

/** A local task. It is impossible when its stored parameters do not decode. */
export const local = <Params, Encoded, Observation, R>(
  definition: {
    readonly params: Schema.Codec<Params, Encoded>
    /** 10 minutes when absent. */
    readonly overdueAfter?: Duration.Duration
    readonly perform: (
      observation: Observation,
      params: Params
    ) => Effect.Effect<Progress, TaskImpossible | TaskDeferred, R>
  } & MayNotWriteStatus<R>
): LocalTask<Observation, R> => ({
  _tag: "Local",
  overdueAfter: definition.overdueAfter ?? OVERDUE_AFTER,
  perform: (observation, task) =>
    Effect.flatMap(decodeParams(definition.params, task), (params) => definition.perform(observation, params))
})

/** A remote task: how its stored parameters become the agent's. */
export const remote = <Params, Encoded, Observation>(definition: {
  /** `Agent` when absent. */
  readonly agent?: string
  readonly params: Schema.Codec<Params, Encoded>
  /** 1 hour when absent. */
  readonly overdueAfter?: Duration.Duration
  readonly address: (observation: Observation) => AgentAddress
  readonly unreachableForever?: (observation: Observation) => string | undefined
  readonly submission: (params: Params, task: PlannedTask) => AgentTaskSpec
  readonly completes?: "Reported" | "Accepted"
}): RemoteTask<Observation> => ({
  _tag: "Remote",
  agent: definition.agent ?? "Agent",
  overdueAfter: definition.overdueAfter ?? AGENT_OVERDUE_AFTER,
  address: definition.address,
  unreachableForever: definition.unreachableForever ?? (() => undefined),
  submission: (task) =>
    Effect.map(decodeParams(definition.params, task), (params) => definition.submission(params, task)),
  completes: definition.completes ?? "Reported"
})

/**
 * Every failed request defers the task: it is performed again with back-off until the request succeeds, an edit of the spec
 * supersedes the plan, or the object is deleted. A rejection is no exception, because its cause may end without an edit of
 * the object: a role, a quota, an admission webhook, a missing CRD or namespace. A task that made such a rejection final
 * would leave the object failed after the cause is gone (INV-10).
 *
 * The wait has the reason of the API server's response (`Forbidden`, `NotFound`, `Invalid`), or `Rejected` where that is not
 * a CamelCase word: an admission webhook may send any text.
 */
export const fromKubernetes = ({ message: detail, reason }: KubernetesError): TaskDeferred => {
  switch (reason._tag) {
    case "Conflict":
      return new TaskDeferred({ reason: "Conflict", message: "an object changed since it was read", detail })
    case "Unavailable":
      return new TaskDeferred({ reason: "ApiServerUnavailable", message: "the API server is unavailable", detail })
    case "Rejected":
      return new TaskDeferred({
        reason: CAMEL_CASE.test(reason.code) ? reason.code : "Rejected",
        message: PERMISSION.has(reason.status)
          ? "permission denied by the API server"
          : "the API server rejects the request",
        detail
      })
  }
}

const CAMEL_CASE = /^[A-Z][A-Za-z0-9]{0,63}$/u

/** Without credentials, or without the permission or the quota. */
const PERMISSION: ReadonlySet<number> = new Set([401, 403])

/** The same for a create: an object that appeared since the observation is judged by the next pass. */
export const fromKubernetesCreate = (error: KubernetesError): TaskDeferred =>
  error.reason._tag === "Rejected" && error.reason.code === "AlreadyExists"
    ? new TaskDeferred({ reason: "Conflict", message: "an object changed since it was read", detail: error.message })
    : fromKubernetes(error)

/**
 * An unreachable agent defers the task; a rejection by the agent makes it impossible.
 *
 * @param agent what users call the agent, in CamelCase
 */
export const fromAgent = ({ message, reason }: AgentError, agent = "Agent"): TaskImpossible | TaskDeferred =>
  reason._tag === "AgentRejected"
    ? new TaskImpossible({ reason: `${agent}Rejected`, message })
    : new TaskDeferred({
        reason: `${agent}Unreachable`,
        message: `the ${agent.toLowerCase()} is unreachable`,
        detail: message
      })

const decodeParams = <Params, Encoded>(
  schema: Schema.Codec<Params, Encoded>,
  task: PlannedTask
): Effect.Effect<Params, TaskImpossible> =>
  Schema.decodeUnknownEffect(schema)(task.params ?? {}).pipe(
    Effect.mapError(
      ({ message }) =>
        new TaskImpossible({ reason: "InvalidParameters", message: `stored parameters do not decode: ${message}` })
    )
  )
