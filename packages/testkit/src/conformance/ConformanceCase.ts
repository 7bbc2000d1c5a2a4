/** One thing that a promise says, as it can be checked. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"

export interface ConformanceCase<R> {
  /** What is said. Unique within a suite. */
  readonly name: string
  /** Succeeds when it is so. It fails or dies when it is not. */
  readonly run: Effect.Effect<void, unknown, R>
}

/** Looks until there is something to see. Dies when nothing came in time. */
export const eventually = <A, E, R>(
  look: Effect.Effect<Option.Option<A>, E, R>,
  timeout: Duration.Input
): Effect.Effect<A, E, R> =>
  Effect.repeat(look, { until: (found) => Option.isSome(found), schedule: Schedule.spaced("5 millis") }).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(Option.none<A>()) }),
    Effect.flatMap((found) =>
      Option.isSome(found) ? Effect.succeed(found.value) : Effect.die(new Error("nothing came in time"))
    )
  )
