/**
 * Maps changes in the cache to the keys that a controller enqueues. A watch corresponds to `Watches` of
 * controller-runtime with its `handler.MapFunc`, and to `Controller::watches` of kube-rs.
 */
import { ObjectMeta } from "@portolan/planner"
import * as Duration from "effect/Duration"
import type * as InformerCache from "../cache/InformerCache.ts"
import { isSameKind, namespacedName } from "../cache/Names.ts"

/**
 * An event of a watch. For a watch with labels, an object that starts to match is new, and one that does not match any
 * more is deleted.
 */
export interface Change {
  /** The new state, or the last one when `deleted`. */
  readonly object: ObjectMeta.KubernetesObject
  /** The state before; `undefined` for a new object. */
  readonly previous: ObjectMeta.KubernetesObject | undefined
  readonly deleted: boolean
}

/** The cached objects of the controller's kind, in one namespace or in all. */
export type ListAll = (namespace?: string) => ReadonlyArray<ObjectMeta.KubernetesObject>

/**
 * A kind that a controller watches besides its own. It may also be its own kind, for objects that affect one another.
 */
export interface Watch extends Pick<InformerCache.WatchedKind, "kind" | "labels"> {
  /** Maps a changed object to the keys to enqueue. Called for every change; must not throw. */
  readonly map: (change: Change, all: ListAll) => ReadonlyArray<ObjectMeta.ObjectKey>
  /** Enqueues after a delay, so that several changes lead to one reconcile. Default: none. */
  readonly delay?: Duration.Input
}

/**
 * The namespaced names to enqueue for a change, each with its delay in milliseconds: the object itself when it is of
 * the controller's kind, the objects that reference it, and the results of the watches. The object whose reconcile
 * wrote the change is left out, so that a write does not cause another reconcile of its own object (INV-5).
 */
export const keysFor = (
  kind: ObjectMeta.ObjectKind,
  watches: ReadonlyArray<Watch>,
  cache: InformerCache.InformerCache["Service"],
  change: InformerCache.StoreChange
): ReadonlyMap<string, number> => {
  const keys = new Map<string, number>()
  const add = (key: string, delay = 0) => keys.set(key, Math.min(delay, keys.get(key) ?? delay))
  if (isSameKind(kind, change.kind)) add(namespacedName(change.object))
  for (const referrer of cache.referrers(ObjectMeta.keyOf(change.kind, change.object))) {
    if (isSameKind(kind, referrer.kind)) add(namespacedName({ metadata: referrer }))
  }
  const all: ListAll = (namespace) => cache.listUnsafe(kind, namespace === undefined ? {} : { namespace })
  for (const watch of watches) {
    const selected = isSameKind(watch.kind, change.kind) ? select(watch, change) : undefined
    if (selected === undefined) continue
    const delay = Duration.toMillis(watch.delay ?? 0)
    for (const key of watch.map(selected, all)) add(namespacedName({ metadata: key }), delay)
  }
  const { writer } = change
  if (writer !== undefined && isSameKind(kind, writer.kind)) keys.delete(namespacedName({ metadata: writer }))
  return keys
}

/** The change as a watch with these labels reports it; `undefined` when neither state matches. */
const select = ({ labels = {} }: Watch, change: InformerCache.StoreChange): Change | undefined => {
  const ifSelected = (object: ObjectMeta.KubernetesObject | undefined) =>
    object !== undefined && ObjectMeta.selects(labels, object.metadata.labels) ? object : undefined
  const object = ifSelected(change.object)
  const previous = ifSelected(change.previous)
  if (object !== undefined) return { object, previous, deleted: change.type === "Deleted" }
  return previous === undefined ? undefined : { object: previous, previous, deleted: true }
}
