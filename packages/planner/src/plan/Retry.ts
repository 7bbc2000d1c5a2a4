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
export const planDue = (plan: TaskPlan): DateTime.Utc => {
  const failedAt = plan.failedAt === undefined ? Number.NaN : Date.parse(plan.failedAt)
  return Number.isNaN(failedAt)
    ? DateTime.makeUnsafe(0)
    : DateTime.addDuration(DateTime.makeUnsafe(failedAt), planDelay(plan.attempt ?? 0))
}

/** How long from `now` until `at`; zero when it is past or cannot be read. */
export const until = (now: DateTime.Utc, at: DateTime.Utc): Duration.Duration =>
  Duration.millis(Math.max(0, DateTime.toEpochMillis(at) - DateTime.toEpochMillis(now)))
