/**
 * An agent that runs tasks by id: a sidecar. Submitting an id that is running or completed changes nothing; submitting an
 * id that failed starts another run.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { JsonObject } from "../model/ObjectMeta.ts"

/** The base URL of an agent, without a trailing slash. */
export const AgentAddress = Schema.String.pipe(Schema.brand("AgentAddress"))
export type AgentAddress = typeof AgentAddress.Type

/** The agent rejected the request. The same request gets the same response. */
export class AgentRejected extends Schema.TaggedError<AgentRejected>()("AgentRejected", {
  /** HTTP status: 400, 401, 403, … */
  status: Schema.Int,
  message: Schema.String
}) {}

/** No usable response: connection refused, time-out, 5xx. A submission may have taken effect. */
export class AgentUnreachable extends Schema.TaggedError<AgentUnreachable>()("AgentUnreachable", {
  message: Schema.String
}) {}

export class AgentError extends Schema.TaggedError<AgentError>()("AgentError", {
  address: AgentAddress,
  reason: Schema.Union([AgentRejected, AgentUnreachable])
}) {
  override get message(): string {
    return this.reason.message
  }
}

/** One task, as it is submitted. `params` are in the agent's own names. */
export interface Submission {
  /** A UUID, the same for every attempt. */
  readonly id: string
  readonly type: string
  readonly params?: JsonObject
}

/** The state of a task at the agent. `run` counts from 1 and grows when a failed id is submitted again. */
export type AgentTask =
  | { readonly _tag: "Running"; readonly run: number }
  | { readonly _tag: "Completed"; readonly run: number }
  | { readonly _tag: "Failed"; readonly run: number; readonly error: string }

export class TaskAgent extends Context.Service<
  TaskAgent,
  {
    /** Submits a task; returns once the agent has stored it, not when the task has ended. */
    readonly submit: (address: AgentAddress, task: Submission) => Effect.Effect<void, AgentError>

    /** Reads the state of a task. `None` when the agent does not know the id. */
    readonly poll: (address: AgentAddress, id: string) => Effect.Effect<Option.Option<AgentTask>, AgentError>

    /** Whether the agent has received the ready signal. Fails when the agent does not report it. */
    readonly health: (address: AgentAddress) => Effect.Effect<"Ready" | "NotReady", AgentError>
  }
>()("@portolan/planner/services/TaskAgent") {}
