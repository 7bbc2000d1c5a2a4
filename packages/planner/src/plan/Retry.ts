/** Bounds and back-off. Every wait of the planner has its numbers here. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { TaskPlan } from "../model/TaskPlan.ts"

/** Delay before retry n (from 1) of one task: 10 s, 20 s, then 30 s. */
export const taskDelay = (retry: number): Duration.Duration =>
  Duration.seconds(Math.min(5 * 2 ** Math.min(retry, 5), 30))

/** Delay before a failed plan is built again, after n failures before it: 5 s, 10 s, 20 s, … 5 min. */
export const planDelay = (attempt: number): Duration.Duration =>
  Duration.seconds(Math.min(5 * 2 ** Math.min(attempt, 6), 300))

/**
 * When a failed plan may be built again (INV-4). A plan that does not say when it failed, as another controller may have
 * left it, may be built again at once.
 */
export const planDue = ({ attempt = 0, failedAt }: TaskPlan): DateTime.Utc =>
  isTime(failedAt) ? DateTime.addDuration(timeOf(failedAt), planDelay(attempt)) : LONG_AGO

/** A stored time. One that cannot be read is long past, so that nobody waits for it. */
export const timeOf = (text: string): DateTime.Utc => (isTime(text) ? DateTime.makeUnsafe(Date.parse(text)) : LONG_AGO)

const LONG_AGO = DateTime.makeUnsafe(0)

const isTime = (text: string | undefined): text is string => text !== undefined && !Number.isNaN(Date.parse(text))

/** How long from `now` until `at`; zero when it is past or cannot be read. */
export const until = (now: DateTime.Utc, at: DateTime.Utc): Duration.Duration =>
  Duration.millis(Math.max(0, DateTime.toEpochMillis(at) - DateTime.toEpochMillis(now)))

/**
 * Delay before poll n (from 0) of something that sends no event: 100 ms, 200 ms, 400 ms, … 5 s. The work queue and
 * testkit's reconcile loop both use it.
 */
export const pollDelay = (polls: number): Duration.Duration =>
  Duration.millis(Math.min(100 * 2 ** Math.min(polls, 10), 5_000))

/** Delay before failed run n (from 0) of a reconcile is repeated: 100 ms, 200 ms, … 30 s. */
export const failureDelay = (failures: number): Duration.Duration =>
  Duration.millis(Math.min(100 * 2 ** Math.min(failures, 10), 30_000))
