/**
 * Reconciles one object, or all objects of a kind, until they converge, on the test's clock: a controller's work queue
 * with one worker. It begins with every object. A change enqueues the objects that the controller's watches map it to;
 * without watches, every object. When no object is due, the clock moves to the next one that is. A pass takes no time. An object that was reconciled many times at one time is delayed, so that a loop of
 * passes and events cannot keep the clock from moving.
 */
import { ObjectMeta, Requeue, Retry, type Watches } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { InMemoryKubernetes } from "../services/InMemoryKubernetes.ts"

/** The objects did not converge within the limits (INV-10). */
export class NotConverged extends Data.TaggedError("NotConverged")<{
  readonly passes: number
  readonly millis: number
  readonly waitingFor: string
}> {
  override get message(): string {
    const { millis, passes, waitingFor } = this
    const last = waitingFor === "" ? "did not wait for anything" : `waited for "${waitingFor}"`
    return `INV-10: did not converge within ${passes} reconcile passes and ${millis} ms; the last pass ${last}`
  }
}

/** Everything else that runs in the cluster, one step at a time. */
export interface ClusterControllers {
  /** Does what is due now. Returns whether it changed anything, and when it is due next. */
  readonly step: (nowMillis: number) => { readonly changed: boolean; readonly nextDueMs: number | undefined }
}

/** The result of one reconcile pass. */
export interface PassResult {
  readonly requeue: Requeue.Requeue
  readonly wrote: boolean
}

/** Calls a listener with the keys that each change enqueues. Returns how to unsubscribe. */
export type Subscribe = (enqueue: (enqueued: ReadonlyArray<Watches.Enqueued>) => void) => () => void

export interface Options<R> {
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<PassResult, never, R>
  /** The object, or a function that lists the objects that exist now. */
  readonly key: ObjectMeta.ObjectKey | (() => ReadonlyArray<ObjectMeta.ObjectKey>)
  readonly clusterControllers?: ClusterControllers
  /**
   * The keys that changes enqueue, without the object whose reconcile wrote the change. Default: every change of the
   * server enqueues every object, except the one whose pass has written.
   */
  readonly subscribe?: Subscribe
  /** Default: 200. */
  readonly maxPasses?: number
  /** Simulated time. Default: one hour. */
  readonly maxTime?: Duration.Input
  /** Stops when this holds, even if the objects have not converged. Evaluated after every pass. */
  readonly until?: Effect.Effect<boolean, never, R>
}

/** What it took to converge. */
export interface Converged {
  readonly passes: number
  readonly millis: number
}

/** Runs reconcile passes until no object is due any more. */
export const converge = <R>(options: Options<R>): Effect.Effect<Converged, NotConverged, R | InMemoryKubernetes> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { clusterControllers, maxPasses = 200, reconcile, until } = options
      const start = yield* Clock.currentTimeMillis
      const limit = start + Duration.toMillis(options.maxTime ?? "1 hour")
      const queue = new Queue(options.key)
      const changes = yield* changesSince(options.subscribe)
      queue.enqueueAll(start)
      let passes = 0
      while (true) {
        const now = yield* Clock.currentTimeMillis
        const notConverged = () => new NotConverged({ passes, millis: now - start, waitingFor: queue.waitingFor })
        const stepped = clusterControllers?.step(now) ?? { changed: false, nextDueMs: undefined }
        changes.flush(queue, now)
        const key = queue.due(now)
        if (key !== undefined) {
          if (passes >= maxPasses) return yield* notConverged()
          const result = yield* reconcile(key)
          queue.requeue(key, result, now)
          passes += 1
          changes.flush(queue, now, result.wrote ? key : undefined)
          if (until !== undefined && (yield* until)) return { passes, millis: now - start }
          continue
        }
        const next = Math.min(queue.nextDue, stepped.nextDueMs ?? Number.POSITIVE_INFINITY)
        if (next === Number.POSITIVE_INFINITY) return { passes, millis: now - start }
        if (next > limit) return yield* notConverged()
        yield* TestClock.setTime(Math.max(next, now + 1))
      }
    })
  )

/**
 * Collects what changes enqueue until it is flushed into the queue: a change during a pass enqueues its object once more
 * after the pass.
 */
const changesSince = (subscribe: Subscribe | undefined) =>
  Effect.gen(function* () {
    const { server } = yield* InMemoryKubernetes
    let enqueued: Array<Watches.Enqueued> = []
    let changed = false
    const onChange = () => {
      changed = true
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => subscribe?.((keys) => enqueued.push(...keys)) ?? server.subscribe(onChange)),
      (unsubscribe) => Effect.sync(unsubscribe)
    )
    return {
      flush: (queue: Queue, now: number, writer?: ObjectMeta.ObjectKey) => {
        if (changed) queue.enqueueAll(now, writer)
        queue.enqueue(enqueued, now)
        changed = false
        enqueued = []
      }
    }
  })

/** The queue's entry of one object. */
interface Entry {
  readonly key: ObjectMeta.ObjectKey
  /** When the object is due. */
  due: number
  /** Polls since the last change, for the back-off. */
  polls: number
  /** When the last pass ran, and how many passes ran at that time. */
  lastPass: number
  passes: number
}

/** After so many passes of an object at one time, a change enqueues it with a delay. */
const MAX_PASSES_AT_ONE_TIME = 20
const DELAY_MS = 5_000

/** A work queue with one entry per key: enqueueing a key that is in the queue changes only when it is due. */
class Queue {
  readonly #keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly #entries = new Map<string, Entry>()
  /** What the last pass waits for. */
  waitingFor = ""

  constructor(key: Options<never>["key"]) {
    this.#keys = typeof key === "function" ? key : () => [key]
  }

  /** Makes every object due now, except one. */
  enqueueAll(now: number, except?: ObjectMeta.ObjectKey): void {
    const excluded = except === undefined ? undefined : ObjectMeta.keyText(except)
    for (const key of this.#keys()) if (ObjectMeta.keyText(key) !== excluded) this.#add(key, now)
  }

  /** Makes objects due, unless they do not exist or are not selected. A delay never makes an object due later. */
  enqueue(enqueued: ReadonlyArray<Watches.Enqueued>, now: number): void {
    if (enqueued.length === 0) return
    const existing = new Set(this.#keys().map(ObjectMeta.keyText))
    for (const { delay, key } of enqueued) {
      const text = ObjectMeta.keyText(key)
      if (!existing.has(text)) continue
      const entry = this.#entries.get(text)
      if (delay === 0) this.#add(key, now)
      else if (entry === undefined)
        this.#entries.set(text, { key, due: now + delay, polls: 0, lastPass: now, passes: 0 })
      else entry.due = Math.min(entry.due, now + delay)
    }
  }

  #add(key: ObjectMeta.ObjectKey, now: number): void {
    const text = ObjectMeta.keyText(key)
    const { lastPass, passes } = this.#entries.get(text) ?? { lastPass: now, passes: 0 }
    const isDelayed = lastPass === now && passes >= MAX_PASSES_AT_ONE_TIME
    this.#entries.set(text, { key, due: isDelayed ? now + DELAY_MS : now, polls: 0, lastPass, passes })
  }

  /** The object that has been due for longest. */
  due(now: number): ObjectMeta.ObjectKey | undefined {
    const [first] = [...this.#entries.values()].sort((left, right) => left.due - right.due)
    return first !== undefined && first.due <= now ? first.key : undefined
  }

  /** When the next object is due; infinity if none is. */
  get nextDue(): number {
    return Math.min(...[...this.#entries.values()].map(({ due }) => due), Number.POSITIVE_INFINITY)
  }

  requeue(key: ObjectMeta.ObjectKey, { requeue, wrote }: PassResult, now: number): void {
    const entry = this.#entries.get(ObjectMeta.keyText(key))
    if (entry === undefined) return
    entry.passes = entry.lastPass === now ? entry.passes + 1 : 1
    entry.lastPass = now
    if (wrote) entry.polls = 0
    entry.due = now + delayOf(requeue, entry.polls)
    if (requeue._tag === "Poll") entry.polls += 1
    this.waitingFor = Requeue.describe(requeue)
  }
}

const delayOf = (requeue: Requeue.Requeue, polls: number): number => {
  switch (requeue._tag) {
    case "AwaitChange":
      return Number.POSITIVE_INFINITY
    case "Now":
      return 0
    case "After":
      return Duration.toMillis(requeue.delay)
    case "Poll":
      return Duration.toMillis(Retry.pollDelay(polls))
  }
}
