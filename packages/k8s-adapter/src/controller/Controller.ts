/**
 * A controller for one kind: watches and mappings fill a work queue with keys, and `reconcile` runs for each key. It
 * corresponds to `Controller` of controller-runtime and kube-rs.
 */
import { ObjectCache, type ObjectMeta, Watches } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as InformerCache from "../cache/InformerCache.ts"
import { namespacedName, parse } from "../cache/Names.ts"
import * as WorkQueue from "./WorkQueue.ts"

export type Change = Watches.Change
export type ListAll = Watches.ListAll
export type Watch = Watches.Watch

/** The result of one reconcile. */
export interface Result {
  /** When the key is reconciled again. */
  readonly requeue: WorkQueue.Requeue
  /** It changed something, which resets the back-off of polls. */
  readonly wrote: boolean
}

/** The kind that is reconciled, with its watches and references, and how it is reconciled. */
export interface Options<E, R> extends Watches.Controlled {
  /** Reconciles one key. The object may have been deleted. */
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<Result, E, R>
  /** Most reconciles at once (`MaxConcurrentReconciles`). Default: 512. */
  readonly concurrency?: number
  /** How long running reconciles may continue after the scope closes. Default: 10 s. */
  readonly grace?: Duration.Input
}

export interface Controller {
  readonly kind: ObjectMeta.ObjectKind
  /** Reconciles a key as soon as possible, for a reason outside of the cluster. */
  readonly enqueue: (key: ObjectMeta.ObjectKey) => Effect.Effect<void>
  readonly statistics: Effect.Effect<WorkQueue.QueueStatistics>
  /** Number of keys that are queued, running, polling or failing. */
  readonly pending: Effect.Effect<number>
}

/** The kinds that a cache must watch for these controllers. */
export const watched = Watches.watched

/**
 * Starts a controller, which runs until the scope closes. Waits for the first list of every watched kind, enqueues
 * every object of the controller's kind, and returns.
 *
 * **Guarantees**
 *
 * - Every change is followed by a reconcile of the keys that it maps to.
 * - A change that a reconcile wrote does not enqueue the object of that reconcile, so a converged object stays
 *   converged (INV-5). It enqueues all other objects that it maps to.
 * - One key is never reconciled twice at the same time.
 */
export const start = <E, R>(
  options: Options<E, R>
): Effect.Effect<Controller, never, R | InformerCache.InformerCache | ObjectCache.ObjectCache | Scope.Scope> =>
  Effect.gen(function* () {
    const { kind } = options
    const informerCache = yield* InformerCache.InformerCache
    const objectCache = yield* ObjectCache.ObjectCache
    const queue = yield* WorkQueue.make({
      run: (name) =>
        Effect.map(options.reconcile(parse(kind, name)), ({ requeue, wrote }) => ({
          next: requeue,
          progressed: wrote
        })),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      ...(options.grace === undefined ? {} : { grace: options.grace })
    }).pipe(Effect.annotateLogs({ controller: kind.kind }))
    const enqueue = (key: ObjectMeta.ObjectKey) => queue.add(namespacedName({ metadata: key }))

    yield* informerCache.ready
    const cached: Watches.CachedObjects = {
      referrers: informerCache.referrers,
      all: (namespace) => informerCache.listUnsafe(kind, namespace === undefined ? {} : { namespace })
    }
    yield* informerCache.subscribe((change) =>
      Effect.forEach(
        Watches.keysFor(options, cached, { ...change, deleted: change.type === "Deleted" }),
        ({ key, delay }) => (delay === 0 ? enqueue(key) : queue.addAfter(namespacedName({ metadata: key }), delay)),
        { discard: true }
      )
    )
    const objects = yield* objectCache.list(kind)
    yield* Effect.forEach(objects, (object) => queue.add(namespacedName(object)), { discard: true })
    return { kind, enqueue, statistics: queue.statistics, pending: queue.pending }
  })
