/**
 * The cached objects of one kind. Every update returns the changes to report to event handlers. Plain data: no effects,
 * no clock.
 *
 * A store is updated from two sources, in any order: the list and watch of its reflector, and the responses to the
 * writes of this process. Own writes are stored when their response arrives, so the cache never lags behind them.
 * Because the watch delivers the same write again, before or after the response, these rules apply:
 *
 * - An object is only replaced by a newer resourceVersion. A deleted uid leaves a tombstone, so that neither a late
 *   event nor a late response brings the object back.
 * - An own write is reported once, when its response arrives. The watch event of the same resourceVersion is its echo
 *   and is not reported.
 * - Only a resourceVersion that no other writer contributed to has an echo. The response to any other write updates the
 *   store without a report; the watch event reports it, as a change of an unknown writer.
 * - While a write to an object is in flight, a watch event updates the store at once, but is reported when the write
 *   has ended. Before that, the echo cannot be recognized.
 * - An own write after which an object does not match the selector removes it, and is reported when its response arrives.
 * - A list that is older than an event of the watch comes from a restored etcd. The store is cleared, because
 *   resourceVersions from before and after the restore do not compare.
 */
import { ObjectMeta } from "@portolan/planner"
import { namespacedName, parse } from "./Names.ts"
import * as StoreIndex from "./StoreIndex.ts"
import type { WriteResult } from "./WriteTracker.ts"

/** A change of one object, like a delta of client-go. */
export interface StoreChange {
  readonly type: "Applied" | "Deleted"
  readonly kind: ObjectMeta.ObjectKind
  /** The new state, or the last state before the deletion. */
  readonly object: ObjectMeta.KubernetesObject
  /** The state that the store had before; `undefined` when the object is new to it. */
  readonly previous: ObjectMeta.KubernetesObject | undefined
  /** The object whose reconcile made this change; `undefined` for a change of another or an unknown writer. */
  readonly writer: ObjectMeta.ObjectKey | undefined
}

type Version = ObjectMeta.ResourceVersion

/** What is known about the resourceVersions of one uid. */
interface VersionHistory {
  /** The newest that the watch has delivered. */
  watched: Version | undefined
  /** Own writes whose echo is still to come. */
  readonly ownVersions: Set<Version>
}

/** Writes to one object that are in flight. */
interface PendingWrites {
  count: number
  /** Changes that the watch delivered meanwhile. */
  deferred: ReadonlyArray<StoreChange>
}

/** The oldest tombstone above this number is dropped. By then no event or response of its uid can be under way. */
const TOMBSTONES_MAX = 10_000

export class Store {
  readonly #kind: ObjectMeta.ObjectKind
  readonly #labels: ObjectMeta.LabelSelector
  readonly #index: StoreIndex.StoreIndex
  readonly #histories = new Map<string, VersionHistory>()
  /**
   * uid → the resourceVersion at which the object was deleted or left the selector; `final` when it cannot come back.
   */
  readonly #tombstones = new Map<string, Version | "final">()
  readonly #pendingWrites = new Map<string, PendingWrites>()
  /** The newest resourceVersion that a list or the watch has delivered. */
  #watched: Version | undefined

  constructor(kind: ObjectMeta.ObjectKind, labels: ObjectMeta.LabelSelector = {}, onChange?: StoreIndex.OnChange) {
    this.#kind = kind
    this.#labels = labels
    this.#index = StoreIndex.make(onChange)
  }

  get(namespace: string, name: string): ObjectMeta.KubernetesObject | undefined {
    return this.#index.get(namespace, name)
  }

  /** In order of namespace and name. */
  list(selection: StoreIndex.Selection): ReadonlyArray<ObjectMeta.KubernetesObject> {
    return this.#index.list(selection)
  }

  /**
   * The watch delivered `ADDED` or `MODIFIED`. An event of another writer that is older than the cached object, because
   * an own write came after it, is reported with the cached state.
   */
  update(object: ObjectMeta.KubernetesObject): ReadonlyArray<StoreChange> {
    const { uid, resourceVersion } = object.metadata
    this.#advance(resourceVersion)
    if (this.#isDeleted(object)) return []
    const history = this.#history(uid)
    if (history.watched !== undefined && !ObjectMeta.isNewer(resourceVersion, history.watched)) return []
    history.watched = resourceVersion
    const isEcho = history.ownVersions.has(resourceVersion)
    for (const version of history.ownVersions) {
      if (!ObjectMeta.isNewer(version, resourceVersion)) history.ownVersions.delete(version)
    }
    const previous = this.#current(object)
    const newest = this.#put(object)
    return isEcho || newest === undefined
      ? []
      : this.#report({ type: "Applied", kind: this.#kind, object: newest, previous, writer: undefined })
  }

  /**
   * The watch delivered `DELETED`: the object was deleted, or did not match the selector any more. When an own write
   * came after that, the object matches again, and the event is reported like an update.
   */
  delete(object: ObjectMeta.KubernetesObject): ReadonlyArray<StoreChange> {
    const { resourceVersion, uid } = object.metadata
    this.#advance(resourceVersion)
    if (this.#isDeleted(object)) return []
    const current = this.#current(object)?.metadata
    const hasReturned = current?.uid === uid && ObjectMeta.isNewer(current.resourceVersion, resourceVersion)
    return hasReturned ? this.update(object) : this.#remove(object, resourceVersion)
  }

  /**
   * A list returned all objects at `version`. Cached objects that are not in it are deleted, except those with a newer
   * resourceVersion, which this process has written after the list.
   */
  replace(objects: ReadonlyArray<ObjectMeta.KubernetesObject>, version: Version): ReadonlyArray<StoreChange> {
    const isRestored = this.#watched !== undefined && ObjectMeta.isNewer(this.#watched, version)
    const cleared = isRestored ? this.#clear() : []
    this.#advance(version)
    const listed = new Set(objects.map(({ metadata }) => metadata.uid))
    const missing = this.list({}).filter(
      ({ metadata }) => !listed.has(metadata.uid) && !ObjectMeta.isNewer(metadata.resourceVersion, version)
    )
    return [
      ...cleared,
      ...missing.flatMap((object) => this.#remove(object, version)),
      ...objects.flatMap((object) => this.update(object))
    ]
  }

  /** A write to the object of this namespaced name is about to be sent. */
  beginWrite(name: string): void {
    const pending = this.#pendingWrites.get(name)
    if (pending === undefined) this.#pendingWrites.set(name, { count: 1, deferred: [] })
    else pending.count++
  }

  /**
   * The write ended. Returns its own change, and after the last pending write the changes that the watch delivered
   * meanwhile, without the echo. A store that was created while the write was in flight has not seen its beginning.
   */
  endWrite(name: string, result: WriteResult | undefined, writer?: ObjectMeta.ObjectKey): ReadonlyArray<StoreChange> {
    const pending = this.#pendingWrites.get(name) ?? { count: 1, deferred: [] }
    const echo = pending.deferred.find((change) => isEchoOf(result, change))
    const changes = result === undefined ? [] : this.#applyWrite(result, name, writer, echo)
    pending.deferred = pending.deferred.filter((change) => change !== echo)
    pending.count--
    if (pending.count > 0) return changes
    this.#pendingWrites.delete(name)
    return [...changes, ...pending.deferred]
  }

  /** Stores the result of a write. When the echo came first, the change is reported from the state before the echo. */
  #applyWrite(
    result: WriteResult,
    name: string,
    writer: ObjectMeta.ObjectKey | undefined,
    echo: StoreChange | undefined
  ): ReadonlyArray<StoreChange> {
    const key = parse(this.#kind, name)
    const previous = this.get(key.namespace, key.name)
    if (result._tag === "Deleted") {
      const cached = previous?.metadata.uid === result.uid ? previous : undefined
      this.#addTombstone(result.uid, "final")
      if (cached !== undefined) this.#index.remove(cached)
      const object = cached ?? echo?.object
      return object === undefined ? [] : [{ type: "Deleted", kind: this.#kind, object, previous: object, writer }]
    }
    if (!ObjectMeta.selects(this.#labels, result.object.metadata.labels)) {
      return this.#unselect(result.object, result.isOwnVersion ? writer : undefined)
    }
    const object = this.#putWritten(result.object, result.isOwnVersion)
    const isUnchanged = object === previous && echo === undefined
    if (!result.isOwnVersion || object === undefined || isUnchanged) return []
    const before = echo === undefined ? previous : echo.previous
    return [{ type: "Applied", kind: this.#kind, object, previous: before, writer }]
  }

  /**
   * Removes an object that does not match the selector since a write. The watch event of that write finds it removed and
   * is not reported.
   */
  #unselect(object: ObjectMeta.KubernetesObject, writer: ObjectMeta.ObjectKey | undefined): ReadonlyArray<StoreChange> {
    const { resourceVersion, uid } = object.metadata
    const current = this.#current(object)
    const previous = current?.metadata.uid === uid ? current : undefined
    const hasReturned = previous !== undefined && ObjectMeta.isNewer(previous.metadata.resourceVersion, resourceVersion)
    if (hasReturned || this.#isDeleted(object)) return []
    this.#addTombstone(uid, resourceVersion)
    if (previous === undefined) return []
    this.#index.remove(previous)
    return [{ type: "Deleted", kind: this.#kind, object, previous, writer }]
  }

  /** The cached state after a write; `undefined` when the object is deleted. */
  #putWritten(object: ObjectMeta.KubernetesObject, isOwnVersion: boolean): ObjectMeta.KubernetesObject | undefined {
    if (this.#isDeleted(object)) return undefined
    const { resourceVersion, uid } = object.metadata
    const newest = this.#put(object)
    const history = this.#history(uid)
    const isWatched = history.watched !== undefined && !ObjectMeta.isNewer(resourceVersion, history.watched)
    if (isOwnVersion && !isWatched) history.ownVersions.add(resourceVersion)
    return newest
  }

  /** The cached object of the same name. It may have another uid. */
  #current(object: ObjectMeta.KubernetesObject): ObjectMeta.KubernetesObject | undefined {
    return this.#index.get(object.metadata.namespace ?? "", object.metadata.name)
  }

  /**
   * Keeps the newer of the cached object and `object`, and returns it. Of two objects with one name, the older is
   * deleted; returns `undefined` when that is `object`.
   */
  #put(object: ObjectMeta.KubernetesObject): ObjectMeta.KubernetesObject | undefined {
    const current = this.#current(object)
    if (current === undefined) return this.#index.put(object)
    const isNewer = ObjectMeta.isNewer(object.metadata.resourceVersion, current.metadata.resourceVersion)
    if (current.metadata.uid === object.metadata.uid) return isNewer ? this.#index.put(object) : current
    this.#addTombstone((isNewer ? current : object).metadata.uid, "final")
    return isNewer ? this.#index.put(object) : undefined
  }

  /** Removes an object, unless another uid has taken its name. */
  #remove(object: ObjectMeta.KubernetesObject, version: Version): ReadonlyArray<StoreChange> {
    const previous = this.#current(object)
    this.#addTombstone(object.metadata.uid, version)
    if (previous?.metadata.uid !== object.metadata.uid) return []
    this.#index.remove(previous)
    return this.#report({ type: "Deleted", kind: this.#kind, object, previous, writer: undefined })
  }

  /** Returns a change of the watch, or defers it while a write to its object is in flight. */
  #report(change: StoreChange): ReadonlyArray<StoreChange> {
    const pending = this.#pendingWrites.get(namespacedName(change.object))
    if (pending === undefined) return [change]
    pending.deferred = [...pending.deferred, change]
    return []
  }

  #history(uid: string): VersionHistory {
    const history = this.#histories.get(uid) ?? { watched: undefined, ownVersions: new Set<Version>() }
    this.#histories.set(uid, history)
    return history
  }

  #addTombstone(uid: string, version: Version | "final"): void {
    this.#histories.delete(uid)
    this.#tombstones.set(uid, version)
    if (this.#tombstones.size <= TOMBSTONES_MAX) return
    for (const oldest of this.#tombstones.keys()) {
      this.#tombstones.delete(oldest)
      return
    }
  }

  /** An object that left the selector comes back when it matches again, with a newer resourceVersion. */
  #isDeleted({ metadata }: ObjectMeta.KubernetesObject): boolean {
    const version = this.#tombstones.get(metadata.uid)
    if (version === undefined) return false
    if (version === "final" || !ObjectMeta.isNewer(metadata.resourceVersion, version)) return true
    this.#tombstones.delete(metadata.uid)
    return false
  }

  #advance(version: Version): void {
    if (this.#watched === undefined || ObjectMeta.isNewer(version, this.#watched)) this.#watched = version
  }

  #clear(): ReadonlyArray<StoreChange> {
    const objects = this.list({})
    this.#histories.clear()
    this.#tombstones.clear()
    this.#watched = undefined
    return objects.flatMap((object) => {
      this.#index.remove(object)
      return this.#report({ type: "Deleted", kind: this.#kind, object, previous: object, writer: undefined })
    })
  }
}

/** Whether the watch delivered this change because of the write with this result. */
const isEchoOf = (result: WriteResult | undefined, { object, type }: StoreChange): boolean => {
  if (result === undefined) return false
  if (result._tag === "Deleted") return type === "Deleted" && object.metadata.uid === result.uid
  const isSameVersion = object.metadata.resourceVersion === result.object.metadata.resourceVersion
  return result.isOwnVersion && type === "Applied" && isSameVersion
}
