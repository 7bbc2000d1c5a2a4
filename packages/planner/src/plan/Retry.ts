/** Every number about time: deadlines of waits, retries and back-off. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { PlannedTask, TaskPlan } from "../model/TaskPlan.ts"

/** How long a wait may last before the object is `Degraded`, unless its task says otherwise. */
export const OVERDUE_AFTER = Duration.minutes(10)

/** How long an agent may work on a task before the object is `Degraded`, unless the task says otherwise. */
export const AGENT_OVERDUE_AFTER = Duration.hours(1)

/** A wait that another one replaces within this time is not written by itself: short waits cost no status write. */
export const WAIT_GRACE = Duration.seconds(10)

/** `base`, doubled `times` times, at most `max`. */
const exponential = (base: Duration.Duration, times: number, max: Duration.Duration): Duration.Duration =>
  Duration.min(Duration.times(base, 2 ** Math.min(times, 20)), max)

/** Delay before retry n (from 1) of one task: 10 s, 20 s, then 30 s. */
export const taskDelay = (retry: number): Duration.Duration =>
  exponential(Duration.seconds(5), retry, Duration.seconds(30))

/** Delay before a claimed task that its agent does not know is claimed and submitted again. */
export const RECLAIM_DELAY = Duration.seconds(2)

/** Whether less than {@link RECLAIM_DELAY} has passed since the task was claimed. A claim in the future is not recent. */
export const isClaimRecent = ({ submittedAt }: Pick<PlannedTask, "submittedAt">, now: DateTime.Utc): boolean => {
  if (!isTime(submittedAt)) return false
  const age = DateTime.toEpochMillis(now) - Date.parse(submittedAt)
  return age >= 0 && age < Duration.toMillis(RECLAIM_DELAY)
}

/** Delay before a failed plan is built again, after n failures before it: 5 s, 10 s, 20 s, … 5 min. */
export const planDelay = (attempt: number): Duration.Duration =>
  exponential(Duration.seconds(5), attempt, Duration.minutes(5))

/**
 * Delay before poll n (from 0) of something that causes no watch event: 100 ms, 200 ms, 400 ms, … 5 s. The work queue
 * and testkit's reconcile loop both use it.
 */
export const pollDelay = (polls: number): Duration.Duration =>
  exponential(Duration.millis(100), polls, Duration.seconds(5))

/** Delay before a reconcile that failed n times (from 0) in a row is repeated: 100 ms, 200 ms, … 30 s. */
export const failureDelay = (failures: number): Duration.Duration =>
  exponential(Duration.millis(100), failures, Duration.seconds(30))

/**
 * When a failed plan may be built again (INV-4). A plan without `failedAt`, which another controller may have stored, may
 * be built again at once.
 */
export const planDue = ({ attempt = 0, failedAt }: TaskPlan): DateTime.Utc =>
  isTime(failedAt) ? DateTime.addDuration(timeOf(failedAt), planDelay(attempt)) : EPOCH

/** A stored time. One that does not parse is long past, so that nothing waits for it. */
export const timeOf = (text: string): DateTime.Utc => (isTime(text) ? DateTime.makeUnsafe(Date.parse(text)) : EPOCH)

const EPOCH = DateTime.makeUnsafe(0)

const isTime = (text: string | undefined): text is string => text !== undefined && !Number.isNaN(Date.parse(text))

/** How long from `now` until `at`; zero when it is past. */
export const until = (now: DateTime.Utc, at: DateTime.Utc): Duration.Duration =>
  Duration.millis(Math.max(0, DateTime.toEpochMillis(at) - DateTime.toEpochMillis(now)))
