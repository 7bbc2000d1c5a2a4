/**
 * What one process has heard of a server, which may be behind what is stored: a watch that stalls, one that is served by
 * an older server, one that breaks and forgets. `ObjectCache`'s word is kept all the same: after a write of this process
 * returned, a read of that object sees that write or something newer.
 *
 * While it is up to date it reads through to the server and does no work of its own.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { ApiEvent } from "@portolan/cluster-emulator/apiserver/Request"
import { keyWithin, type Stored } from "@portolan/cluster-emulator/apiserver/Storage"
import { KubernetesApi, ObjectCache, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { objectCache } from "./InMemoryKubernetes.ts"

type Writers = KubernetesApi.KubernetesApi | StatusWriter.StatusWriter

/** A change that was not heard. */
interface Missed {
  readonly event: ApiEvent
  /** Nobody is to be told of it any more. */
  notified: boolean
}

/** An object that has missed changes, as this view has it. */
interface Observation {
  object: Stored | undefined
  /** The revision that it is known at. */
  revision: number
  /** Changes of it that were not heard. */
  missed: number
}

/** An object as it was seen until now, and one of the changes that move it. */
interface Change {
  readonly event: ApiEvent
  readonly object: Stored | undefined
}

/** Tells whether a change shows that a write took place. */
type Shows = (event: ApiEvent) => boolean

export class LaggingCache {
  /** The cache, and the writing promises of the process whose cache it is: writes that bypass them are another's. */
  readonly layer: Layer.Layer<ObjectCache.ObjectCache | Writers, never, Writers>
  readonly #server: ApiServer
  readonly #listeners = new Set<(event: ApiEvent) => void>()
  /** By collection, then by name: only what differs from the server, or may. */
  readonly #seen = new Map<string, Map<string, Observation>>()
  /** Collection and name → the revision by which this process's last write to it took place. */
  readonly #own = new Map<string, number>()
  /** Oldest first. */
  #missed: Array<Missed> = []
  #frozen = false
  #stop: (() => void) | undefined

  constructor(server: ApiServer) {
    this.#server = server
    this.layer = Layer.effectContext(Effect.map(Effect.context<Writers>(), (writers) => this.over(writers)))
  }

  /** {@link layer} for promises in hand. */
  over(writers: Context.Context<Writers>): Context.Context<ObjectCache.ObjectCache | Writers> {
    return Context.make(ObjectCache.ObjectCache, this.#cache()).pipe(
      Context.add(KubernetesApi.KubernetesApi, this.#api(Context.get(writers, KubernetesApi.KubernetesApi))),
      Context.add(StatusWriter.StatusWriter, this.#writer(Context.get(writers, StatusWriter.StatusWriter)))
    )
  }

  /** Hears nothing more until `step`, `thaw` or `relist`. */
  freeze(): void {
    this.#frozen = true
    this.#listen()
  }

  /** Hears all that it missed, change by change, and is up to date from then on. */
  thaw(): void {
    while (this.step());
    this.#frozen = false
    this.#listen()
  }

  /** Hears one more change that it missed, and stays frozen. False when there was none. */
  step(): boolean {
    const missed = this.#missed.shift()
    if (missed === undefined) return false
    const { event, notified } = missed
    const seen = this.#seenBy(event)
    const before = seen.object
    if (revisionOf(event.object) > seen.revision) know(seen, event)
    seen.missed -= 1
    if (seen.missed === 0) this.#collection(event).delete(nameOf(event.object))
    const isOfAnother = event.type === "DELETED" || event.object.metadata.uid !== seen.object?.metadata.uid
    if (!notified && !(before === seen.object && isOfAnother))
      this.#notify(toldAs(event, before, seen.object, event.object))
    return true
  }

  /** How many changes were not heard yet, this process's own included. */
  lag(): number {
    return this.#missed.length
  }

  /**
   * Goes back by `events` changes, or by as many as the server remembers, and is frozen there: it listens to another
   * server, whose watch cache is older. The way back is told as {@link relist} tells it, and the way forward is told again.
   *
   * Objects that this process wrote do not go back past its writes. A process that was restarted remembers no writes and
   * may go back further: make a new view for it and rewind that.
   */
  rewind(events: number): void {
    this.freeze()
    const past = this.#server.latest(this.#missed.length + events)
    const back = past.slice(0, Math.max(0, past.length - this.#missed.length))
    const before = new Map<string, Change>()
    for (const event of back.toReversed()) {
      const seen = this.#seenBy(event, after(event), revisionOf(event.object))
      if (!before.has(placeOf(event))) before.set(placeOf(event), { event, object: seen.object })
      this.#missed.unshift(this.#forget(event, seen))
    }
    for (const { event, object } of before.values()) {
      const now = this.#seenBy(event).object
      if (now !== object) this.#notify(toldAs(event, object, now))
    }
  }

  /**
   * Lists anew, because its watch broke and history is gone; it is up to date from then on. An object that was deleted
   * in between is told as `DELETED` in the last form that was known; one that came after it under its name is told as
   * `MODIFIED`, from the old one to the new one; what came and went in between is not told at all.
   */
  relist(): void {
    const untold = this.#missed.filter(({ notified }) => !notified).map(({ event }) => event)
    const before = new Map(
      untold.map((event): [string, Change] => [placeOf(event), { event, object: this.#seenBy(event).object }])
    )
    this.#catchUp()
    this.#listen()
    for (const { event, object } of before.values()) {
      const { name, namespace = "" } = event.object.metadata
      this.#notify(toldAs(event, object, this.#server.peek(event, namespace, name)))
    }
  }

  /**
   * Tells of every change as this view hears it, with `previous` as this view knew it. A write of this process is heard
   * when it returns; the cache is already at the change, or past it. Returns how to stop.
   */
  subscribe(listener: (event: ApiEvent) => void): () => void {
    this.#listeners.add(listener)
    this.#listen()
    return () => {
      this.#listeners.delete(listener)
      this.#listen()
    }
  }

  /** Lets go of the server: tells nobody anything more, and reads what is stored. */
  close(): void {
    this.#listeners.clear()
    this.#catchUp()
    this.#listen()
  }

  #catchUp(): void {
    this.#missed = []
    this.#seen.clear()
    this.#frozen = false
  }

  /** Listens to the server only while somebody needs it. */
  #listen(): void {
    const isNeeded = this.#frozen || this.#listeners.size > 0
    if (isNeeded) this.#stop ??= this.#server.subscribe((event) => this.#happened(event))
    if (isNeeded) return
    this.#stop?.()
    this.#stop = undefined
  }

  #happened(event: ApiEvent): void {
    if (!this.#frozen) {
      this.#notify(event)
      return
    }
    const seen = this.#seenBy(event, event.previous, versionBefore(event))
    seen.missed += 1
    this.#missed.push({ event, notified: false })
  }

  /** Moves back over a change that was heard. */
  #forget(event: ApiEvent, seen: Observation): Missed {
    const isOwn = (this.#own.get(placeOf(event)) ?? 0) >= revisionOf(event.object)
    seen.missed += 1
    if (!isOwn) {
      seen.object = event.previous
      seen.revision = versionBefore(event)
    }
    return { event, notified: isOwn }
  }

  #notify(notified: ApiEvent | undefined): void {
    if (notified === undefined) return
    for (const listener of [...this.#listeners]) listener(notified)
  }

  #collection({ group, plural }: Pick<ApiEvent, "group" | "plural">): Map<string, Observation> {
    const text = `${group}/${plural}`
    const found = this.#seen.get(text) ?? new Map<string, Observation>()
    this.#seen.set(text, found)
    return found
  }

  /** What is seen of the object of a change; `object` and `revision` if it has missed nothing until now. */
  #seenBy(event: ApiEvent, object?: Stored, revision = 0): Observation {
    const collection = this.#collection(event)
    const name = nameOf(event.object)
    const seen = collection.get(name) ?? { object, revision, missed: 0 }
    collection.set(name, seen)
    return seen
  }

  #cache(): ObjectCache.ObjectCache["Service"] {
    const stored = objectCache({ server: this.#server })
    return {
      get: (key) =>
        Effect.suspend(() => {
          const seen = this.#seen.get(collectionOf(key.kind))?.get(keyWithin(key.namespace, key.name))
          return seen === undefined ? stored.get(key) : Effect.succeed(Option.fromUndefinedOr(seen.object))
        }),
      list: (kind, selection = {}) =>
        Effect.suspend(() => {
          const collection = this.#seen.get(collectionOf(kind))
          if (collection === undefined || collection.size === 0) return stored.list(kind, selection)
          return Effect.map(stored.list(kind, selection), (objects) => instead(objects, collection, selection))
        })
    }
  }

  /** Knows what a write of this process did before it returns. */
  #during<A, E>(
    key: ObjectMeta.ObjectKey,
    write: Effect.Effect<A, E>,
    shows: (answer: A) => Shows
  ): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const since = Number(this.#server.resourceVersion)
      return Effect.tap(write, (answer) => Effect.sync(() => this.#wrote(key, shows(answer), since)))
    })
  }

  #wrote(key: ObjectMeta.ObjectKey, shows: Shows, since: number): void {
    const place = `${collectionOf(key.kind)}/${keyWithin(key.namespace, key.name)}`
    const missed = this.#missed.findLast(({ event }) => placeOf(event) === place && shows(event))
    if (missed === undefined) {
      const [first] = this.#missed
      const received = first === undefined ? Number(this.#server.resourceVersion) : revisionOf(first.event.object) - 1
      this.#own.set(place, received)
      return
    }
    const { event } = missed
    const revision = revisionOf(event.object)
    this.#own.set(place, revision)
    const seen = this.#seenBy(event)
    const before = seen.object
    if (revision > seen.revision) know(seen, event)
    const isOurs = revision > since
    const isEnd = seen.object === undefined
    if (missed.notified || !(isOurs || isEnd)) return
    missed.notified = true
    this.#notify(toldAs(event, before, seen.object, event.object))
  }

  #api(api: KubernetesApi.KubernetesApi["Service"]): KubernetesApi.KubernetesApi["Service"] {
    return {
      get: (key) => api.get(key),
      list: (kind, selection) => api.list(kind, selection),
      create: (key, body) => this.#during(key, api.create(key, body), showing),
      apply: (key, body) => this.#during(key, api.apply(key, body), showing),
      delete: (key, preconditions) =>
        this.#during(key, api.delete(key, preconditions), () => (event) => isGoing(event, preconditions.uid)),
      removeFinalizer: (kind, seen, finalizer) => {
        const write = api.removeFinalizer(kind, seen, finalizer)
        if (seen.metadata.finalizers?.includes(finalizer) !== true) return write
        return this.#during(ObjectMeta.keyOf(kind, seen), write, () => (event) => isReleased(event, seen, finalizer))
      }
    }
  }

  #writer(writer: StatusWriter.StatusWriter["Service"]): StatusWriter.StatusWriter["Service"] {
    return {
      patchStatus: (key, expected, patch) => this.#during(key, writer.patchStatus(key, expected, patch), showing),
      setFinalizers: (key, expected, finalizers) =>
        this.#during(key, writer.setFinalizers(key, expected, finalizers), showing)
    }
  }
}

/** The view of a process that begins: up to date. */
export const make = (server: ApiServer): LaggingCache => new LaggingCache(server)

const revisionOf = ({ metadata }: Stored): number => Number(metadata.resourceVersion)

const nameOf = ({ metadata }: Stored): string => keyWithin(metadata.namespace ?? "", metadata.name)

const placeOf = ({ group, object, plural }: ApiEvent): string => `${group}/${plural}/${nameOf(object)}`

const collectionOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind): string =>
  `${parseApiVersion(apiVersion).group}/${plural}`

/** An object after a change of it; `undefined` when it is gone. */
const after = ({ object, type }: ApiEvent): Stored | undefined => (type === "DELETED" ? undefined : object)

const versionBefore = ({ previous }: ApiEvent): number => (previous === undefined ? 0 : revisionOf(previous))

const know = (seen: Observation, event: ApiEvent): void => {
  seen.object = after(event)
  seen.revision = revisionOf(event.object)
}

/** The change that an answer tells of. The last finalizer's removal answers with the version before it. */
const showing =
  (answer: Stored): Shows =>
  ({ object, previous, type }) =>
    object.metadata.uid === answer.metadata.uid &&
    (object.metadata.resourceVersion === answer.metadata.resourceVersion ||
      (type === "DELETED" && previous?.metadata.resourceVersion === answer.metadata.resourceVersion))

const isGoing = ({ object: { metadata }, type }: ApiEvent, uid: string): boolean =>
  metadata.uid === uid && (type === "DELETED" || metadata.deletionTimestamp !== undefined)

const isReleased = ({ object, type }: ApiEvent, seen: Stored, finalizer: string): boolean =>
  object.metadata.uid === seen.metadata.uid &&
  revisionOf(object) > revisionOf(seen) &&
  (type === "DELETED" || object.metadata.finalizers?.includes(finalizer) !== true)

/** How an informer tells of a change from what it knew to what it knows; `undefined` when it knew of nothing. */
const toldAs = (
  { group, plural, version }: Pick<ApiEvent, "group" | "version" | "plural">,
  before: Stored | undefined,
  now: Stored | undefined,
  last = before
): ApiEvent | undefined => {
  const where = { group, version, plural }
  if (before === undefined) return now === undefined ? undefined : { ...where, type: "ADDED", object: now }
  if (now !== undefined) return { ...where, type: "MODIFIED", object: now, previous: before }
  return { ...where, type: "DELETED", object: last ?? before, previous: before }
}

/** A list of stored objects with those that are seen otherwise instead. */
const instead = (
  stored: ReadonlyArray<Stored>,
  collection: ReadonlyMap<string, Observation>,
  { labels = {}, namespace = "" }: KubernetesApi.Selection
): ReadonlyArray<Stored> => {
  const known = [...collection.values()].flatMap(({ object }) => object ?? [])
  const selected = known.filter(
    ({ metadata }) =>
      (namespace === "" || metadata.namespace === namespace) && ObjectMeta.selects(labels, metadata.labels)
  )
  const same = stored.filter((object) => !collection.has(nameOf(object)))
  return [...same, ...selected].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
}
