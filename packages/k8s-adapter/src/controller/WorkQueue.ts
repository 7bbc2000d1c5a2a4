/**
 * A work queue of keys with delays and back-off, like client-go's `workqueue`: one entry per key, and at most one run
 * of a key at a time. An entry holds no event, only a due time: a run reads the current state and does not depend on
 * how it came about.
 */
import { Retry } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** When a key runs again, unless it is added earlier. Planner's `Requeue` is assignable to it. */
export type Requeue =
  /** Only when it is added. */
  | { readonly _tag: "AwaitChange" }
  | { readonly _tag: "Now" }
  | { readonly _tag: "After"; readonly delay: Duration.Duration }
  /** After `Retry.pollDelay`, which grows with every poll that made no progress. */
  | { readonly _tag: "Poll" }

/** The result of one run. */
export interface Outcome {
  readonly next: Requeue
  /** The run changed something, which resets the back-off. */
  readonly progressed: boolean
}

export interface Options<E, R> {
  readonly run: (key: string) => Effect.Effect<Outcome, E, R>
  /**
   * Most runs at once. Default: 512. The limit bounds the load on the API server after a start. It is high because a
   * waiting run is cheap, so that runs which wait for an agent that does not respond leave slots for other keys.
   */
  readonly concurrency?: number
  /** How long runs may continue after the scope closes. Default: 10 s. */
  readonly grace?: Duration.Input
}

/** Number of keys in each phase. */
export interface QueueStatistics {
  /** Due, and waiting for a free slot. */
  readonly queued: number
  readonly running: number
  /** Waiting for the next poll. */
  readonly polling: number
  /** Failed, and waiting for the next attempt. */
  readonly failing: number
  /** Waiting for a delay to pass, given by the last run or by `addAfter`. */
  readonly waiting: number
}

export interface WorkQueue {
  /** Runs the key as soon as possible, whatever it waits for. A key that is running runs once more afterwards. */
  readonly add: (key: string) => Effect.Effect<void>
  /** Runs the key after a delay. Of several delays the earliest counts, and `add` overrides all of them. */
  readonly addAfter: (key: string, delay: Duration.Input) => Effect.Effect<void>
  readonly statistics: Effect.Effect<QueueStatistics>
  /** Number of keys that are queued, running, polling or failing. With none, nothing runs before a delay has passed. */
  readonly pending: Effect.Effect<number>
}

/**
 * Makes a queue that runs until the scope closes. From then on no run starts; runs that have started may continue for
 * the grace period and are interrupted after it.
 *
 * **Guarantees**
 *
 * - One key never runs twice at the same time.
 * - After `add`, a run of the key starts, unless the scope closes.
 * - A run that fails or dies is logged and repeated after `Retry.failureDelay`: 100 ms, doubling up to 30 s.
 * - A run that returns `Now` without progress several times in a row is slowed down: from the second time on it is
 *   repeated after 20 ms, doubling up to 1 s.
 */
export const make = <E, R>(options: Options<E, R>): Effect.Effect<WorkQueue, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const permits = yield* Semaphore.make(options.concurrency ?? 512)
    const state: State = {
      entries: new Map(),
      closed: false,
      run: (key) => Effect.provideContext(options.run(key), context),
      fork: Effect.runForkWith(context),
      permits
    }
    yield* Effect.addFinalizer(() => close(state, options.grace ?? "10 seconds"))
    const statistics = Effect.sync(() => countPhases(state.entries.values()))
    return {
      add: (key) => Effect.suspend(() => enqueue(state, key, IMMEDIATELY)),
      addAfter: (key, delay) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => enqueue(state, key, now + Duration.toMillis(delay))),
      statistics,
      pending: Effect.map(statistics, ({ failing, polling, queued, running }) => queued + running + polling + failing)
    }
  })

const IMMEDIATELY = Number.NEGATIVE_INFINITY
const NEVER = Number.POSITIVE_INFINITY

interface Entry {
  phase: keyof QueueStatistics
  /** When to run, in milliseconds; {@link IMMEDIATELY} or {@link NEVER}. */
  due: number
  /** Ends the current sleep when `due` moves forward. */
  rescheduled: Deferred.Deferred<void>
  /** The key was added since its last run started. */
  readded: boolean
  /** How many of the last runs in a row ended in the same way without progress. It determines the back-off. */
  streak: { readonly end: RunEnd; readonly length: number }
  fiber: Fiber.Fiber<void> | undefined
}

type RunEnd = Requeue["_tag"] | "Failed"

interface State {
  readonly entries: Map<string, Entry>
  readonly run: (key: string) => Effect.Effect<Outcome, unknown>
  /** Starts the fiber of an entry with the context of the queue, not with that of the reconcile that added the key. */
  readonly fork: (worker: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly permits: Semaphore.Semaphore
  closed: boolean
}

const enqueue = (state: State, key: string, due: number): Effect.Effect<void> => {
  if (state.closed) return Effect.void
  const existing = state.entries.get(key)
  if (existing === undefined) {
    const entry: Entry = {
      phase: due === IMMEDIATELY ? "queued" : "waiting",
      due,
      rescheduled: Deferred.makeUnsafe(),
      readded: false,
      streak: { end: "AwaitChange", length: 0 },
      fiber: undefined
    }
    state.entries.set(key, entry)
    return Effect.sync(() => {
      entry.fiber = state.fork(runEntry(state, key, entry))
    })
  }
  if (due === IMMEDIATELY) existing.readded = true
  if (due < existing.due) {
    existing.due = due
    Deferred.doneUnsafe(existing.rescheduled, Exit.void)
  }
  return Effect.void
}

/** Runs a key whenever it is due, and removes its entry when it is not due any more. */
const runEntry = (state: State, key: string, entry: Entry): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (entry.due !== NEVER && !state.closed) {
      yield* sleepUntilDue(entry)
      entry.phase = "queued"
      yield* Effect.yieldNow
      const exit = yield* Semaphore.withPermit(state.permits, runOnce(state, key, entry))
      if (exit === undefined) break
      if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && state.closed) break
      if (Exit.isFailure(exit)) yield* Effect.logWarning("reconcile failed and will be retried", exit.cause)
      const now = yield* Clock.currentTimeMillis
      reschedule(entry, exit, now)
    }
    state.entries.delete(key)
  }).pipe(Effect.annotateLogs({ key }))

/** `undefined` when the queue was closed before the run started. */
const runOnce = (state: State, key: string, entry: Entry) =>
  Effect.suspend(() => {
    if (state.closed) return Effect.succeed(undefined)
    if (entry.readded && entry.streak.end !== "Failed") entry.streak = { end: "AwaitChange", length: 0 }
    entry.phase = "running"
    entry.due = NEVER
    entry.readded = false
    return Effect.exit(Effect.suspend(() => state.run(key)))
  })

/** A timer of JavaScript cannot be set for more than 24 days. */
const SLEEP_MAX_MS = 86_400_000

const sleepUntilDue = (entry: Entry): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (true) {
      const remaining = entry.due - (yield* Clock.currentTimeMillis)
      if (remaining <= 0) return
      entry.rescheduled = Deferred.makeUnsafe()
      yield* Effect.raceFirst(Effect.sleep(Math.min(remaining, SLEEP_MAX_MS)), Deferred.await(entry.rescheduled))
    }
  })

/** An `add` or `addAfter` during the run counts when it is due earlier. */
const reschedule = (entry: Entry, exit: Exit.Exit<Outcome, unknown>, now: number): void => {
  const { delay, phase } = Exit.isFailure(exit) ? afterFailure(entry) : afterSuccess(entry, exit.value)
  entry.due = Math.min(entry.due, now + delay)
  entry.phase = entry.due <= now ? "queued" : phase
}

interface NextRun {
  /** In milliseconds. */
  readonly delay: number
  readonly phase: keyof QueueStatistics
}

const afterFailure = (entry: Entry): NextRun => ({
  delay: Duration.toMillis(Retry.failureDelay(extendStreak(entry, "Failed"))),
  phase: "failing"
})

const afterSuccess = (entry: Entry, { next, progressed }: Outcome): NextRun => {
  const repeats = progressed ? 0 : extendStreak(entry, next._tag)
  if (progressed) entry.streak = { end: next._tag, length: 0 }
  switch (next._tag) {
    case "AwaitChange":
      return { delay: NEVER, phase: "waiting" }
    case "After":
      return { delay: Duration.toMillis(next.delay), phase: "waiting" }
    case "Now":
      return { delay: repeats === 0 ? 0 : Math.min(1000, 20 * 2 ** (repeats - 1)), phase: "queued" }
    case "Poll":
      return { delay: Duration.toMillis(Retry.pollDelay(repeats)), phase: "polling" }
  }
}

/** Counts a run that ended so. Returns how many runs before it, in a row, ended in the same way. */
const extendStreak = (entry: Entry, end: RunEnd): number => {
  const repeats = entry.streak.end === end ? entry.streak.length : 0
  entry.streak = { end, length: repeats + 1 }
  return repeats
}

/** Interrupts entries that wait, lets runs continue for the grace period, and interrupts them after it. */
const close = (state: State, grace: Duration.Input): Effect.Effect<void> =>
  Effect.gen(function* () {
    state.closed = true
    const entries = [...state.entries.values()]
    const fibers = (running: boolean) =>
      entries.flatMap(({ fiber, phase }) => (fiber !== undefined && (phase === "running") === running ? [fiber] : []))
    const running = fibers(true)
    yield* Fiber.interruptAll(fibers(false))
    yield* Effect.timeoutOption(Effect.interruptible(Fiber.awaitAll(running)), grace)
    yield* Fiber.interruptAll(running)
    state.entries.clear()
  })

const countPhases = (entries: Iterable<Entry>): QueueStatistics => {
  const statistics = { queued: 0, running: 0, polling: 0, failing: 0, waiting: 0 }
  for (const { phase } of entries) statistics[phase]++
  return statistics
}
