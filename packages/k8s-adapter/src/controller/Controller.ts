/**
 * Turns for the objects of one kind: what changes in the cluster wakes a key, a key waits in a queue, a turn looks at
 * what is there. Nothing here knows what a turn does.
 */
import { ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as InformerCache from "../cache/InformerCache.ts"
import { isSame, nameOf } from "../cache/Store.ts"
import * as WorkQueue from "./WorkQueue.ts"

/** What became of an object, as a watch with its labels sees it. */
export interface Change {
  /** As it is now, or as it was last. */
  readonly object: ObjectMeta.KubernetesObject
  /** As it was known before; `undefined` when it was not, or was not selected. */
  readonly previous: ObjectMeta.KubernetesObject | undefined
  /** It is gone, or is not selected any more. */
  readonly deleted: boolean
}

/** Which keys are to be looked at because of an object of another kind, or of another object of the same. */
export interface Watch extends Pick<InformerCache.Watched, "kind" | "labels"> {
  /**
   * Asked with every change. `all` tells the controller's own objects, of one namespace or of all, as they are in the
   * cache; it costs nothing until it is called. It must not fail.
   */
  readonly map: (change: Change, all: ListAll) => ReadonlyArray<ObjectMeta.ObjectKey>
  /** How long to wait for more before the look, so that many changes become one. None unless told. */
  readonly delay?: Duration.Input
}

/** Objects of the controller's kind. */
export type ListAll = (namespace?: string) => ReadonlyArray<ObjectMeta.KubernetesObject>

/** How a turn ended. */
export interface Result {
  readonly requeue: WorkQueue.Next
  /** It changed something; polls start from their shortest wait again. */
  readonly wrote: boolean
}

export interface Options<E, R> {
  /** The kind that turns are about. */
  readonly kind: ObjectMeta.ObjectKind
  readonly watches: ReadonlyArray<Watch>
  /** Objects that turns look at by name: while one of the kind refers to it, each is watched, and wakes who refers. */
  readonly references?: InformerCache.References
  /** One turn of one key. The object may be gone. */
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<Result, E, R>
  /** Turns at once: 512 unless told. */
  readonly concurrency?: number
  /** How long turns may go on when the scope closes: 10 s unless told. */
  readonly grace?: Duration.Input
}

export interface Controller {
  readonly kind: ObjectMeta.ObjectKind
  /** Looks at a key as soon as possible, for a reason that no watch tells. */
  readonly enqueue: (key: ObjectMeta.ObjectKey) => Effect.Effect<void>
  readonly statistics: Effect.Effect<WorkQueue.QueueStatistics>
  /** Keys that are queued, running, polling or failing. */
  readonly pending: Effect.Effect<number>
}

/** What a cache must watch for some controllers. */
export const watched = (
  controllers: ReadonlyArray<Pick<Options<never, never>, "kind" | "watches" | "references">>
): ReadonlyArray<InformerCache.Watched> =>
  controllers.flatMap(({ kind, references, watches }) => [
    references === undefined ? { kind } : { kind, references: [references] },
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
): Effect.Effect<Controller, never, R | InformerCache.InformerCache | ObjectCache.ObjectCache | Scope.Scope> =>
  Effect.gen(function* () {
    const { kind } = options
    const live = yield* InformerCache.InformerCache
    const cache = yield* ObjectCache.ObjectCache
    const queue = yield* WorkQueue.make({
      run: (text) =>
        Effect.map(options.reconcile(keyFrom(kind, text)), ({ requeue, wrote }) => ({
          next: requeue,
          progressed: wrote
        })),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      ...(options.grace === undefined ? {} : { grace: options.grace })
    }).pipe(Effect.annotateLogs({ controller: kind.kind }))
    const enqueue = (key: ObjectMeta.ObjectKey) => queue.add(nameOf({ metadata: key }))

    yield* live.ready
    yield* live.subscribe((changes) =>
      Effect.forEach(
        keysFor(options, live, changes),
        ([key, delay]) => (delay === 0 ? queue.add(key) : queue.addAfter(key, delay)),
        { discard: true }
      )
    )
    const objects = yield* cache.list(kind)
    yield* Effect.forEach(objects, (object) => queue.add(nameOf(object)), { discard: true })
    return { kind, enqueue, statistics: queue.statistics, pending: queue.pending }
  })

/** The keys that a change is news for, each once, with how many milliseconds it may wait. */
const keysFor = (
  options: Pick<Options<never, never>, "kind" | "watches">,
  live: InformerCache.InformerCache["Service"],
  changes: InformerCache.StoreChange
): ReadonlyMap<string, number> => {
  const { kind, watches } = options
  const keys = new Map<string, number>()
  const add = (key: string, delay = 0) => keys.set(key, Math.min(delay, keys.get(key) ?? delay))
  if (isSame(kind, changes.kind)) add(nameOf(changes.object))
  for (const referrer of live.referrers(ObjectMeta.keyOf(changes.kind, changes.object))) {
    if (isSame(kind, referrer.kind)) add(nameOf({ metadata: referrer }))
  }
  const all: ListAll = (namespace) => live.known(kind, namespace === undefined ? {} : { namespace })
  for (const watch of watches) {
    const change = isSame(watch.kind, changes.kind) ? changeFor(watch, changes) : undefined
    if (change === undefined) continue
    for (const key of watch.map(change, all)) add(nameOf({ metadata: key }), Duration.toMillis(watch.delay ?? 0))
  }
  if (changes.by !== undefined && isSame(kind, changes.by.kind)) keys.delete(nameOf({ metadata: changes.by }))
  return keys
}

/** What a watch would be told of a change; nothing when it selects the object neither as it is nor as it was. */
const changeFor = ({ labels = {} }: Watch, changes: InformerCache.StoreChange): Change | undefined => {
  const selected = (object: ObjectMeta.KubernetesObject | undefined) =>
    object !== undefined && ObjectMeta.selects(labels, object.metadata.labels) ? object : undefined
  const object = selected(changes.object)
  const previous = selected(changes.previous)
  if (object !== undefined) return { object, previous, deleted: changes.type === "Deleted" }
  return previous === undefined ? undefined : { object: previous, previous, deleted: true }
}

const keyFrom = (kind: ObjectMeta.ObjectKind, text: string): ObjectMeta.ObjectKey => {
  const at = text.indexOf("/")
  return ObjectMeta.key(kind, text.slice(0, at), text.slice(at + 1))
}
