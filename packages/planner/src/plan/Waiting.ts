/** Which wait an object shows, and whether it has lasted too long (INV-12). */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { timestamp } from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import { find, type Wait } from "../model/Wait.ts"
import type { Requeue } from "./Requeue.ts"
import { timeOf } from "./Retry.ts"

/** A wait that turns into another one is told at most this often, unless a write is due anyway. */
const GRACE = Duration.seconds(10)

/**
 * The status with the wait that a turn ends in, or without any. A wait keeps its times for as long as it is for the same
 * thing. One that ends at a known time never causes a write: what makes it end is stored anyway.
 *
 * @param isWriting the status will be written in any case, so that showing a wait costs nothing
 */
export const show = (
  before: JsonObject,
  status: JsonObject,
  requeue: Requeue,
  now: DateTime.Utc,
  isWriting: boolean
): JsonObject => {
  const { waiting: _, ...rest } = status
  if (requeue._tag !== "Poll" && requeue._tag !== "After") return rest
  const stored = find(before)
  const isShown = isWriting || stored?.for === requeue.waitingFor || requeue._tag === "Poll"
  return isShown ? { ...rest, waiting: { ...next(stored, requeue, now, isWriting) } } : rest
}

/** The stored wait, if the turn still waits for the same and it should have been over by now. */
export const overdue = (before: JsonObject, requeue: Requeue, now: DateTime.Utc): Wait | undefined => {
  const wait = find(before)
  const isSame = requeue._tag === "Poll" && wait?.for === requeue.waitingFor
  return isSame && DateTime.isGreaterThan(now, timeOf(wait.until)) ? wait : undefined
}

const next = (
  stored: Wait | undefined,
  requeue: Extract<Requeue, { readonly _tag: "Poll" | "After" }>,
  now: DateTime.Utc,
  isWriting: boolean
): Wait => {
  const { detail, waitingFor } = requeue
  const overdueAfter = requeue._tag === "Poll" ? requeue.overdueAfter : requeue.delay
  const notified = detail === "" ? {} : { detail }
  if (stored === undefined) return begun(waitingFor, notified, overdueAfter, now)
  const isRecent = DateTime.isLessThan(now, DateTime.addDuration(timeOf(stored.since), GRACE))
  if (isRecent && !isWriting) return stored
  if (stored.for !== waitingFor) return begun(waitingFor, notified, overdueAfter, now)
  return stored.detail === undefined ? { ...stored, ...notified } : stored
}

const begun = (
  waitingFor: string,
  notified: { readonly detail?: string },
  overdueAfter: Duration.Duration,
  now: DateTime.Utc
): Wait => ({
  for: waitingFor,
  ...notified,
  since: timestamp(now),
  until: timestamp(DateTime.addDuration(now, overdueAfter))
})
