/**
 * The storage layer, without etcd: current objects, and a bounded history for watches, exact lists and continue tokens.
 *
 * Every write of every kind increments one revision counter, so resource versions order all writes. Objects are
 * immutable: a read returns the stored object itself, not a copy.
 */
import type { JsonObject } from "./Json.ts"
import { objectOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { storageOf } from "./Kinds.ts"
import type { KubernetesObject } from "./KubernetesObject.ts"
import { isKubernetesObject } from "./KubernetesObject.ts"
import type { ApiEvent } from "./Request.ts"

/** An object in the storage version, with its resource version. */
export type Stored = KubernetesObject

/** One write, with its revision. */
export interface Change {
  readonly revision: number
  readonly storage: string
  readonly event: ApiEvent
}

interface ResourceStore {
  readonly objects: Map<string, Stored>
  /** Sorted keys; `undefined` after a create or delete, until the next list. */
  order: ReadonlyArray<string> | undefined
  /** Memoized lists by namespace; cleared by every write. */
  readonly lists: Map<string, ReadonlyArray<Stored>>
}

/** The key of an object within its kind. Sorting by key gives the order in which kube-apiserver lists. */
export const keyWithin = (namespace: string, name: string): string => `${namespace}/${name}`

/** {@link keyWithin} of a stored object. */
export const keyOf = ({ metadata }: Pick<Stored, "metadata">): string =>
  keyWithin(metadata.namespace ?? "", metadata.name)

export class Storage {
  readonly #collections = new Map<string, ResourceStore>()
  readonly #listeners = new Set<(event: ApiEvent) => void>()
  readonly #capacity: number
  #history: Array<Change> = []
  #revision: number
  /** Changes up to and including this revision are no longer in the history. */
  #compactedRevision: number

  constructor(capacity: number, firstRevision = 1) {
    this.#capacity = capacity
    this.#revision = firstRevision
    this.#compactedRevision = firstRevision
  }

  /** An independent copy with the same objects and history, without subscribers. */
  copy(): Storage {
    const copy = new Storage(this.#capacity, this.#revision)
    for (const [storage, { lists, objects, order }] of this.#collections) {
      copy.#collections.set(storage, { objects: new Map(objects), order, lists: new Map(lists) })
    }
    copy.#history = [...this.#history]
    copy.#compactedRevision = this.#compactedRevision
    return copy
  }

  /** A storage with the given objects by `group/plural`, at a revision. Its history starts there. */
  static restore(capacity: number, revision: number, contents: ReadonlyMap<string, ReadonlyArray<Stored>>): Storage {
    const storage = new Storage(capacity, revision)
    for (const [key, list] of contents) {
      const objects = new Map(list.map((object) => [keyOf(object), object]))
      storage.#collections.set(key, { objects, order: undefined, lists: new Map() })
    }
    return storage
  }

  /** All objects by `group/plural`. */
  contents(): ReadonlyMap<string, ReadonlyArray<Stored>> {
    return new Map([...this.#collections].map(([key, { objects }]) => [key, [...objects.values()]]))
  }

  /** The revision of the latest write. */
  get revision(): number {
    return this.#revision
  }

  get(kind: ServedKind, namespace: string, name: string): Stored | undefined {
    return this.#collections.get(storageOf(kind))?.objects.get(keyWithin(namespace, name))
  }

  /** Objects of a kind, sorted by namespace and name. An empty namespace selects all namespaces. */
  list(kind: ServedKind, namespace = ""): ReadonlyArray<Stored> {
    const collection = this.#collections.get(storageOf(kind))
    if (collection === undefined) return []
    const memoized = collection.lists.get(namespace)
    if (memoized !== undefined) return memoized
    collection.order ??= [...collection.objects.keys()].sort()
    const list = inNamespace(collection.order, namespace).flatMap((key) => collection.objects.get(key) ?? [])
    collection.lists.set(namespace, list)
    return list
  }

  /** The objects of a kind at a past revision; `undefined` when that revision is compacted. */
  listAt(kind: ServedKind, namespace: string, revision: number): ReadonlyArray<Stored> | undefined {
    if (revision >= this.#revision) return this.list(kind, namespace)
    const changes = this.changesSince(kind, revision)
    if (changes === undefined) return undefined
    const objects = new Map(this.list(kind).map((object) => [keyOf(object), object]))
    for (const { event } of changes.toReversed()) {
      if (event.type === "ADDED") objects.delete(keyOf(event.object))
      else objects.set(keyOf(event.object), previousOf(event))
    }
    return inNamespace([...objects.keys()].sort(), namespace).flatMap((key) => objects.get(key) ?? [])
  }

  /** The changes of a kind after a revision, oldest first; `undefined` when that revision is compacted. */
  changesSince(kind: ServedKind, revision: number): ReadonlyArray<Change> | undefined {
    if (revision < this.#compactedRevision) return undefined
    const storage = storageOf(kind)
    return this.#history.filter((change) => change.revision > revision && change.storage === storage)
  }

  /** The latest `count` changes of all kinds, oldest first; fewer when the history is shorter. */
  latest(count: number): ReadonlyArray<Change> {
    return this.#history.slice(Math.max(0, this.#history.length - count))
  }

  /** Stores an object at the next revision and notifies the subscribers. Returns the stored object. */
  put(kind: ServedKind, object: JsonObject, previous: Stored | undefined): Stored {
    const stored = withRevision(object, this.#next())
    const collection = this.#collection(kind)
    const key = keyOf(stored)
    if (previous === undefined) collection.order = undefined
    collection.objects.set(key, stored)
    collection.lists.clear()
    this.#notify(kind, previous === undefined ? { type: "ADDED" } : { type: "MODIFIED", previous }, stored)
    return stored
  }

  /** Deletes an object. The DELETED event carries its last stored state at the revision of the delete. */
  remove(kind: ServedKind, previous: Stored): Stored {
    const deleted = withRevision(previous, this.#next())
    const collection = this.#collection(kind)
    collection.objects.delete(keyOf(previous))
    collection.order = undefined
    collection.lists.clear()
    this.#notify(kind, { type: "DELETED", previous }, deleted)
    return deleted
  }

  subscribe(listener: (event: ApiEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Compacts the history: older continue tokens and watches expire (410). */
  forget(): void {
    this.#history = []
    this.#compactedRevision = this.#revision
  }

  #next(): number {
    this.#revision += 1
    return this.#revision
  }

  #collection(kind: ServedKind): ResourceStore {
    const storage = storageOf(kind)
    const found = this.#collections.get(storage)
    if (found !== undefined) return found
    const collection: ResourceStore = { objects: new Map(), order: [], lists: new Map() }
    this.#collections.set(storage, collection)
    return collection
  }

  #notify(kind: ServedKind, change: Pick<ApiEvent, "type" | "previous">, object: Stored): void {
    const { group, version } = kind.storage
    const event: ApiEvent = { ...change, group, version, plural: kind.plural, object }
    this.#history.push({ revision: this.#revision, storage: storageOf(kind), event })
    if (this.#history.length > 2 * this.#capacity) this.#trim()
    for (const listener of [...this.#listeners]) listener(event)
  }

  /** Drops half of the history at once, which keeps the cost per write constant. */
  #trim(): void {
    const dropped = this.#history.length - this.#capacity
    this.#compactedRevision = this.#history[dropped - 1]?.revision ?? this.#compactedRevision
    this.#history = this.#history.slice(dropped)
  }
}

const inNamespace = (keys: ReadonlyArray<string>, namespace: string): ReadonlyArray<string> =>
  namespace === "" ? keys : keys.filter((key) => key.startsWith(`${namespace}/`))

const previousOf = (event: ApiEvent): Stored => event.previous ?? event.object

const withRevision = (object: JsonObject, revision: number): Stored => {
  const metadata = { ...objectOf(object.metadata), resourceVersion: `${revision}` }
  const stored: JsonObject = { ...object, metadata }
  if (!isKubernetesObject(stored)) throw new Error("object without apiVersion, kind, name or uid reached the storage")
  return stored
}
