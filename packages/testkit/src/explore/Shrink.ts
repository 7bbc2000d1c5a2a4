/** Shrinks a failing schedule. */
import * as Effect from "effect/Effect"
import type { Action, Schedule } from "./Schedule.ts"

/**
 * Leaves out actions, first half of them at once and then fewer, then lowers the numbers of the others, as long as
 * `fails` returns true. The result still fails, and it would pass without any one of its actions.
 */
export const smallest = <E, R>(
  schedule: Schedule,
  fails: (schedule: Schedule) => Effect.Effect<boolean, E, R>
): Effect.Effect<Schedule, E, R> =>
  Effect.gen(function* () {
    let best = schedule
    let size = Math.ceil(best.length / 2)
    while (size >= 1) {
      let isShorter = false
      for (let from = 0; from < best.length; ) {
        const candidate = best.toSpliced(from, size)
        if (yield* fails(candidate)) {
          best = candidate
          isShorter = true
        } else from += size
      }
      if (size > 1) size = Math.floor(size / 2)
      else if (!isShorter) break
    }
    for (let index = 0; index < best.length; index++) {
      for (const simpler of simplerThan(best[index])) {
        const candidate = best.with(index, simpler)
        if (yield* fails(candidate)) {
          best = candidate
          break
        }
      }
    }
    return best
  })

/** The same action with lower numbers, the lowest first. */
const simplerThan = (action: Action | undefined): ReadonlyArray<Action> => {
  switch (action?.action) {
    case "reconcile":
      return range(1, action.passes).map((passes) => ({ ...action, passes }))
    case "fault":
      return range(0, action.call).map((call) => ({ ...action, call }))
    case "advance":
      return [100, 1_000, 10_000, 60_000]
        .filter((millis) => millis < action.millis)
        .map((millis) => ({ ...action, millis }))
    case "evict":
      return range(0, action.pod).map((pod) => ({ ...action, pod }))
    default:
      return []
  }
}

/** The integers from `from` up to, and not including, `end`. */
const range = (from: number, end: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index)
