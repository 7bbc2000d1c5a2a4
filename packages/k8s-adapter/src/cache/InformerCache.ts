/**
 * The implementation of `ObjectCache`: one reflector per watched kind, and one per object that is referenced by name.
 * It corresponds to client-go's shared informers.
 *
 * The cache also subscribes to `WriteTracker`. A write of this process is in the store before the write returns to its
 * caller, so the cache may lag behind other writers, but never behind this process.
 */
import { CacheReads, type KubernetesApi, ObjectCache, ObjectMeta, Watches } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Client } from "../client/Client.ts"
import { namespacedName } from "./Names.ts"
import * as ReferenceWatches from "./ReferenceWatches.ts"
import * as Reflector from "./Reflector.ts"
import type { StoreChange } from "./Store.ts"
import type * as Watcher from "./Watcher.ts"
import * as WriteTracker from "./WriteTracker.ts"

export type { StoreChange } from "./Store.ts"

export interface Options {
  /** The kinds to cache. */
  readonly watched: ReadonlyArray<Watches.WatchedKind>
  /** Default: all namespaces. */
  readonly namespace?: string
  readonly timing?: Watcher.Timing
}

export class InformerCache extends Context.Service<
  InformerCache,
  {
    /** Returns after the first list of every kind, like `WaitForCacheSync`. Earlier reads are incomplete. */
    readonly ready: Effect.Effect<void>

    /**
     * Calls `handler` once for every change, until the scope closes, like `AddEventHandler`. The cache holds the change
     * before the handler is called. A change that a reconcile wrote carries the object of that reconcile as `writer`,
     * so that the object need not be enqueued for its own write. A handler must not wait for another change.
     */
    readonly subscribe: (
      handler: (change: StoreChange) => Effect.Effect<void>
    ) => Effect.Effect<void, never, Scope.Scope>

    /** The objects that reference this one. */
    readonly referrers: (key: ObjectMeta.ObjectKey) => ReadonlyArray<ObjectMeta.ObjectKey>

    /** `ObjectCache.list` without an effect; empty for a kind that is not watched. */
    readonly listUnsafe: (
      kind: ObjectMeta.ObjectKind,
      selection?: KubernetesApi.Selection
    ) => ReadonlyArray<ObjectMeta.KubernetesObject>
  }
>()("@portolan/k8s-adapter/InformerCache") {}

/**
 * Lists and watches until the scope closes.
 *
 * **Guarantees**
 *
 * - After a write of this process returned, a read returns that write or something newer.
 * - An older event never replaces a newer object, and never restores a deleted one.
 * - A change of another writer is reported, even if it arrives after the response to a later write of this process.
 * - A referenced object is watched from before the referring object can be read, until no cached object references it.
 *   `get` waits up to 30 s for the first list of such an object.
 *
 * **Limits** A referenced object of a kind that is also watched with labels can be read with `get`, but `list` returns
 * it only if the labels match. If they match, each of its changes is reported twice. A kind that is watched without
 * labels needs no watches of single objects.
 *
 * **Errors** These are defects, because an empty result would be wrong: `get` or `list` of a kind that is not watched,
 * `list` of a kind of which only referenced objects are watched, and `get` of an object of such a kind that no object
 * references or that cannot be listed.
 */
export const layer = (
  options: Options
): Layer.Layer<InformerCache | ObjectCache.ObjectCache, never, Client | WriteTracker.WriteTracker> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const tracker = yield* WriteTracker.WriteTracker
      const { timing = {} } = options
      const handlers = new Set<Handler>()
      const notify = (changes: ReadonlyArray<StoreChange>) =>
        Effect.forEach(changes, (change) => Effect.forEach([...handlers], call(change), { discard: true }), {
          discard: true
        })
      const kinds = Watches.byKind(options.watched)
      const reads = CacheReads.make(kinds)
      const isListed = (kind: ObjectMeta.ObjectKind) => Watches.isUnfiltered(kinds, kind)
      const referenceWatches = yield* ReferenceWatches.make({ isListed, timing, notify })
      const reflectors = reflectorsOf(kinds, options.namespace, referenceWatches)
      const storesOf = (key: ObjectMeta.ObjectKey) =>
        [reflectors.get(ObjectMeta.resourceText(key.kind)), referenceWatches.reflector(key)].flatMap(
          (reflector) => reflector?.store ?? []
        )
      yield* tracker.subscribe({
        begin: (key) => {
          for (const store of storesOf(key)) store.beginWrite(namespacedName({ metadata: key }))
        },
        end: (key, result, writer) => {
          if (result !== undefined) reads.wrote(key, result._tag === "Stored" ? result.object : undefined)
          return notify(
            storesOf(key).flatMap((store) => store.endWrite(namespacedName({ metadata: key }), result, writer))
          )
        }
      })
      yield* Effect.forEach(reflectors.values(), (reflector) =>
        Effect.forkScoped(Reflector.run(reflector, timing, notify))
      )
      const informerCache = InformerCache.of({
        ready: Effect.forEach(reflectors.values(), ({ synced }) => Deferred.await(synced), { discard: true }),
        subscribe: (handler) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() => handlers.add(handler)),
              () => Effect.sync(() => handlers.delete(handler))
            )
          ),
        referrers: referenceWatches.referrers,
        listUnsafe: (kind, selection = {}) => reflectors.get(ObjectMeta.resourceText(kind))?.store.list(selection) ?? []
      })
      return Context.make(InformerCache, informerCache).pipe(
        Context.add(ObjectCache.ObjectCache, objectCache(reads, reflectors, referenceWatches))
      )
    })
  )

type Handler = (change: StoreChange) => Effect.Effect<void>

/** Logs a failing handler. The watch, or the write that caused the change, goes on. */
const call = (change: StoreChange) => (handler: Handler) =>
  Effect.catchCause(
    Effect.suspend(() => handler(change)),
    (cause) => Effect.logError(`event handler failed on a change of ${change.kind.kind}`, cause)
  )

/** By resource. */
type Reflectors = ReadonlyMap<string, Reflector.Reflector>

const reflectorsOf = (
  kinds: Watches.WatchedKinds,
  namespace: string | undefined,
  referenceWatches: ReferenceWatches.ReferenceWatches
): Reflectors => {
  const reflectors = new Map<string, Reflector.Reflector>()
  for (const [name, { kind, labels, references = [] }] of kinds) {
    const selection = {
      ...(labels === undefined ? {} : { labels }),
      ...(namespace === undefined ? {} : { namespace })
    }
    reflectors.set(name, Reflector.make(kind, selection, referenceWatches.onChange(kind, references)))
  }
  return reflectors
}

const objectCache = (
  reads: CacheReads.CacheReads,
  reflectors: Reflectors,
  referenceWatches: ReferenceWatches.ReferenceWatches
): ObjectCache.ObjectCache["Service"] => ({
  get: (key) =>
    Effect.suspend(() => {
      const referenced = referenceWatches.reflector(key)
      const reflector = referenced ?? reflectors.get(ObjectMeta.resourceText(key.kind))
      if (reflector === undefined) return unreadable(reads.get(key, false))
      const read = Effect.suspend(() => {
        const found = reflector.store.get(key.namespace, key.name)
        const problem = found === undefined ? reads.absent(key) : undefined
        return problem === undefined ? Effect.succeed(Option.fromUndefinedOr(found)) : unreadable(problem)
      })
      return referenced === undefined || Deferred.isDoneUnsafe(referenced.synced)
        ? read
        : Effect.andThen(awaitSynced(referenced, key), read)
    }),
  list: (kind, selection = {}) =>
    Effect.suspend(() => {
      const reflector = reflectors.get(ObjectMeta.resourceText(kind))
      const problem = reads.list(kind, selection)
      return reflector === undefined || problem !== undefined
        ? unreadable(problem)
        : Effect.succeed(reflector.store.list(selection))
    })
})

const unreadable = (problem = "the kind is not watched"): Effect.Effect<never> => Effect.die(new Error(problem))

/** Bounded, so that a reconcile does not occupy the queue while an object cannot be listed. */
const awaitSynced = ({ synced }: Reflector.Reflector, key: ObjectMeta.ObjectKey): Effect.Effect<void> =>
  Effect.timeoutOrElse(Deferred.await(synced), {
    duration: "30 seconds",
    orElse: () => Effect.die(new Error(`${ObjectMeta.keyText(key)} is not cached: not listed within 30 s`))
  })
