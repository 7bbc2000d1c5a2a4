/**
 * `ObjectCache`, fed by one informer for each kind, by one for each object that is followed, and by the answers to our
 * tracker writes, so that it never lags behind this process. Tells what was news.
 */
import { type KubernetesApi, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Client } from "../client/Client.ts"
import * as ReferenceWatches from "./ReferenceWatches.ts"
import * as Reflector from "./Reflector.ts"
import { nameOf, type StoreChange } from "./Store.ts"
import type * as Watcher from "./Watcher.ts"
import * as WriteTracker from "./WriteTracker.ts"

export type { References } from "./ReferenceWatches.ts"
export type { StoreChange } from "./Store.ts"

/** What the cache knows: objects of a kind, all of them or those with certain labels. */
export interface Watched {
  readonly kind: ObjectMeta.ObjectKind
  readonly labels?: ObjectMeta.LabelSelector
  /** Which others these objects refer to by name: those are followed, one by one. */
  readonly references?: ReadonlyArray<ReferenceWatches.References>
}

export interface Options {
  readonly watched: ReadonlyArray<Watched>
  /** All namespaces unless told. */
  readonly namespace?: string
  readonly timing?: Watcher.Timing
}

export class InformerCache extends Context.Service<
  InformerCache,
  {
    /** Returns once every kind was listed. Reads before that see only a part. */
    readonly ready: Effect.Effect<void>

    /**
     * Calls `listener` once for every change, until the scope closes. A write of a turn is told when it is answered,
     * with the turn's object in `by`, so that its echo need not wake that object again. The cache is already at the
     * change, or past it. A listener must not wait for another change.
     */
    readonly subscribe: (
      listener: (change: StoreChange) => Effect.Effect<void>
    ) => Effect.Effect<void, never, Scope.Scope>

    /** The objects that refer to one. */
    readonly referrers: (key: ObjectMeta.ObjectKey) => ReadonlyArray<ObjectMeta.ObjectKey>

    /** Like `ObjectCache.list`, for those who cannot wait; empty for a kind that is not watched. */
    readonly known: (
      kind: ObjectMeta.ObjectKind,
      selection?: KubernetesApi.Selection
    ) => ReadonlyArray<ObjectMeta.KubernetesObject>
  }
>()("@portolan/k8s-adapter/InformerCache") {}

/**
 * Watches until the scope closes.
 *
 * **Guarantees**
 *
 * - After a write of this process returned, a read sees it or something newer.
 * - An older event never replaces a newer object, and never brings a deleted one back.
 * - A change that someone else made is news, even when a write of ours was answered first.
 * - What an object of a watched kind refers to is followed before anybody can read that object, and is forgotten when
 *   no known object refers to it. `get` waits until it was listed, for 30 s.
 *
 * A kind that is watched without labels needs no following: its watch knows what is referred to. Of one that is watched
 * with labels, `get` knows what is followed too, and `list` does not; a change that both hear of is told twice.
 *
 * **Errors** These are defects, because an empty answer would be a lie: asking for a kind that is not watched, listing
 * one that is only followed, getting an object of it that nothing refers to, or that cannot be listed.
 */
export const layer = (
  options: Options
): Layer.Layer<InformerCache | ObjectCache.ObjectCache, never, Client | WriteTracker.WriteTracker> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const tracker = yield* WriteTracker.WriteTracker
      const { timing = {} } = options
      const listeners = new Set<(change: StoreChange) => Effect.Effect<void>>()
      const notify = (changes: ReadonlyArray<StoreChange>) =>
        Effect.forEach(changes, (change) => Effect.forEach([...listeners], notifyListener(change), { discard: true }), {
          discard: true
        })
      const kinds = byKind(options.watched)
      const isListed = (kind: ObjectMeta.ObjectKind) => isAll(kinds.get(kindText(kind)))
      const referenceWatches = yield* ReferenceWatches.make({ isListed, timing, notify })
      const reflectors = reflectorsOf(kinds, options.namespace, referenceWatches)
      const holding = (key: ObjectMeta.ObjectKey) =>
        [reflectors.get(kindText(key.kind)), referenceWatches.reflector(key)].flatMap(
          (reflector) => reflector?.store ?? []
        )
      yield* tracker.subscribe({
        begin: (key) => {
          for (const store of holding(key)) store.begin(nameOf({ metadata: key }))
        },
        end: (key, written, by) =>
          notify(holding(key).flatMap((store) => store.end(nameOf({ metadata: key }), written, by)))
      })
      yield* Effect.forEach(reflectors.values(), (reflector) =>
        Effect.forkScoped(Reflector.run(reflector, timing, notify))
      )
      const live = InformerCache.of({
        ready: Effect.forEach(reflectors.values(), ({ synced }) => Deferred.await(synced), { discard: true }),
        subscribe: (listener) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() => listeners.add(listener)),
              () => Effect.sync(() => listeners.delete(listener))
            )
          ),
        referrers: referenceWatches.referrers,
        known: (kind, selection = {}) => reflectors.get(kindText(kind))?.store.list(selection) ?? []
      })
      return Context.make(InformerCache, live).pipe(
        Context.add(ObjectCache.ObjectCache, reads(reflectors, referenceWatches))
      )
    })
  )

/** A listener that breaks is logged; neither the watch nor the write that brought the news breaks with it. */
const notifyListener = (change: StoreChange) => (listener: (change: StoreChange) => Effect.Effect<void>) =>
  Effect.catchCause(
    Effect.suspend(() => listener(change)),
    (cause) => Effect.logError(`a listener to ${change.kind.kind} broke`, cause)
  )

/** Kinds are the same across API versions of a group only by name; ours are named once. */
const kindText = ({ apiVersion, plural }: ObjectMeta.ObjectKind): string => `${apiVersion}/${plural}`

const byKind = (watched: ReadonlyArray<Watched>): ReadonlyMap<string, Watched> => {
  const kinds = new Map<string, Watched>()
  for (const each of watched) {
    const known = kinds.get(kindText(each.kind))
    kinds.set(kindText(each.kind), known === undefined ? each : both(known, each))
  }
  return kinds
}

/** Two selections of one kind become one watch over all of it. */
const both = (left: Watched, right: Watched): Watched => {
  const { kind, labels } = left
  const same = JSON.stringify(labels) === JSON.stringify(right.labels)
  const references = [...(left.references ?? []), ...(right.references ?? [])]
  return { kind, ...(labels === undefined || !same ? {} : { labels }), references }
}

/** False also for a kind that is not watched. */
const isAll = (watched: Watched | undefined): boolean =>
  watched !== undefined && Object.keys(watched.labels ?? {}).length === 0

type Reflectors = ReadonlyMap<string, Reflector.Reflector>

const reflectorsOf = (
  kinds: ReadonlyMap<string, Watched>,
  namespace: string | undefined,
  referenceWatches: ReferenceWatches.ReferenceWatches
): Reflectors => {
  const reflectors = new Map<string, Reflector.Reflector>()
  for (const [text, { kind, labels, references = [] }] of kinds) {
    const selection = {
      ...(labels === undefined ? {} : { labels }),
      ...(namespace === undefined ? {} : { namespace })
    }
    reflectors.set(text, Reflector.make(kind, selection, referenceWatches.tracking(kind, references)))
  }
  return reflectors
}

const reads = (
  reflectors: Reflectors,
  referenceWatches: ReferenceWatches.ReferenceWatches
): ObjectCache.ObjectCache["Service"] => ({
  get: (key) =>
    Effect.suspend(() => {
      const one = referenceWatches.reflector(key)
      const reflector = one ?? reflectors.get(kindText(key.kind))
      if (reflector === undefined) {
        return Effect.die(new Error(`${ObjectMeta.keyText(key)} is not watched: nothing refers to it`))
      }
      const found = Effect.sync(() => Option.fromUndefinedOr(reflector.store.get(key.namespace, key.name)))
      return one === undefined || Deferred.isDoneUnsafe(one.synced) ? found : Effect.andThen(listed(one, key), found)
    }),
  list: (kind, selection = {}) =>
    Effect.suspend(() => {
      const reflector = reflectors.get(kindText(kind))
      return reflector === undefined
        ? Effect.die(new Error(`${kind.kind} is not watched`))
        : Effect.sync(() => reflector.store.list(selection))
    })
})

/** A turn that waits longer gives its place to another and is repeated. */
const listed = ({ synced }: Reflector.Reflector, key: ObjectMeta.ObjectKey): Effect.Effect<void> =>
  Effect.timeoutOrElse(Deferred.await(synced), {
    duration: "30 seconds",
    orElse: () => Effect.die(new Error(`${ObjectMeta.keyText(key)} could not be listed within 30 s`))
  })
