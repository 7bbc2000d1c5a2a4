/** The smallest schedule that still fails, found by leaving things out. */
import * as Effect from "effect/Effect"
import type { Move, Schedule } from "./Schedule.ts"

/**
 * Leaves out moves, half of them at once and then fewer, then makes those that stay smaller, as long as `fails` holds. What
 * comes out still fails, and leaving out any one move of it would make it pass.
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
      for (const less of smaller(best[index])) {
        const candidate = best.with(index, less)
        if (yield* fails(candidate)) {
          best = candidate
          break
        }
      }
    }
    return best
  })

/** The same move with smaller numbers, the smallest first. */
const smaller = (move: Move | undefined): ReadonlyArray<Move> => {
  switch (move?.move) {
    case "passes":
      return upTo(1, move.count).map((count) => ({ ...move, count }))
    case "fault":
      return upTo(0, move.call).map((call) => ({ ...move, call }))
    case "pass":
      return [100, 1_000, 10_000, 60_000]
        .filter((millis) => millis < move.millis)
        .map((millis) => ({ ...move, millis }))
    case "evict":
      return upTo(0, move.pod).map((pod) => ({ ...move, pod }))
    default:
      return []
  }
}

const upTo = (from: number, limit: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, limit - from) }, (_, index) => from + index)
