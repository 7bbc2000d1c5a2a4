/**
 * A remote that runs tasks by id: a sidecar. Submitting an id it knows as running or completed changes nothing;
 * submitting one that failed starts another run of it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { JsonObject } from "../model/ObjectMeta.ts"

/** Where one agent listens: a base URL without a trailing slash. */
export const AgentAddress = Schema.String.pipe(Schema.brand("AgentAddress"))
export type AgentAddress = typeof AgentAddress.Type

/** The agent answered and said no; the same request gets the same answer. */
export class AgentRejected extends Schema.TaggedError<AgentRejected>()("AgentRejected", {
  /** HTTP status: 400, 401, 403, … */
  status: Schema.Int,
  message: Schema.String
}) {}

/** No usable answer: refused, time-out, 5xx. A submission may have landed. */
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

/** One task as it is handed over. `params` are in the agent's own names. */
export interface Submission {
  /** A UUID; it stays the same when an attempt is repeated. */
  readonly id: string
  readonly type: string
  readonly params?: JsonObject
}

/** How a task stands at the agent. `run` counts from 1 and grows when a failed id is submitted again. */
export type AgentTask =
  | { readonly _tag: "Running"; readonly run: number }
  | { readonly _tag: "Completed"; readonly run: number }
  | { readonly _tag: "Failed"; readonly run: number; readonly error: string }

export class TaskAgent extends Context.Service<
  TaskAgent,
  {
    /** Hands a task over; returns once the agent has stored it, not when it is done. */
    readonly submit: (address: AgentAddress, task: Submission) => Effect.Effect<void, AgentError>

    /** Only reads. `None` when the agent does not know the id. */
    readonly poll: (address: AgentAddress, id: string) => Effect.Effect<Option.Option<AgentTask>, AgentError>

    /** Whether the agent has been told that its node may start. An agent that cannot say so fails. */
    readonly health: (address: AgentAddress) => Effect.Effect<"Ready" | "NotReady", AgentError>
  }
>()("@portolan/planner/services/TaskAgent") {}
