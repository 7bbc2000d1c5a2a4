/**
 * Runs turns of one object, or of all there are, until they have settled, on the test's clock: what a controller's queue
 * does, without its concurrency. Events wake; polls back off from 100 ms to 5 s; time moves to whatever is due next. A turn
 * takes no time, but an object that had many in one moment is not woken before the next, or a circle of turns and events
 * would keep from happening all that takes time.
 */
import { ObjectMeta, Requeue } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { InMemoryKubernetes } from "../services/InMemoryKubernetes.ts"

/** The object did not settle within the turns or the time that a test allows (INV-10). */
export class NotConverged extends Data.TaggedError("NotConverged")<{
  readonly passes: number
  readonly millis: number
  readonly waitingFor: string
}> {
  override get message(): string {
    return `INV-10: not settled after ${this.passes} turns and ${this.millis} ms; the last turn waits for ${this.waitingFor || "nothing"}`
  }
}

/** Everything else in the world, one step at a time. */
export interface ClusterControllers {
  /** Does what is due at a time; says what it changed and when it has something to do again. */
  readonly step: (nowMillis: number) => { readonly changed: boolean; readonly nextDueMs: number | undefined }
}

/** What a turn comes back with. */
export interface PassResult {
  readonly requeue: Requeue.Requeue
  readonly wrote: boolean
}

/** Listens to changes until it is told to stop. */
export type Subscribe = (onChange: () => void) => () => void

export interface Options<R> {
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<PassResult, never, R>
  /** The object, or those that there are now. */
  readonly key: ObjectMeta.ObjectKey | (() => ReadonlyArray<ObjectMeta.ObjectKey>)
  readonly clusterControllers?: ClusterControllers
  /** What wakes every object: any change of the server unless told. */
  readonly subscribe?: Subscribe
  /** 200 unless told. */
  readonly maxPasses?: number
  /** Simulated time: one hour unless told. */
  readonly maxTime?: Duration.Input
  /** Stops as soon as this holds, before the object has settled; looked at after every turn. */
  readonly until?: Effect.Effect<boolean, never, R>
}

/** What it took. */
export interface Converged {
  readonly passes: number
  readonly millis: number
}

/** Runs turns until nothing is due any more. */
export const converge = <R>(options: Options<R>): Effect.Effect<Converged, NotConverged, R | InMemoryKubernetes> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { clusterControllers: controllers, maxPasses = 200, reconcile, until } = options
      const { server } = yield* InMemoryKubernetes
      const received = { changes: false }
      const watchMappings = options.subscribe ?? ((receive) => server.subscribe(receive))
      yield* Effect.acquireRelease(
        Effect.sync(() => watchMappings(() => (received.changes = true))),
        (stop) => Effect.sync(stop)
      )
      const start = yield* Clock.currentTimeMillis
      const limit = start + Duration.toMillis(options.maxTime ?? "1 hour")
      const agenda = new Queue(options.key)
      agenda.enqueueAll(start)
      let passes = 0
      while (true) {
        const now = yield* Clock.currentTimeMillis
        const stuck = () => new NotConverged({ passes, millis: now - start, waitingFor: agenda.waitingFor })
        received.changes = false
        const acted = controllers?.step(now) ?? { changed: false, nextDueMs: undefined }
        if (acted.changed || received.changes) agenda.enqueueAll(now)
        const due = agenda.due(now)
        if (due !== undefined) {
          if (passes >= maxPasses) return yield* stuck()
          const turned = yield* reconcile(due)
          agenda.requeue(due, turned, now)
          passes += 1
          // A watch tells a process nothing new about its own write.
          if (received.changes) agenda.enqueueAll(now, turned.wrote ? due : undefined)
          if (until !== undefined && (yield* until)) return { passes, millis: now - start }
          continue
        }
        const next = Math.min(agenda.next, acted.nextDueMs ?? Number.POSITIVE_INFINITY)
        if (next === Number.POSITIVE_INFINITY) return { passes, millis: now - start }
        if (next > limit) return yield* stuck()
        yield* TestClock.setTime(Math.max(next, now + 1))
      }
    })
  )

/** When an object is due, how often it was polled since anything happened, and how many turns its last moment had. */
interface Entry {
  readonly key: ObjectMeta.ObjectKey
  due: number
  polls: number
  moment: number
  passes: number
}

/** After so many turns of an object in one moment, news waits for so long. */
const CROWD = 20
const CROWDED_MS = 5_000

/** When each object is due. */
class Queue {
  readonly #keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly #entries = new Map<string, Entry>()
  /** What the last turn waits for. */
  waitingFor = ""

  constructor(key: Options<never>["key"]) {
    this.#keys = typeof key === "function" ? key : () => [key]
  }

  /** Something happened: every object is due now, or all but one. */
  enqueueAll(now: number, except?: ObjectMeta.ObjectKey): void {
    const spared = except === undefined ? undefined : ObjectMeta.keyText(except)
    for (const key of this.#keys()) {
      const text = ObjectMeta.keyText(key)
      if (text === spared) continue
      const { moment, passes } = this.#entries.get(text) ?? { moment: now, passes: 0 }
      const isCrowded = moment === now && passes >= CROWD
      this.#entries.set(text, { key, due: isCrowded ? now + CROWDED_MS : now, polls: 0, moment, passes })
    }
  }

  /** An object that is due, those first that have been so for longest. */
  due(now: number): ObjectMeta.ObjectKey | undefined {
    const [first] = [...this.#entries.values()].sort((left, right) => left.due - right.due)
    return first !== undefined && first.due <= now ? first.key : undefined
  }

  /** When the next one is due; never is infinity. */
  get next(): number {
    return Math.min(...[...this.#entries.values()].map(({ due }) => due), Number.POSITIVE_INFINITY)
  }

  requeue(key: ObjectMeta.ObjectKey, { requeue, wrote }: PassResult, now: number): void {
    const entry = this.#entries.get(ObjectMeta.keyText(key))
    if (entry === undefined) return
    entry.passes = entry.moment === now ? entry.passes + 1 : 1
    entry.moment = now
    if (wrote) entry.polls = 0
    entry.due = dueAfter(requeue, now, entry.polls)
    if (requeue._tag === "Poll") entry.polls += 1
    this.waitingFor = Requeue.describe(requeue)
  }
}

const dueAfter = (requeue: Requeue.Requeue, now: number, polls: number): number => {
  switch (requeue._tag) {
    case "AwaitChange":
      return Number.POSITIVE_INFINITY
    case "Now":
      return now
    case "After":
      return now + Duration.toMillis(requeue.delay)
    case "Poll":
      return now + Math.min(100 * 2 ** Math.min(polls, 10), 5_000)
  }
}
