/**
 * `ObjectCache`, fed by one informer for each kind and by the answers to our own writes, so that it never lags behind
 * this process. Tells what was news.
 */
import { ObjectCache, type ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Client } from "./Client.ts"
import * as Informer from "./Informer.ts"
import * as OwnWrites from "./OwnWrites.ts"
import { type News, nameOf, Shelf } from "./Shelf.ts"

export type { News } from "./Shelf.ts"

/** What the cache knows: objects of a kind, all of them or those with certain labels. */
export interface Watched {
  readonly kind: ObjectMeta.ObjectKind
  readonly labels?: ObjectMeta.LabelSelector
}

export interface Options {
  readonly watched: ReadonlyArray<Watched>
  /** All namespaces unless told. */
  readonly namespace?: string
  readonly timing?: Informer.Timing
}

export class LiveCache extends Context.Service<
  LiveCache,
  {
    /** Returns once every kind was listed. Reads before that see only a part. */
    readonly ready: Effect.Effect<void>

    /**
     * Calls `listener` once for every change, until the scope closes. A write of a turn is told when it is answered,
     * with the turn's object in `by`, so that its echo need not wake that object again. The cache is already at the
     * change, or past it. A listener must not wait for another change.
     */
    readonly subscribe: (listener: (news: News) => Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
  }
>()("@portolan/k8s-adapter/LiveCache") {}

/**
 * Watches until the scope closes.
 *
 * **Guarantees**
 *
 * - After a write of this process returned, a read sees it or something newer.
 * - An older event never replaces a newer object, and never brings a deleted one back.
 * - A change that someone else made is news, even when a write of ours was answered first.
 *
 * **Errors** Asking for a kind that is not watched is a defect: an empty answer would be a lie.
 */
export const layer = (
  options: Options
): Layer.Layer<LiveCache | ObjectCache.ObjectCache, never, Client | OwnWrites.OwnWrites> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const own = yield* OwnWrites.OwnWrites
      const shelves = shelvesOf(options)
      const listeners = new Set<(news: News) => Effect.Effect<void>>()
      const tell = (news: ReadonlyArray<News>) =>
        Effect.forEach(news, (item) => Effect.forEach([...listeners], told(item), { discard: true }), { discard: true })
      yield* own.subscribe({
        begin: (key) => shelves.get(kindText(key.kind))?.shelf.begin(nameOf({ metadata: key })),
        end: (key, written, by) =>
          tell(shelves.get(kindText(key.kind))?.shelf.end(nameOf({ metadata: key }), written, by) ?? [])
      })
      yield* Effect.forEach(shelves.values(), (stocked) => Effect.forkScoped(feed(stocked, options, tell)))
      const live = LiveCache.of({
        ready: Effect.forEach(shelves.values(), ({ synced }) => Deferred.await(synced), { discard: true }),
        subscribe: (listener) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() => listeners.add(listener)),
              () => Effect.sync(() => listeners.delete(listener))
            )
          )
      })
      return Context.make(LiveCache, live).pipe(Context.add(ObjectCache.ObjectCache, reads(shelves)))
    })
  )

/** A listener that breaks is logged; neither the watch nor the write that brought the news breaks with it. */
const told = (news: News) => (listener: (news: News) => Effect.Effect<void>) =>
  Effect.catchCause(
    Effect.suspend(() => listener(news)),
    (cause) => Effect.logError(`a listener to ${news.kind.kind} broke`, cause)
  )

/** One kind's objects and the news of its first list. */
interface Stocked {
  readonly watched: Watched
  readonly shelf: Shelf
  readonly synced: Deferred.Deferred<void>
}

type Shelves = ReadonlyMap<string, Stocked>

/** Kinds are the same across API versions of a group only by name; ours are named once. */
const kindText = ({ apiVersion, plural }: ObjectMeta.ObjectKind): string => `${apiVersion}/${plural}`

const shelvesOf = ({ watched }: Options): Shelves => {
  const shelves = new Map<string, Stocked>()
  for (const each of watched) {
    const text = kindText(each.kind)
    const known = shelves.get(text)
    if (known !== undefined && isAll(known.watched)) continue
    const one =
      known === undefined || JSON.stringify(known.watched.labels) === JSON.stringify(each.labels) ? each : all(each)
    shelves.set(text, { watched: one, shelf: new Shelf(one.kind, one.labels), synced: Deferred.makeUnsafe() })
  }
  return shelves
}

const isAll = ({ labels }: Watched): boolean => Object.keys(labels ?? {}).length === 0

/** Two selections of one kind become one watch over all of it. */
const all = ({ kind }: Watched): Watched => ({ kind })

const feed = (
  { shelf, synced, watched }: Stocked,
  { namespace, timing }: Options,
  tell: (news: ReadonlyArray<News>) => Effect.Effect<void>
) => {
  const { kind, labels } = watched
  const selection = {
    ...(labels === undefined ? {} : { labels }),
    ...(namespace === undefined ? {} : { namespace })
  }
  const hear = (change: Informer.Change): ReadonlyArray<News> => {
    switch (change._tag) {
      case "Applied":
        return shelf.applied(change.object)
      case "Deleted":
        return shelf.deleted(change.object)
      case "Relisted":
        return shelf.relisted(change.objects, change.resourceVersion)
    }
  }
  return Informer.changes({ kind, selection, ...(timing === undefined ? {} : { timing }) }).pipe(
    Stream.runForEach((change) =>
      Effect.andThen(
        Effect.suspend(() => tell(hear(change))),
        change._tag === "Relisted" ? Deferred.succeed(synced, undefined) : Effect.void
      )
    ),
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError(`the informer of ${kind.kind} broke and starts over`, defect),
        Effect.sleep("1 second")
      )
    ),
    Effect.forever
  )
}

const reads = (shelves: Shelves): ObjectCache.ObjectCache["Service"] => {
  const shelfOf = (kind: ObjectMeta.ObjectKind): Effect.Effect<Shelf> => {
    const stocked = shelves.get(kindText(kind))
    return stocked === undefined ? Effect.die(new Error(`${kind.kind} is not watched`)) : Effect.succeed(stocked.shelf)
  }
  return ObjectCache.ObjectCache.of({
    get: (key) => Effect.map(shelfOf(key.kind), (shelf) => Option.fromUndefinedOr(shelf.get(key.namespace, key.name))),
    list: (kind, selection = {}) => Effect.map(shelfOf(kind), (shelf) => shelf.list(selection))
  })
}
