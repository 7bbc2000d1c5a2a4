/** What an object waits for, as stored in `.status.waiting` (INV-12). */
import * as Schema from "effect/Schema"
import type { JsonObject } from "./ObjectMeta.ts"

export const Wait = Schema.Struct({
  /**
   * CamelCase and stable: `TaskRunning`, `PodNotReady`. Code and alerts match on it, never on the texts below. Absent in
   * waits that were stored before this field existed.
   */
  reason: Schema.optionalKey(Schema.String),
  /** Type of the task that waits; absent when no task does. */
  task: Schema.optionalKey(Schema.String),
  /** The reason in words, for people. */
  for: Schema.String,
  /** The cause that was last observed, for people: an error message, a container's waiting reason. */
  detail: Schema.optionalKey(Schema.String),
  since: Schema.String,
  /** The deadline. After it the condition `Degraded` is `True` with reason `WaitOverdue`, and the wait goes on. */
  until: Schema.String
})
export type Wait = typeof Wait.Type

const isWait = Schema.is(Wait)

/** The wait in a status; `undefined` when there is none or it does not decode. */
export const find = ({ waiting }: JsonObject): Wait | undefined => (isWait(waiting) ? waiting : undefined)
