/**
 * Keys to be worked on: one entry for each, one worker at a time for each, and a due time. What happened to a key is
 * not queued, only that it should be looked at.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/** When a key is to be looked at again, if nobody wakes it. */
export type Next =
  | { readonly _tag: "AwaitChange" }
  | { readonly _tag: "Now" }
  | { readonly _tag: "After"; readonly delay: Duration.Duration }
  /** 100 ms, 200 ms, … 5 s: the longer nothing moves, the later. */
  | { readonly _tag: "Poll" }

export interface Outcome {
  readonly next: Next
  /** Something was done: polls start from 100 ms again. */
  readonly progressed: boolean
}

export interface Options<E, R> {
  readonly run: (key: string) => Effect.Effect<Outcome, E, R>
  /**
   * Keys that run at once: 512 unless told. A run that waits costs little, so this bounds what a start asks of the
   * server at once, not what agents that do not answer may hold up.
   */
  readonly concurrency?: number
  /** How long running keys may go on after the scope closes: 10 s unless told. */
  readonly grace?: Duration.Input
}

/** How many keys are in each state. */
export interface QueueStatistics {
  readonly queued: number
  readonly running: number
  /** Wait for their next poll. */
  readonly polling: number
  /** Failed, and wait for another try. */
  readonly failing: number
  /** Wait for a time that their last run gave. */
  readonly waiting: number
}

export interface WorkQueue {
  /** Something changed: the key runs as soon as it can, whatever it waits for; once more if it is running. */
  readonly add: (key: string) => Effect.Effect<void>
  /** The key runs after a delay, unless it runs earlier for another reason; the earliest of two delays wins. */
  readonly addAfter: (key: string, delay: Duration.Input) => Effect.Effect<void>
  readonly statistics: Effect.Effect<QueueStatistics>
  /** Keys that are queued, running, polling or failing. None: nothing will move by itself but those that wait. */
  readonly pending: Effect.Effect<number>
}

/**
 * A queue that lives as long as its scope. When that closes nothing new starts; what runs may end within the grace
 * period and is interrupted after it.
 *
 * **Guarantees**
 *
 * - No two runs of one key at once.
 * - An offer is followed by a run that starts after it, unless the scope closes.
 * - Failures and defects are logged and tried again after 100 ms to 30 s.
 * - `Now` without progress pauses from its second time on (20 ms to 1 s), so that nothing spins.
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
    const statistics = Effect.sync(() => countOf(state.entries.values()))
    return {
      add: (key) => Effect.suspend(() => enqueue(state, key, Number.NEGATIVE_INFINITY)),
      addAfter: (key, delay) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => enqueue(state, key, now + Duration.toMillis(delay))),
      statistics,
      pending: Effect.map(statistics, ({ failing, polling, queued, running }) => queued + running + polling + failing)
    }
  })

interface Entry {
  phase: keyof QueueStatistics
  /** When to run; minus infinity at once, plus infinity never. */
  due: number
  /** Ends the present sleep when `due` came nearer. */
  nearer: Deferred.Deferred<void>
  /** Offers that found nothing else to wait for. */
  readded: boolean
  /** How often in a row the last runs ended the same way without progress. */
  streak: { readonly end: Next["_tag"] | "Failed"; readonly length: number }
  fiber: Fiber.Fiber<void> | undefined
}

interface State {
  readonly entries: Map<string, Entry>
  readonly run: (key: string) => Effect.Effect<Outcome, unknown>
  /** Starts a worker that has nothing of the fiber which made the offer: that may be a turn of another key. */
  readonly fork: (worker: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly permits: Semaphore.Semaphore
  closed: boolean
}

const enqueue = (state: State, key: string, due: number): Effect.Effect<void> => {
  if (state.closed) return Effect.void
  const known = state.entries.get(key)
  if (known === undefined) {
    const entry: Entry = {
      phase: due === Number.NEGATIVE_INFINITY ? "queued" : "waiting",
      due,
      nearer: Deferred.makeUnsafe(),
      readded: false,
      streak: { end: "AwaitChange", length: 0 },
      fiber: undefined
    }
    state.entries.set(key, entry)
    return Effect.sync(() => {
      entry.fiber = state.fork(drive(state, key, entry))
    })
  }
  if (due === Number.NEGATIVE_INFINITY) known.readded = true
  if (due < known.due) {
    known.due = due
    Deferred.doneUnsafe(known.nearer, Exit.void)
  }
  return Effect.void
}

/** The life of one entry: wait until due, run, decide when next; ends when nothing is due. */
const drive = (state: State, key: string, entry: Entry): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (entry.due !== Number.POSITIVE_INFINITY && !state.closed) {
      yield* untilDue(entry)
      entry.phase = "queued"
      yield* Effect.yieldNow
      const exit = yield* Semaphore.withPermit(state.permits, once(state, key, entry))
      if (exit === undefined) break
      if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && state.closed) break
      if (Exit.isFailure(exit)) yield* Effect.logWarning("a run failed and will be repeated", exit.cause)
      const now = yield* Clock.currentTimeMillis
      reschedule(entry, exit, now)
    }
    state.entries.delete(key)
  }).pipe(Effect.annotateLogs({ key }))

const once = (state: State, key: string, entry: Entry) =>
  Effect.suspend(() => {
    if (state.closed) return Effect.succeed(undefined)
    if (entry.readded && entry.streak.end !== "Failed") entry.streak = { end: "AwaitChange", length: 0 }
    entry.phase = "running"
    entry.due = Number.POSITIVE_INFINITY
    entry.readded = false
    return Effect.exit(Effect.suspend(() => state.run(key)))
  })

/** A timer cannot be set for more than 24 days. */
const DAY_MS = 86_400_000

const untilDue = (entry: Entry): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (true) {
      const left = entry.due - (yield* Clock.currentTimeMillis)
      if (left <= 0) return
      entry.nearer = Deferred.makeUnsafe()
      yield* Effect.raceFirst(Effect.sleep(Math.min(left, DAY_MS)), Deferred.await(entry.nearer))
    }
  })

/** An offer that came meanwhile is due already and stays so. */
const reschedule = (entry: Entry, exit: Exit.Exit<Outcome, unknown>, now: number): void => {
  const { delay, phase } = Exit.isFailure(exit) ? failed(entry) : after(entry, exit.value)
  entry.due = Math.min(entry.due, now + delay)
  entry.phase = entry.due <= now ? "queued" : phase
}

interface Wait {
  readonly delay: number
  readonly phase: keyof QueueStatistics
}

const failed = (entry: Entry): Wait => ({
  delay: Math.min(30_000, 100 * 2 ** again(entry, "Failed")),
  phase: "failing"
})

const after = (entry: Entry, { next, progressed }: Outcome): Wait => {
  const before = progressed ? 0 : again(entry, next._tag)
  if (progressed) entry.streak = { end: next._tag, length: 0 }
  switch (next._tag) {
    case "AwaitChange":
      return { delay: Number.POSITIVE_INFINITY, phase: "waiting" }
    case "After":
      return { delay: Duration.toMillis(next.delay), phase: "waiting" }
    case "Now":
      return { delay: before === 0 ? 0 : Math.min(1000, 20 * 2 ** (before - 1)), phase: "queued" }
    case "Poll":
      return { delay: Math.min(5000, 100 * 2 ** before), phase: "polling" }
  }
}

/** How many runs before this one ended the same way. */
const again = (entry: Entry, end: Entry["streak"]["end"]): number => {
  const before = entry.streak.end === end ? entry.streak.length : 0
  entry.streak = { end, length: before + 1 }
  return before
}

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

const countOf = (entries: Iterable<Entry>): QueueStatistics => {
  const statistics = { queued: 0, running: 0, polling: 0, failing: 0, waiting: 0 }
  for (const { phase } of entries) statistics[phase]++
  return statistics
}
