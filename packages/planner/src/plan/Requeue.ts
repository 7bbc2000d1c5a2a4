/** When a key is looked at again. */
import * as Duration from "effect/Duration"

export type Requeue =
  /** Nothing to do until something changes. */
  | { readonly _tag: "AwaitChange" }
  /** At once: this turn made something true that the next one acts on. */
  | { readonly _tag: "Now" }
  /** At a known time. */
  | {
      readonly _tag: "After"
      readonly delay: Duration.Duration
      readonly waitingFor: string
      /** Why it has to be waited for; empty for nothing. */
      readonly detail: string
    }
  /** Soon, and then less and less often, for things that send no event. */
  | {
      readonly _tag: "Poll"
      /** The same words as long as it is the same wait. */
      readonly waitingFor: string
      /** What was heard about it, which may differ every time; empty for nothing. */
      readonly detail: string
      /** How long it may take before people should know. */
      readonly overdueAfter: Duration.Duration
    }

/** How long a wait may take that nobody said anything about. */
export const OVERDUE_AFTER = Duration.minutes(10)

export const awaitChange: Requeue = { _tag: "AwaitChange" }
export const now: Requeue = { _tag: "Now" }
export const after = (delay: Duration.Duration, waitingFor: string, detail = ""): Requeue => ({
  _tag: "After",
  delay,
  waitingFor,
  detail
})
export const poll = (waitingFor: string, detail = "", overdueAfter: Duration.Duration = OVERDUE_AFTER): Requeue => ({
  _tag: "Poll",
  waitingFor,
  detail,
  overdueAfter
})

/** `its volume: no such class`: why a key is not done; empty when it is or is about to move. */
export const reason = (requeue: Requeue): string => {
  if (requeue._tag !== "After" && requeue._tag !== "Poll") return ""
  return requeue.detail === "" ? requeue.waitingFor : `${requeue.waitingFor}: ${requeue.detail}`
}

/** `in 5s`, `soon`, `now`, or `when something changes`. */
export const when = (requeue: Requeue): string => {
  switch (requeue._tag) {
    case "AwaitChange":
      return "when something changes"
    case "Now":
      return "now"
    case "After":
      return `in ${Duration.format(requeue.delay)}`
    case "Poll":
      return "soon"
  }
}
