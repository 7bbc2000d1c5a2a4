/**
 * What a controller watches besides its own kind, as one value that its process and its tests share: the kinds with
 * their label selectors, the objects that are referenced by name, and the mapping from a change to the keys to enqueue.
 * A watch corresponds to `Watches` of controller-runtime with its `handler.MapFunc`, and to `Controller::watches` of
 * kube-rs. Pure.
 */
import * as Duration from "effect/Duration"
import {
  isSameKind,
  type KubernetesObject,
  keyOf,
  keyText,
  type LabelSelector,
  type ObjectKey,
  type ObjectKind,
  resourceText,
  selects
} from "../model/ObjectMeta.ts"

/**
 * An event of a watch. For a watch with labels, an object that starts to match is new, and one that does not match any
 * more is deleted.
 */
export interface Change {
  /** The new state, or the last one when `deleted`. */
  readonly object: KubernetesObject
  /** The state before; `undefined` for a new object. */
  readonly previous: KubernetesObject | undefined
  readonly deleted: boolean
}

/** The cached objects of the controller's kind, in one namespace or in all. */
export type ListAll = (namespace?: string) => ReadonlyArray<KubernetesObject>

/**
 * A kind that a controller watches besides its own. It may also be its own kind, for objects that affect one another.
 */
export interface Watch {
  readonly kind: ObjectKind
  /** Default: all objects of the kind. Reads of the cache must select these labels as well. */
  readonly labels?: LabelSelector
  /** Maps a changed object to the keys to enqueue. Called for every change; must not throw. */
  readonly map: (change: Change, all: ListAll) => ReadonlyArray<ObjectKey>
  /** Enqueues after a delay, so that several changes lead to one reconcile. Default: none. */
  readonly delay?: Duration.Input
  /** What reads these objects or needs the enqueued reconcile, for the reader of a table of all watches. */
  readonly reliedOnBy: string
}

/**
 * Objects that reconciles read by name, such as Secrets. Each one is watched while an object of the controller's kind
 * references it, and its changes enqueue the objects that do.
 */
export interface References {
  /** The kinds of referenced objects. Keys of other kinds are ignored. */
  readonly kinds: ReadonlyArray<ObjectKind>
  /** Called with every state of an object. It must not throw. */
  readonly of: (object: KubernetesObject) => ReadonlyArray<ObjectKey>
  /** What reads these objects, for the reader of a table of all watches. */
  readonly reliedOnBy: string
}

/** Everything that a controller watches besides its own kind. A controller that reads nothing else has no watches. */
export interface Watches {
  readonly watches: ReadonlyArray<Watch>
  readonly references?: References
}

/** A controller's kind with its watches. */
export interface Controlled extends Watches {
  readonly kind: ObjectKind
}

/** A kind to cache: all objects, or those that a label selector matches. */
export interface WatchedKind {
  readonly kind: ObjectKind
  readonly labels?: LabelSelector
  /** The objects that objects of this kind reference by name. Each of them is watched as well. */
  readonly references?: ReadonlyArray<References>
}

/** The kinds that a cache must watch for these controllers. */
export const watched = (controllers: ReadonlyArray<Controlled>): ReadonlyArray<WatchedKind> =>
  controllers.flatMap(({ kind, references, watches }) => [
    references === undefined ? { kind } : { kind, references: [references] },
    ...watches.map((watch) =>
      watch.labels === undefined ? { kind: watch.kind } : { kind: watch.kind, labels: watch.labels }
    )
  ])

/** Watched kinds by the text of their resource. */
export type WatchedKinds = ReadonlyMap<string, WatchedKind>

/** One entry per kind. Entries of one kind with different labels become a watch without labels. */
export const byKind = (watched: ReadonlyArray<WatchedKind>): WatchedKinds => {
  const kinds = new Map<string, WatchedKind>()
  for (const entry of watched) {
    const existing = kinds.get(resourceText(entry.kind))
    kinds.set(resourceText(entry.kind), existing === undefined ? entry : merge(existing, entry))
  }
  return kinds
}

const merge = (left: WatchedKind, right: WatchedKind): WatchedKind => {
  const { kind, labels } = left
  const isSameSelector = JSON.stringify(labels) === JSON.stringify(right.labels)
  const references = [...(left.references ?? []), ...(right.references ?? [])]
  return { kind, ...(labels === undefined || !isSameSelector ? {} : { labels }), references }
}

/** Whether all objects of a kind are cached; false for a kind that is not watched. */
export const isUnfiltered = (kinds: WatchedKinds, kind: ObjectKind): boolean => {
  const watched = kinds.get(resourceText(kind))
  return watched !== undefined && Object.keys(watched.labels ?? {}).length === 0
}

/** The keys that an object references, of the kinds that are referenced. */
export const referencesOf = (
  references: ReadonlyArray<References>,
  object: KubernetesObject
): ReadonlyArray<ObjectKey> =>
  references.flatMap(({ kinds, of }) => of(object).filter((key) => kinds.some((kind) => isSameKind(kind, key.kind))))

/** A change of a cached object. */
export interface ObjectChange extends Change {
  readonly kind: ObjectKind
  /** The object whose reconcile made this change; `undefined` for a change of another or an unknown writer. */
  readonly writer: ObjectKey | undefined
}

/** What a mapping reads of the cache. */
export interface CachedObjects {
  /** The objects that reference this one. */
  readonly referrers: (key: ObjectKey) => ReadonlyArray<ObjectKey>
  readonly all: ListAll
}

/** A key to enqueue. */
export interface Enqueued {
  readonly key: ObjectKey
  /** In milliseconds. Zero enqueues at once. */
  readonly delay: number
}

/**
 * The keys to enqueue for a change, each once: the object itself when it is of the controller's kind, the objects that
 * reference it, and the results of the watches. The object whose reconcile wrote the change is left out, so that a write
 * does not cause another reconcile of its own object (INV-5).
 */
export const keysFor = (
  { kind, watches }: Controlled,
  { all, referrers }: CachedObjects,
  change: ObjectChange
): ReadonlyArray<Enqueued> => {
  const enqueued = new Map<string, Enqueued>()
  const add = (key: ObjectKey, delay = 0) => {
    const earliest = Math.min(delay, enqueued.get(keyText(key))?.delay ?? delay)
    enqueued.set(keyText(key), { key, delay: earliest })
  }
  if (isSameKind(kind, change.kind)) add(keyOf(kind, change.object))
  for (const referrer of referrers(keyOf(change.kind, change.object))) {
    if (isSameKind(kind, referrer.kind)) add(referrer)
  }
  for (const watch of watches) {
    const selected = isSameKind(watch.kind, change.kind) ? select(watch, change) : undefined
    if (selected === undefined) continue
    const delay = Duration.toMillis(watch.delay ?? 0)
    for (const { name, namespace } of watch.map(selected, all)) add({ kind, namespace, name }, delay)
  }
  const { writer } = change
  if (writer !== undefined && isSameKind(kind, writer.kind)) enqueued.delete(keyText(writer))
  return [...enqueued.values()]
}

/** The change as a watch with these labels reports it; `undefined` when neither state matches. */
const select = ({ labels = {} }: Watch, change: Change): Change | undefined => {
  const ifSelected = (object: KubernetesObject | undefined) =>
    object !== undefined && selects(labels, object.metadata.labels) ? object : undefined
  const object = ifSelected(change.object)
  const previous = ifSelected(change.previous)
  if (object !== undefined) return { object, previous, deleted: change.deleted }
  return previous === undefined ? undefined : { object: previous, previous, deleted: true }
}
