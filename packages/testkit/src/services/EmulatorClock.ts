/** Drives the emulator by the `Clock` of Effect, so that `TestClock` controls its time. */
import type { Clock as Emulated } from "@portolan/cluster-emulator"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

/** A clock of the emulator over the current `Clock`. Its timers end with the scope. */
export const make: Effect.Effect<Emulated.Clock, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  return {
    now: () => clock.currentTimeMillisUnsafe(),
    after: (millis, run) => {
      const fiber = fork(Effect.andThen(Effect.sleep(millis), Effect.sync(run)))
      return () => fiber.interruptUnsafe()
    }
  }
})
