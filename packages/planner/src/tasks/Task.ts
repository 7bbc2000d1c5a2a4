/**
 * What a task is: code that can be run again without harm, performed here (local) or by an agent (remote).
 *
 * A local task acts on the world and says at once how far it got. A remote task is described here and run elsewhere: the
 * executor claims it, submits it once and then asks.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Condition from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { PlannedTask } from "../model/TaskPlan.ts"
import { OVERDUE_AFTER } from "../plan/Requeue.ts"
import type { KubernetesError } from "../services/KubernetesApi.ts"
import type { StatusWriter } from "../services/StatusWriter.ts"
import type { AgentAddress, AgentError } from "../services/TaskAgent.ts"

/** Never works as asked. The task fails, and its plan with it; the claims are set as conditions. */
export class TaskImpossible extends Schema.TaggedError<TaskImpossible>()("TaskImpossible", {
  message: Schema.String,
  conditions: Schema.optionalKey(Schema.Array(Condition.ConditionUpdate))
}) {}

/** No answer that counts. Ask again; nothing is recorded as failed. */
export class TaskDeferred extends Schema.TaggedError<TaskDeferred>()("TaskDeferred", {
  /** In the same words every time. */
  waitingFor: Schema.String,
  message: Schema.String
}) {}

/** How far a local task got. */
export type Progress =
  /** It is done. `learned` is merged into the object's status: what only this task could find out. */
  | { readonly _tag: "Done"; readonly statusPatch: JsonObject; readonly conditions: Conditions }
  /** Something else has to happen first; asked again then. */
  | { readonly _tag: "Waiting"; readonly waitingFor: string; readonly detail: string; readonly conditions: Conditions }

/** Conditions that a task found out about. */
type Conditions = ReadonlyArray<Condition.ConditionUpdate>

export const done: Progress = { _tag: "Done", statusPatch: {}, conditions: [] }
export const doneWith = (statusPatch: JsonObject, conditions: Conditions = []): Progress => ({
  _tag: "Done",
  statusPatch,
  conditions
})

/** @param waitingFor the same words as long as it is the same wait; what differs from time to time is `detail` */
export const waiting = (waitingFor: string, detail = "", conditions: Conditions = []): Progress => ({
  _tag: "Waiting",
  waitingFor,
  detail,
  conditions
})

/** What is handed to an agent, in the agent's own names. */
export interface AgentTaskSpec {
  readonly type: string
  readonly params?: JsonObject
}

/** Performed by us. `perform` may be repeated after a crash, so it is written to be harmless the second time. */
export interface LocalTask<Observation, R> {
  readonly _tag: "Local"
  /** How long it may wait before people should know. */
  readonly overdueAfter: Duration.Duration
  readonly perform: (
    observation: Observation,
    task: PlannedTask
  ) => Effect.Effect<Progress, TaskImpossible | TaskDeferred, R>
}

/** Performed by the agent at `address`. */
export interface RemoteTask<Observation> {
  readonly _tag: "Remote"
  /** How long it may run, and its agent be silent, before people should know. */
  readonly overdueAfter: Duration.Duration
  readonly address: (observation: Observation) => AgentAddress
  /** Why an agent that does not answer never will; `undefined` while it may. */
  readonly unreachableForever: (observation: Observation) => string | undefined
  readonly submission: (task: PlannedTask) => Effect.Effect<AgentTaskSpec, TaskImpossible>
  /**
   * `Reported`: complete when the agent says so. `Accepted`: a signal, complete once the agent has it; its effect is
   * observed in other ways.
   */
  readonly completes: "Reported" | "Accepted"
}

export type Task<Observation, R> = LocalTask<Observation, R> | RemoteTask<Observation>

/**
 * Compiles only for requirements without the status writer: a second status write in a turn has no place to stand
 * (INV-2).
 */
export type MayNotWriteStatus<R> = [StatusWriter] extends [R]
  ? { readonly "INV-2: a task may not write status": never }
  : unknown

/** How long an agent may work on a task that nobody said anything about. */
const AGENT_OVERDUE_AFTER = Duration.hours(1)

/** A local task. Stored parameters that do not decode make it impossible. */
export const local = <Params, Encoded, Observation, R>(
  definition: {
    readonly params: Schema.Codec<Params, Encoded>
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
  readonly params: Schema.Codec<Params, Encoded>
  readonly overdueAfter?: Duration.Duration
  readonly address: (observation: Observation) => AgentAddress
  readonly unreachableForever?: (observation: Observation) => string | undefined
  readonly submission: (params: Params, task: PlannedTask) => AgentTaskSpec
  readonly completes?: "Reported" | "Accepted"
}): RemoteTask<Observation> => ({
  _tag: "Remote",
  overdueAfter: definition.overdueAfter ?? AGENT_OVERDUE_AFTER,
  address: definition.address,
  unreachableForever: definition.unreachableForever ?? (() => undefined),
  submission: (task) =>
    Effect.map(decodeParams(definition.params, task), (params) => definition.submission(params, task)),
  completes: definition.completes ?? "Reported"
})

/**
 * A rejection is final; a lost race or a silent server is worth asking again, and so is a request that is not allowed: a
 * right or a quota can be given without anybody touching the object.
 */
export const fromKubernetes = (error: KubernetesError): TaskImpossible | TaskDeferred => {
  const { reason } = error
  if (reason._tag !== "Rejected") {
    return new TaskDeferred({ waitingFor: "the API server to take a request", message: error.message })
  }
  return NOT_ALLOWED.has(reason.status)
    ? new TaskDeferred({ waitingFor: "leave to make a request", message: error.message })
    : new TaskImpossible({ message: error.message })
}

/** Without credentials, or without the right or the quota. */
const NOT_ALLOWED: ReadonlySet<number> = new Set([401, 403])

/** The same judgement of a create: an object that appeared since the last look is judged by the next one. */
export const fromKubernetesCreate = (error: KubernetesError): TaskImpossible | TaskDeferred =>
  error.reason._tag === "Rejected" && error.reason.code === "AlreadyExists"
    ? new TaskDeferred({ waitingFor: "another look at what exists", message: error.message })
    : fromKubernetes(error)

/** The same judgement for an agent. */
export const fromAgent = (error: AgentError): TaskImpossible | TaskDeferred =>
  error.reason._tag === "AgentRejected"
    ? new TaskImpossible({ message: error.message })
    : new TaskDeferred({ waitingFor: "its agent to answer", message: error.message })

const decodeParams = <Params, Encoded>(
  schema: Schema.Codec<Params, Encoded>,
  task: PlannedTask
): Effect.Effect<Params, TaskImpossible> =>
  Schema.decodeUnknownEffect(schema)(task.params ?? {}).pipe(
    Effect.mapError((error) => new TaskImpossible({ message: `parameters cannot be read: ${error.message}` }))
  )
