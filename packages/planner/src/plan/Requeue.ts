/** When a key is reconciled again, and why it is not done. */
import * as Duration from "effect/Duration"
import { OVERDUE_AFTER } from "./Retry.ts"

/** Why a key is not done. Two waits are the same wait when `reason` and `task` are equal; the texts may differ. */
export interface WaitFor {
  /** CamelCase and stable: `TaskRunning`, `PodNotReady`. */
  readonly reason: string
  /** Type of the task that waits; absent when no task does. */
  readonly task?: string
  /** The reason in words, for people: `pod node-0-0 is not ready`. */
  readonly message: string
  /** The cause that was last observed, for people; absent when there is none. */
  readonly detail?: string
}

export type Requeue =
  /** Nothing to do until a watch event enqueues the key. */
  | { readonly _tag: "AwaitChange" }
  /** At once: this pass made something true that the next one acts on. */
  | { readonly _tag: "Now" }
  /** At a known time. */
  | { readonly _tag: "After"; readonly delay: Duration.Duration; readonly wait: WaitFor }
  /** With back-off from 100 ms to 5 s, for things that cause no watch event. */
  | {
      readonly _tag: "Poll"
      readonly wait: WaitFor
      /** How long the wait may last before the object is `Degraded`. */
      readonly overdueAfter: Duration.Duration
    }

export const awaitChange: Requeue = { _tag: "AwaitChange" }
export const now: Requeue = { _tag: "Now" }
export const after = (delay: Duration.Duration, wait: WaitFor): Requeue => ({ _tag: "After", delay, wait })
export const poll = (wait: WaitFor, overdueAfter: Duration.Duration = OVERDUE_AFTER): Requeue => ({
  _tag: "Poll",
  wait,
  overdueAfter
})

/** What a requeue waits for; `undefined` when it waits for nothing in particular. */
export const waitOf = (requeue: Requeue): WaitFor | undefined =>
  requeue._tag === "After" || requeue._tag === "Poll" ? requeue.wait : undefined

/** `pod node-0-0 is not ready: ErrImagePull`: why a key is not done; empty when it waits for nothing in particular. */
export const describe = (requeue: Requeue): string => {
  const wait = waitOf(requeue)
  if (wait === undefined) return ""
  return wait.detail === undefined ? wait.message : `${wait.message}: ${wait.detail}`
}

/** `in 5s`, `with back-off`, `now`, or `on the next change`. */
export const when = (requeue: Requeue): string => {
  switch (requeue._tag) {
    case "AwaitChange":
      return "on the next change"
    case "Now":
      return "now"
    case "After":
      return `in ${Duration.format(requeue.delay)}`
    case "Poll":
      return "with back-off"
  }
}
