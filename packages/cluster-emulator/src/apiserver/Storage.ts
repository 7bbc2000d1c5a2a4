/**
 * What the server remembers: the objects of now, and enough of the past to answer a watch or the next page of a list.
 *
 * One counter stamps every write of every kind, so versions order all writes. Objects are immutable; a read returns
 * the stored object itself.
 */
import type { JsonObject } from "./Json.ts"
import { objectOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { storageOf } from "./Kinds.ts"
import type { KubernetesObject } from "./KubernetesObject.ts"
import { isKubernetesObject } from "./KubernetesObject.ts"
import type { ApiEvent } from "./Request.ts"

export type Stored = KubernetesObject

/** One write, at its place in time. */
export interface Change {
  readonly revision: number
  readonly storage: string
  readonly event: ApiEvent
}

interface ResourceStore {
  readonly objects: Map<string, Stored>
  /** Sorted keys; gone when a key came or went. */
  order: ReadonlyArray<string> | undefined
  /** Lists that were asked for, by namespace; gone when an object changed. */
  readonly lists: Map<string, ReadonlyArray<Stored>>
}

/** The identity of an object within its kind; keys sort as a real server lists them. */
export const keyWithin = (namespace: string, name: string): string => `${namespace}/${name}`

export class Storage {
  readonly #collections = new Map<string, ResourceStore>()
  readonly #listeners = new Set<(event: ApiEvent) => void>()
  readonly #capacity: number
  #history: Array<Change> = []
  #revision: number
  /** Changes up to this revision are forgotten. */
  #forgotten: number

  constructor(capacity: number, firstRevision = 1) {
    this.#capacity = capacity
    this.#revision = firstRevision
    this.#forgotten = firstRevision
  }

  /** The same objects and the same past, which go their own way from here. Nobody listens to them yet. */
  copy(): Storage {
    const copy = new Storage(this.#capacity, this.#revision)
    for (const [storage, { lists, objects, order }] of this.#collections) {
      copy.#collections.set(storage, { objects: new Map(objects), order, lists: new Map(lists) })
    }
    copy.#history = [...this.#history]
    copy.#forgotten = this.#forgotten
    return copy
  }

  /** The revision of the latest write. */
  get revision(): number {
    return this.#revision
  }

  get(kind: ServedKind, namespace: string, name: string): Stored | undefined {
    return this.#collections.get(storageOf(kind))?.objects.get(keyWithin(namespace, name))
  }

  /** Objects of a kind in order of namespace and name; an empty namespace means all. */
  list(kind: ServedKind, namespace = ""): ReadonlyArray<Stored> {
    const collection = this.#collections.get(storageOf(kind))
    if (collection === undefined) return []
    const known = collection.lists.get(namespace)
    if (known !== undefined) return known
    collection.order ??= [...collection.objects.keys()].sort()
    const list = inNamespace(collection.order, namespace).flatMap((key) => collection.objects.get(key) ?? [])
    collection.lists.set(namespace, list)
    return list
  }

  /** The objects of a kind as they were at a revision; `undefined` when that past is forgotten. */
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

  /** What happened to a kind after a revision, oldest first; `undefined` when that past is forgotten. */
  changesSince(kind: ServedKind, revision: number): ReadonlyArray<Change> | undefined {
    if (revision < this.#forgotten) return undefined
    const storage = storageOf(kind)
    return this.#history.filter((change) => change.revision > revision && change.storage === storage)
  }

  /** The latest changes of all kinds, oldest first: `count` of them, or what is remembered. */
  latest(count: number): ReadonlyArray<Change> {
    return this.#history.slice(Math.max(0, this.#history.length - count))
  }

  /** Stores an object under the next revision and tells the listeners. Returns it as stored. */
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

  /** Ends an object. It is told of as it was last stored, under the revision of its end. */
  remove(kind: ServedKind, previous: Stored): Stored {
    const gone = withRevision(previous, this.#next())
    const collection = this.#collection(kind)
    collection.objects.delete(keyOf(previous))
    collection.order = undefined
    collection.lists.clear()
    this.#notify(kind, { type: "DELETED", previous }, gone)
    return gone
  }

  subscribe(listener: (event: ApiEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the past, as a compaction does: older continue tokens and watches are expired from now on. */
  forget(): void {
    this.#history = []
    this.#forgotten = this.#revision
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

  #notify(kind: ServedKind, what: Pick<ApiEvent, "type" | "previous">, object: Stored): void {
    const { group, version } = kind.storage
    const event: ApiEvent = { ...what, group, version, plural: kind.plural, object }
    this.#history.push({ revision: this.#revision, storage: storageOf(kind), event })
    if (this.#history.length > 2 * this.#capacity) this.#trim()
    for (const listener of [...this.#listeners]) listener(event)
  }

  /** Trims in big steps, so that a write stays cheap. */
  #trim(): void {
    const dropped = this.#history.length - this.#capacity
    this.#forgotten = this.#history[dropped - 1]?.revision ?? this.#forgotten
    this.#history = this.#history.slice(dropped)
  }
}

const keyOf = (object: Stored): string => keyWithin(object.metadata.namespace ?? "", object.metadata.name)

const inNamespace = (keys: ReadonlyArray<string>, namespace: string): ReadonlyArray<string> =>
  namespace === "" ? keys : keys.filter((key) => key.startsWith(`${namespace}/`))

const previousOf = (event: ApiEvent): Stored => event.previous ?? event.object

const withRevision = (object: JsonObject, revision: number): Stored => {
  const metadata = { ...objectOf(object.metadata), resourceVersion: `${revision}` }
  const stamped: JsonObject = { ...object, metadata }
  if (!isKubernetesObject(stamped)) throw new Error("an object without identity reached the storage")
  return stamped
}
