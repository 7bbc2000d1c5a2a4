/**
 * The informer cache of one process, which can fall behind the server: a watch that delivers nothing, a watch on an
 * older API server, a watch that breaks and relists. It keeps the guarantee of `ObjectCache`: after a write of its
 * process returned, a read of that object returns that write or something newer.
 *
 * While the cache is up to date it reads from the server and keeps no objects of its own.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { ApiEvent } from "@portolan/cluster-emulator/apiserver/Request"
import { keyOf, keyWithin, type Stored } from "@portolan/cluster-emulator/apiserver/Storage"
import { CurrentReconcile, type KubernetesApi, ObjectCache, ObjectMeta, type Watches } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { storedObject, storedObjects } from "./InMemoryKubernetes.ts"
import * as TrackedWrites from "./TrackedWrites.ts"
import * as WatchedObjects from "./WatchedObjects.ts"

/** An event of the server that the cache has not received yet. */
interface MissedEvent {
  readonly event: ApiEvent
  /** The listeners need not receive it any more: they know the change already. */
  isDelivered: boolean
}

/** An object with missed events, as the cache has it. */
interface CachedObject {
  object: Stored | undefined
  /** The resource version that the cache has it at. */
  revision: number
  /** How many of its events were missed. */
  missed: number
}

/** An object as the cache had it, and one of the events that change it. */
interface Change {
  readonly event: ApiEvent
  readonly object: Stored | undefined
}

/** Events of one object that arrive while this process writes to it: they may be of that write. */
interface PendingWrites {
  count: number
  events: Array<ApiEvent>
}

/** Receives an event, and the object whose reconcile made the change; `undefined` for other and unknown writers. */
export type Listener = (event: ApiEvent, writer: ObjectMeta.ObjectKey | undefined) => void

export class LaggingCache {
  /**
   * The cache, and the writing services of its process. Writes that bypass these services are those of other processes.
   */
  readonly layer: Layer.Layer<ObjectCache.ObjectCache | TrackedWrites.Writers, never, TrackedWrites.Writers>
  readonly #server: ApiServer
  readonly #listeners = new Set<Listener>()
  /** By collection, then by name: only objects that differ from the server's, or may. */
  readonly #cached = new Map<string, Map<string, CachedObject>>()
  /** Collection and name → the resource version of this process's last write to the object. */
  readonly #ownWrites = new Map<string, number>()
  readonly #pendingWrites = new Map<string, PendingWrites>()
  readonly #watched: WatchedObjects.WatchedObjects | undefined
  /** Oldest first. */
  #missed: Array<MissedEvent> = []
  #frozen = false
  #unsubscribe: (() => void) | undefined

  constructor(server: ApiServer, controlled?: Watches.Controlled) {
    this.#server = server
    this.#watched =
      controlled === undefined
        ? undefined
        : WatchedObjects.make(controlled, {
            get: (key) => this.#get(key),
            list: (kind, selection) => this.#list(kind, selection)
          })
    this.layer = Layer.effectContext(
      Effect.map(Effect.context<TrackedWrites.Writers>(), (writers) => this.over(writers))
    )
  }

  /** {@link layer} for services that are already built. */
  over(
    writers: Context.Context<TrackedWrites.Writers>
  ): Context.Context<ObjectCache.ObjectCache | TrackedWrites.Writers> {
    const tracked = TrackedWrites.make(writers, (key, write, resultOf) => this.#write(key, write, resultOf))
    const cache = this.#watched?.cache ?? {
      get: (key) => Effect.sync(() => Option.fromUndefinedOr(this.#get(key))),
      list: (kind, selection) => Effect.sync(() => this.#list(kind, selection))
    }
    return Context.add(tracked, ObjectCache.ObjectCache, cache)
  }

  /** Receives no more events until `step`, `thaw` or `relist`. */
  freeze(): void {
    this.#frozen = true
    this.#updateSubscription()
  }

  /** Receives all missed events, one by one, and stays up to date from then on. */
  thaw(): void {
    while (this.step());
    this.#frozen = false
    this.#updateSubscription()
  }

  /** Receives one more missed event, and stays frozen. False if there was none. */
  step(): boolean {
    const missed = this.#missed.shift()
    if (missed === undefined) return false
    const { event, isDelivered } = missed
    const cached = this.#cachedOf(event)
    const before = cached.object
    if (revisionOf(event.object) > cached.revision) update(cached, event)
    cached.missed -= 1
    if (cached.missed === 0) this.#collection(event).delete(keyOf(event.object))
    const isOfAnother = event.type === "DELETED" || event.object.metadata.uid !== cached.object?.metadata.uid
    if (!isDelivered && !(before === cached.object && isOfAnother))
      this.#notify(informerEvent(event, before, cached.object, event.object))
    return true
  }

  /** How many events were not received yet, including those of this process's own writes. */
  lag(): number {
    return this.#missed.length
  }

  /**
   * Goes back by `events` events, or as many as the server keeps, and freezes there, like an informer that moves to an
   * API server with an older watch cache. Listeners receive the difference as after {@link relist}, and later all
   * events again.
   *
   * Objects that this process wrote do not go back past its writes. A restarted process has no such memory: make a new
   * cache for it and rewind that.
   */
  rewind(events: number): void {
    this.freeze()
    const past = this.#server.latest(this.#missed.length + events)
    const undone = past.slice(0, Math.max(0, past.length - this.#missed.length))
    const before = new Map<string, Change>()
    for (const event of undone.toReversed()) {
      const cached = this.#cachedOf(event, after(event), revisionOf(event.object))
      if (!before.has(identityOf(event))) before.set(identityOf(event), { event, object: cached.object })
      this.#missed.unshift(this.#undo(event, cached))
    }
    for (const { event, object } of before.values()) {
      const now = this.#cachedOf(event).object
      if (now !== object) this.#notify(informerEvent(event, object, now))
    }
  }

  /**
   * Lists again after its watch broke and the history was compacted; it is up to date from then on. Listeners receive
   * the difference: `DELETED` with the last known state for an object that is gone, `MODIFIED` from the old to the new
   * object for one that was recreated under its name, and nothing for one that was created and deleted in between.
   */
  relist(): void {
    const undelivered = this.#missed.filter(({ isDelivered }) => !isDelivered).map(({ event }) => event)
    const before = new Map(
      undelivered.map((event): [string, Change] => [identityOf(event), { event, object: this.#cachedOf(event).object }])
    )
    this.#catchUp()
    this.#updateSubscription()
    for (const { event, object } of before.values()) {
      const { name, namespace = "" } = event.object.metadata
      this.#notify(informerEvent(event, object, this.#server.peek(event, namespace, name)))
    }
  }

  /**
   * Calls a listener with every event that the cache receives; `previous` is the object as the cache had it. The event
   * of a write of this process is received before the write returns. The cache is at the event's version, or past it.
   * Returns how to unsubscribe.
   */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    this.#updateSubscription()
    return () => {
      this.#listeners.delete(listener)
      this.#updateSubscription()
    }
  }

  /**
   * Calls a listener with the keys that the watches map each received change to. Without watches there are none. Returns
   * how to unsubscribe.
   */
  subscribeKeys(listener: (enqueued: ReadonlyArray<Watches.Enqueued>) => void): () => void {
    return this.subscribe((event, writer) => {
      const enqueued = this.#watched?.keysFor(event, writer) ?? []
      if (enqueued.length > 0) listener(enqueued)
    })
  }

  /** Unsubscribes from the server, removes all listeners, and reads the stored objects from then on. */
  close(): void {
    this.#listeners.clear()
    this.#catchUp()
    this.#updateSubscription()
  }

  #catchUp(): void {
    this.#missed = []
    this.#cached.clear()
    this.#frozen = false
  }

  /** Subscribes to the server only while the cache is frozen or has listeners. */
  #updateSubscription(): void {
    const isNeeded = this.#frozen || this.#listeners.size > 0
    if (isNeeded) this.#unsubscribe ??= this.#server.subscribe((event) => this.#onEvent(event))
    if (isNeeded) return
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }

  #onEvent(event: ApiEvent): void {
    if (!this.#frozen) {
      const pending = this.#pendingWrites.size === 0 ? undefined : this.#pendingWrites.get(identityOf(event))
      if (pending === undefined) this.#notify(event)
      else pending.events.push(event)
      return
    }
    const cached = this.#cachedOf(event, event.previous, versionBefore(event))
    cached.missed += 1
    this.#missed.push({ event, isDelivered: false })
  }

  /** Makes an event that was received a missed one. */
  #undo(event: ApiEvent, cached: CachedObject): MissedEvent {
    const isOwn = (this.#ownWrites.get(identityOf(event)) ?? 0) >= revisionOf(event.object)
    cached.missed += 1
    if (!isOwn) {
      cached.object = event.previous
      cached.revision = versionBefore(event)
    }
    return { event, isDelivered: isOwn }
  }

  #notify(event: ApiEvent | undefined, writer?: ObjectMeta.ObjectKey): void {
    if (event === undefined) return
    for (const listener of [...this.#listeners]) listener(event, writer)
  }

  #collection({ group, plural }: Pick<ApiEvent, "group" | "plural">): Map<string, CachedObject> {
    const text = `${group}/${plural}`
    const found = this.#cached.get(text) ?? new Map<string, CachedObject>()
    this.#cached.set(text, found)
    return found
  }

  /** The cached object of an event; `object` at `revision` if it has missed no event until now. */
  #cachedOf(event: ApiEvent, object?: Stored, revision = 0): CachedObject {
    const collection = this.#collection(event)
    const name = keyOf(event.object)
    const cached = collection.get(name) ?? { object, revision, missed: 0 }
    collection.set(name, cached)
    return cached
  }

  #get(key: ObjectMeta.ObjectKey): Stored | undefined {
    const cached = this.#cached.get(collectionOf(key.kind))?.get(keyWithin(key.namespace, key.name))
    return cached === undefined ? storedObject(this.#server, key) : cached.object
  }

  #list(kind: ObjectMeta.ObjectKind, selection: KubernetesApi.Selection = {}): ReadonlyArray<Stored> {
    const collection = this.#cached.get(collectionOf(kind))
    const stored = storedObjects(this.#server, kind, selection)
    return collection === undefined || collection.size === 0 ? stored : overlay(stored, collection, selection)
  }

  /**
   * Performs a write of this process; the cache has its result before the write returns. Events of its object are
   * received when it has ended, because only its response tells which of them is its own.
   */
  #write<A, E>(
    key: ObjectMeta.ObjectKey,
    write: Effect.Effect<A, E>,
    resultOf: (response: A) => TrackedWrites.WriteResult
  ): Effect.Effect<A, E> {
    return Effect.flatMap(CurrentReconcile.CurrentReconcile, (pass) => {
      const identity = `${collectionOf(key.kind)}/${keyWithin(key.namespace, key.name)}`
      const since = Number(this.#server.resourceVersion)
      const pending = this.#pendingWrites.get(identity) ?? { count: 0, events: [] }
      pending.count += 1
      this.#pendingWrites.set(identity, pending)
      return Effect.onExit(write, (exit) =>
        Effect.sync(() => {
          pending.count -= 1
          if (pending.count === 0) this.#pendingWrites.delete(identity)
          const result = Exit.isSuccess(exit) ? resultOf(exit.value) : undefined
          if (result !== undefined) {
            this.#watched?.wrote(key, result.object)
            this.#wrote(identity, result, since, pass?.key)
          }
          for (const event of pending.events.splice(0)) {
            const isOwn = revisionOf(event.object) > since && result?.isShownBy(event) === true
            this.#notify(event, isOwn ? pass?.key : undefined)
          }
        })
      )
    })
  }

  #wrote(
    identity: string,
    { isShownBy }: TrackedWrites.WriteResult,
    since: number,
    writer: ObjectMeta.ObjectKey | undefined
  ): void {
    const missed = this.#missed.findLast(({ event }) => identityOf(event) === identity && isShownBy(event))
    if (missed === undefined) {
      const [first] = this.#missed
      const received = first === undefined ? Number(this.#server.resourceVersion) : revisionOf(first.event.object) - 1
      this.#ownWrites.set(identity, received)
      return
    }
    const { event } = missed
    const revision = revisionOf(event.object)
    this.#ownWrites.set(identity, revision)
    const cached = this.#cachedOf(event)
    const before = cached.object
    if (revision > cached.revision) update(cached, event)
    const isOwn = revision > since
    const isDeleted = cached.object === undefined
    if (missed.isDelivered || !(isOwn || isDeleted)) return
    missed.isDelivered = true
    this.#notify(informerEvent(event, before, cached.object, event.object), isOwn ? writer : undefined)
  }
}

/**
 * The cache of a process that starts: up to date. With a controller's watches it has only what they select, and a read
 * of anything else is a defect; without, it has every object.
 */
export const make = (server: ApiServer, controlled?: Watches.Controlled): LaggingCache =>
  new LaggingCache(server, controlled)

const revisionOf = ({ metadata }: Stored): number => Number(metadata.resourceVersion)

const identityOf = ({ group, object, plural }: ApiEvent): string => `${group}/${plural}/${keyOf(object)}`

const collectionOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind): string =>
  `${parseApiVersion(apiVersion).group}/${plural}`

/** The object after an event; `undefined` if it is deleted. */
const after = ({ object, type }: ApiEvent): Stored | undefined => (type === "DELETED" ? undefined : object)

const versionBefore = ({ previous }: ApiEvent): number => (previous === undefined ? 0 : revisionOf(previous))

const update = (cached: CachedObject, event: ApiEvent): void => {
  cached.object = after(event)
  cached.revision = revisionOf(event.object)
}

/** The event that an informer emits when its object changes from `before` to `now`; `undefined` if it has neither. */
const informerEvent = (
  { group, plural, version }: Pick<ApiEvent, "group" | "version" | "plural">,
  before: Stored | undefined,
  now: Stored | undefined,
  last = before
): ApiEvent | undefined => {
  const resource = { group, version, plural }
  if (before === undefined) return now === undefined ? undefined : { ...resource, type: "ADDED", object: now }
  if (now !== undefined) return { ...resource, type: "MODIFIED", object: now, previous: before }
  return { ...resource, type: "DELETED", object: last ?? before, previous: before }
}

/** The stored objects of a list, with the cached ones in place of those that have missed events. */
const overlay = (
  stored: ReadonlyArray<Stored>,
  collection: ReadonlyMap<string, CachedObject>,
  { labels = {}, namespace = "" }: KubernetesApi.Selection
): ReadonlyArray<Stored> => {
  const cached = [...collection.values()].flatMap(({ object }) => object ?? [])
  const selected = cached.filter(
    ({ metadata }) =>
      (namespace === "" || metadata.namespace === namespace) && ObjectMeta.selects(labels, metadata.labels)
  )
  const current = stored.filter((object) => !collection.has(keyOf(object)))
  return [...current, ...selected].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
}
