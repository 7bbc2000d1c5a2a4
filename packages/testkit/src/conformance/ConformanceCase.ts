/** One case of a conformance suite. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"

export interface ConformanceCase<R> {
  /** The behaviour that is required. Unique within a suite. */
  readonly name: string
  /** Succeeds if the implementation behaves so; fails or dies otherwise. */
  readonly run: Effect.Effect<void, unknown, R>
}

/** Reads repeatedly until there is a value. Dies on timeout. */
export const eventually = <A, E, R>(
  read: Effect.Effect<Option.Option<A>, E, R>,
  timeout: Duration.Input
): Effect.Effect<A, E, R> =>
  Effect.repeat(read, { until: (found) => Option.isSome(found), schedule: Schedule.spaced("5 millis") }).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(Option.none<A>()) }),
    Effect.flatMap((found) => (Option.isSome(found) ? Effect.succeed(found.value) : Effect.die(new Error("timed out"))))
  )
