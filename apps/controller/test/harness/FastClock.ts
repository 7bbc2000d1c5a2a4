/** A clock that runs faster than the system's, for processes that talk over HTTP and wait for back-offs. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Starts at the time of the system, and runs `speed` times as fast. */
export const make = (speed = 10): Effect.Effect<Clock.Clock> =>
  Effect.map(Clock.Clock, (system) => {
    const [startMs, startNanos] = [system.currentTimeMillisUnsafe(), system.monotonicTimeNanosUnsafe()]
    const elapsedNanos = () => (system.monotonicTimeNanosUnsafe() - startNanos) * BigInt(speed)
    const nanos = () => BigInt(startMs) * 1_000_000n + elapsedNanos()
    const millis = () => startMs + Math.floor(Number(elapsedNanos()) / 1_000_000)
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: elapsedNanos,
      monotonicTimeNanos: Effect.sync(elapsedNanos),
      sleep: (duration) => system.sleep(Duration.millis(Duration.toMillis(duration) / speed))
    }
  })
