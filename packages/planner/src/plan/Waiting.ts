/** Which wait an object shows, and whether it has lasted too long (INV-12). */
import * as DateTime from "effect/DateTime"
import { timestamp } from "../model/Condition.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import { find, type Wait } from "../model/Wait.ts"
import type { Requeue, WaitFor } from "./Requeue.ts"
import { timeOf, WAIT_GRACE } from "./Retry.ts"

/**
 * The status with the wait that a pass ends in, or without any. A wait keeps its times for as long as it is the same wait
 * ({@link isSame}); its texts are refreshed with the next write. A wait that ends at a known time never causes a write of
 * its own: its deadline follows from what is stored.
 *
 * @param isWriting the status is written in any case, so that showing a wait costs nothing
 */
export const show = (
  before: JsonObject,
  status: JsonObject,
  requeue: Requeue,
  now: DateTime.Utc,
  isWriting: boolean
): JsonObject => {
  const { waiting: _, ...others } = status
  if (requeue._tag !== "Poll" && requeue._tag !== "After") return others
  const stored = find(before)
  const isShown = isWriting || requeue._tag === "Poll" || (stored !== undefined && isSame(stored, requeue.wait))
  return isShown ? { ...others, waiting: { ...next(stored, requeue, now, isWriting) } } : others
}

/** The stored wait, if the pass ends in the same wait and its deadline has passed. */
export const overdue = (before: JsonObject, requeue: Requeue, now: DateTime.Utc): Wait | undefined => {
  const stored = find(before)
  const wait = requeue._tag === "Poll" ? requeue.wait : undefined
  if (stored === undefined || wait === undefined || !isSame(stored, wait)) return undefined
  return DateTime.isGreaterThan(now, timeOf(stored.until)) ? stored : undefined
}

/** Whether a stored wait is this one: by reason and task, or by its text where it was stored without a reason. */
const isSame = (stored: Wait, wait: WaitFor): boolean =>
  stored.reason === undefined ? stored.for === wait.message : stored.reason === wait.reason && stored.task === wait.task

const next = (
  stored: Wait | undefined,
  requeue: Extract<Requeue, { readonly _tag: "Poll" | "After" }>,
  now: DateTime.Utc,
  isWriting: boolean
): Wait => {
  const { wait } = requeue
  const deadline = DateTime.addDuration(now, requeue._tag === "Poll" ? requeue.overdueAfter : requeue.delay)
  const begun = (): Wait => ({ ...texts(wait), since: timestamp(now), until: timestamp(deadline) })
  if (stored === undefined) return begun()
  const isRecent = DateTime.isLessThan(now, DateTime.addDuration(timeOf(stored.since), WAIT_GRACE))
  if (isRecent && !isWriting) return stored
  if (!isSame(stored, wait)) return begun()
  if (isWriting) return { ...texts(wait), since: stored.since, until: stored.until }
  return stored.detail === undefined && wait.detail !== undefined ? { ...stored, detail: wait.detail } : stored
}

const texts = ({ detail, message, reason, task }: WaitFor): Omit<Wait, "since" | "until"> => ({
  reason,
  ...(task === undefined ? {} : { task }),
  for: message,
  ...(detail === undefined ? {} : { detail })
})
