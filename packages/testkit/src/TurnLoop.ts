/**
 * Runs turns of one object until it has settled, on the test's clock: what a controller's queue does, without its
 * concurrency. Events wake; polls back off from 100 ms to 5 s; time moves to whatever is due next.
 */
import { type ObjectMeta, Requeue } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { InMemoryKubernetes } from "./InMemoryKubernetes.ts"

/** The object did not settle within the turns or the time that a test allows (INV-10). */
export class NotSettled extends Data.TaggedError("NotSettled")<{
  readonly turns: number
  readonly millis: number
  readonly waitingFor: string
}> {
  override get message(): string {
    return `INV-10: not settled after ${this.turns} turns and ${this.millis} ms; the last turn waits for ${this.waitingFor || "nothing"}`
  }
}

/** Everything else in the world, one step at a time. */
export interface Actors {
  /** Does what is due at a time; says what it changed and when it has something to do again. */
  readonly step: (nowMillis: number) => { readonly changed: boolean; readonly nextDueMs: number | undefined }
}

export interface Options<R> {
  readonly turn: (
    key: ObjectMeta.ObjectKey
  ) => Effect.Effect<{ readonly requeue: Requeue.Requeue; readonly wrote: boolean }, never, R>
  readonly key: ObjectMeta.ObjectKey
  readonly actors?: Actors
  /** 200 unless told. */
  readonly maxTurns?: number
  /** Simulated time: one hour unless told. */
  readonly maxTime?: Duration.Input
  /** Stops as soon as this holds, before the object has settled; looked at after every turn. */
  readonly until?: Effect.Effect<boolean, never, R>
}

/** What it took. */
export interface Settled {
  readonly turns: number
  readonly millis: number
}

/** Runs turns until nothing is due any more. */
export const settle = <R>(options: Options<R>): Effect.Effect<Settled, NotSettled, R | InMemoryKubernetes> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { actors, key, maxTurns = 200, turn, until } = options
      const { server } = yield* InMemoryKubernetes
      const heard = { news: false }
      const hear = () => {
        heard.news = true
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => server.subscribe(hear)),
        (stop) => Effect.sync(stop)
      )
      const start = yield* Clock.currentTimeMillis
      const limit = start + Duration.toMillis(options.maxTime ?? "1 hour")
      let due: number | undefined = start
      let [turns, polls, waitingFor] = [0, 0, ""]
      while (true) {
        const now = yield* Clock.currentTimeMillis
        heard.news = false
        const acted = actors?.step(now) ?? { changed: false, nextDueMs: undefined }
        if (acted.changed || heard.news) [due, polls] = [now, 0]
        if (due !== undefined && due <= now) {
          if (turns >= maxTurns) return yield* new NotSettled({ turns, millis: now - start, waitingFor })
          const { requeue, wrote } = yield* turn(key)
          turns += 1
          polls = wrote ? 0 : polls
          due = dueAfter(requeue, now, polls)
          if (requeue._tag === "Poll") polls += 1
          waitingFor = Requeue.reason(requeue)
          if (until !== undefined && (yield* until)) return { turns, millis: now - start }
          continue
        }
        const next = Math.min(due ?? Number.POSITIVE_INFINITY, acted.nextDueMs ?? Number.POSITIVE_INFINITY)
        if (next === Number.POSITIVE_INFINITY) return { turns, millis: now - start }
        if (next > limit) return yield* new NotSettled({ turns, millis: now - start, waitingFor })
        yield* TestClock.setTime(Math.max(next, now + 1))
      }
    })
  )

const dueAfter = (requeue: Requeue.Requeue, now: number, polls: number): number | undefined => {
  switch (requeue._tag) {
    case "Settled":
      return undefined
    case "Now":
      return now
    case "After":
      return now + Duration.toMillis(requeue.delay)
    case "Poll":
      return now + Math.min(100 * 2 ** Math.min(polls, 10), 5_000)
  }
}
