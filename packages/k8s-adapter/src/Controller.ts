/**
 * Turns for the objects of one kind: what changes in the cluster wakes a key, a key waits in a queue, a turn looks at
 * what is there. Nothing here knows what a turn does.
 */
import { ObjectCache, ObjectMeta } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as LiveCache from "./LiveCache.ts"
import { nameOf } from "./Shelf.ts"
import * as WorkQueue from "./WorkQueue.ts"

/** Which keys are to be looked at because of an object of another kind. */
export interface Watch extends LiveCache.Watched {
  /** Asked with the object as it is and as it was; it must not fail. */
  readonly wake: (object: ObjectMeta.KubernetesObject) => ReadonlyArray<ObjectMeta.ObjectKey>
}

/** How a turn ended. */
export interface Turn {
  readonly requeue: WorkQueue.Next
  /** It changed something; polls start from their shortest wait again. */
  readonly wrote: boolean
}

export interface Options<E, R> {
  /** The kind that turns are about. */
  readonly kind: ObjectMeta.ObjectKind
  readonly watches: ReadonlyArray<Watch>
  /** One turn of one key. The object may be gone. */
  readonly turn: (key: ObjectMeta.ObjectKey) => Effect.Effect<Turn, E, R>
  /** Turns at once: 64 unless told. */
  readonly concurrency?: number
  /** How long turns may go on when the scope closes: 10 s unless told. */
  readonly grace?: Duration.Input
}

export interface Controller {
  readonly kind: ObjectMeta.ObjectKind
  /** Looks at a key as soon as possible, for a reason that no watch tells. */
  readonly wake: (key: ObjectMeta.ObjectKey) => Effect.Effect<void>
  readonly census: Effect.Effect<WorkQueue.Census>
  /** Keys that are queued, running, polling or failing. */
  readonly pending: Effect.Effect<number>
}

/** What a cache must watch for some controllers. */
export const watched = (
  controllers: ReadonlyArray<Pick<Options<never, never>, "kind" | "watches">>
): ReadonlyArray<LiveCache.Watched> =>
  controllers.flatMap(({ kind, watches }) => [
    { kind },
    ...watches.map((watch) =>
      watch.labels === undefined ? { kind: watch.kind } : { kind: watch.kind, labels: watch.labels }
    )
  ])

/**
 * Starts a controller: waits until the cache has heard of every kind, then looks at every object of its own. Returns
 * when all of them are queued; runs until the scope closes.
 *
 * **Guarantees**
 *
 * - Every change that is news is followed by a turn of the keys it concerns. What a turn wrote
 *   is news for every object but its own, so that a settled object stays settled (INV-5).
 * - No two turns of one key at once.
 */
export const start = <E, R>(
  options: Options<E, R>
): Effect.Effect<Controller, never, R | LiveCache.LiveCache | ObjectCache.ObjectCache | Scope.Scope> =>
  Effect.gen(function* () {
    const { kind } = options
    const live = yield* LiveCache.LiveCache
    const cache = yield* ObjectCache.ObjectCache
    const queue = yield* WorkQueue.make({
      run: (text) =>
        Effect.map(options.turn(keyFrom(kind, text)), ({ requeue, wrote }) => ({ next: requeue, progressed: wrote })),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      ...(options.grace === undefined ? {} : { grace: options.grace })
    }).pipe(Effect.annotateLogs({ controller: kind.kind }))
    const wake = (key: ObjectMeta.ObjectKey) => queue.offer(nameOf({ metadata: key }))

    yield* live.ready
    yield* live.subscribe((news) => Effect.forEach(concerned(options, news), queue.offer, { discard: true }))
    const objects = yield* cache.list(kind)
    yield* Effect.forEach(objects, (object) => queue.offer(nameOf(object)), { discard: true })
    return { kind, wake, census: queue.census, pending: queue.pending }
  })

/** The keys that a change is news for, each once. */
const concerned = (
  options: Pick<Options<never, never>, "kind" | "watches">,
  news: LiveCache.News
): ReadonlySet<string> => {
  const keys = new Set<string>()
  if (isSame(options.kind, news.kind)) keys.add(nameOf(news.object))
  for (const watch of options.watches) {
    if (!isSame(watch.kind, news.kind)) continue
    for (const object of news.previous === undefined ? [news.object] : [news.object, news.previous]) {
      if (!ObjectMeta.selects(watch.labels ?? {}, object.metadata.labels)) continue
      for (const key of watch.wake(object)) keys.add(nameOf({ metadata: key }))
    }
  }
  if (news.by !== undefined && isSame(options.kind, news.by.kind)) keys.delete(nameOf({ metadata: news.by }))
  return keys
}

const isSame = (left: ObjectMeta.ObjectKind, right: ObjectMeta.ObjectKind): boolean =>
  left.apiVersion === right.apiVersion && left.plural === right.plural

const keyFrom = (kind: ObjectMeta.ObjectKind, text: string): ObjectMeta.ObjectKey => {
  const at = text.indexOf("/")
  return ObjectMeta.key(kind, text.slice(0, at), text.slice(at + 1))
}
