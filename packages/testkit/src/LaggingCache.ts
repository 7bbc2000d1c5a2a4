/**
 * What one process sees of a server, which may be behind what is stored: a watch that stalls, an informer that lists anew
 * from an older server, a deletion that nobody told of. It keeps `ObjectCache`'s word all the same: after a write of this
 * process has returned, a read sees that write or something newer.
 */
import { KubernetesApi, ObjectCache, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ApiServer } from "./apiserver/ApiServer.ts"
import { parseApiVersion } from "./apiserver/Kinds.ts"
import type { ApiEvent } from "./apiserver/Request.ts"
import { objectCache } from "./InMemoryKubernetes.ts"

type Writers = KubernetesApi.KubernetesApi | StatusWriter.StatusWriter

/** How many past changes a view can be moved back by. */
const PAST = 64

/** Where an object is, whatever version it is asked for in. */
const placeOf = (group: string, plural: string, namespace: string, name: string): string =>
  `${group}/${plural}/${namespace}/${name}`

const placeOfEvent = ({ group, object, plural }: ApiEvent): string =>
  placeOf(group, plural, object.metadata.namespace ?? "", object.metadata.name)

const placeOfKey = ({ kind, name, namespace }: ObjectMeta.ObjectKey): string =>
  placeOf(parseApiVersion(kind.apiVersion).group, kind.plural, namespace, name)

/** How an object was before a change. */
const before = ({ object, previous, type }: ApiEvent): ObjectMeta.KubernetesObject | undefined =>
  previous ?? (type === "ADDED" ? undefined : object)

export class LaggingCache {
  /** The cache, and the writing promises of the process whose cache it is. */
  readonly layer: Layer.Layer<ObjectCache.ObjectCache | Writers, never, Writers>
  readonly #server: ApiServer
  readonly #listeners = new Set<() => void>()
  readonly #stop: () => void
  /** The latest changes that were heard, oldest first. */
  #heard: Array<ApiEvent> = []
  /** Changes that were not heard, oldest first; `undefined` while everything is. */
  #missed: Array<ApiEvent> | undefined
  /** Objects as they were right after this process's own writes, by place; `undefined` for those that were gone. */
  readonly #own = new Map<string, ObjectMeta.KubernetesObject | undefined>()

  constructor(server: ApiServer) {
    this.#server = server
    this.#stop = server.subscribe((event) => this.#hear(event))
    this.layer = Layer.effectContext(
      Effect.gen({ self: this }, function* () {
        const wrap = this.#noting()
        return Context.make(ObjectCache.ObjectCache, this.#cache()).pipe(
          Context.add(KubernetesApi.KubernetesApi, wrap.kubernetes(yield* KubernetesApi.KubernetesApi)),
          Context.add(StatusWriter.StatusWriter, wrap.status(yield* StatusWriter.StatusWriter))
        )
      })
    )
  }

  /** Hears nothing more until it catches up. */
  freeze(): void {
    this.#missed ??= []
  }

  /** Hears everything that it missed, change by change. */
  thaw(): void {
    while (this.step());
    this.#missed = undefined
    this.#own.clear()
  }

  /** Hears one more change that it missed; whether there was one. */
  step(): boolean {
    const event = this.#missed?.shift()
    if (event === undefined) return false
    this.#note(event)
    return true
  }

  /** How many changes it has not heard of. */
  lag(): number {
    return this.#missed?.length ?? 0
  }

  /**
   * Goes back by some changes, 64 at most, and stays there until it catches up: it lists anew from a server that is behind.
   * Own writes stay seen: a process that forgets them has been restarted, and then has a new view.
   */
  rewind(changes: number): void {
    const back = this.#heard.splice(Math.max(0, this.#heard.length - changes))
    this.#missed = [...back, ...(this.#missed ?? [])]
    this.#tell()
  }

  /**
   * Lists anew, after the history of its watch was lost: it is up to date and has heard of no single change. What was
   * deleted in between is not there any more; an object of the same name that came after it looks like the same one, changed.
   */
  relist(): void {
    this.#heard = []
    this.#missed = undefined
    this.#own.clear()
    this.#tell()
  }

  /** Tells of changes as this view hears them. Returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Hears nothing more, for ever. */
  close(): void {
    this.#stop()
    this.#listeners.clear()
  }

  #hear(event: ApiEvent): void {
    if (this.#missed === undefined) this.#note(event)
    else this.#missed.push(event)
  }

  #note(event: ApiEvent): void {
    this.#heard.push(event)
    if (this.#heard.length > 2 * PAST) this.#heard = this.#heard.slice(-PAST)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  /** What this view has instead of what is stored, by place. */
  #differences(): ReadonlyMap<string, ObjectMeta.KubernetesObject | undefined> {
    const seen = new Map<string, ObjectMeta.KubernetesObject | undefined>()
    for (const event of this.#missed ?? []) {
      const place = placeOfEvent(event)
      if (!seen.has(place)) seen.set(place, this.#own.has(place) ? this.#own.get(place) : before(event))
    }
    return seen
  }

  #cache(): ObjectCache.ObjectCache["Service"] {
    const current = objectCache({ server: this.#server })
    return {
      get: (key) =>
        Effect.suspend(() => {
          const [seen, place] = [this.#differences(), placeOfKey(key)]
          return seen.has(place) ? Effect.succeed(Option.fromUndefinedOr(seen.get(place))) : current.get(key)
        }),
      list: (kind, selection) =>
        Effect.suspend(() =>
          this.lag() === 0
            ? current.list(kind, selection)
            : Effect.sync(() => [...this.#stale(kind, selection?.namespace ?? "", selection?.labels ?? {})])
        )
    }
  }

  #stale(
    kind: ObjectMeta.ObjectKind,
    namespace: string,
    labels: ObjectMeta.LabelSelector
  ): ReadonlyArray<ObjectMeta.KubernetesObject> {
    const resource = { ...parseApiVersion(kind.apiVersion), plural: kind.plural }
    const prefix = placeOf(resource.group, kind.plural, "", "").slice(0, -1)
    const seen = this.#differences()
    const stored = this.#server
      .peekAll(resource, namespace)
      .filter((object) => !seen.has(placeOfKey(ObjectMeta.keyOf(kind, object))))
    const others = [...seen].flatMap(([place, object]) =>
      object !== undefined && place.startsWith(prefix) && (namespace === "" || object.metadata.namespace === namespace)
        ? [object]
        : []
    )
    return [...stored, ...others]
      .filter((object) => ObjectMeta.selects(labels, object.metadata.labels))
      .sort((left, right) => compare(nameOf(left), nameOf(right)))
  }

  /** The writing promises, after each of whose writes this view knows how the object stands. */
  #noting() {
    const wrote =
      (key: ObjectMeta.ObjectKey) =>
      <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.tap(write, () =>
          Effect.sync(() => {
            if (this.#missed === undefined) return
            const resource = { ...parseApiVersion(key.kind.apiVersion), plural: key.kind.plural }
            this.#own.set(placeOfKey(key), this.#server.peek(resource, key.namespace, key.name))
          })
        )
    return {
      kubernetes: (api: KubernetesApi.KubernetesApi["Service"]): KubernetesApi.KubernetesApi["Service"] => ({
        get: api.get,
        list: api.list,
        create: (key, body) => wrote(key)(api.create(key, body)),
        apply: (key, body) => wrote(key)(api.apply(key, body)),
        delete: (key, preconditions) => wrote(key)(api.delete(key, preconditions)),
        removeFinalizer: (kind, seen, finalizer) =>
          wrote(ObjectMeta.keyOf(kind, seen))(api.removeFinalizer(kind, seen, finalizer))
      }),
      status: (writer: StatusWriter.StatusWriter["Service"]): StatusWriter.StatusWriter["Service"] => ({
        patchStatus: (key, expected, patch) => wrote(key)(writer.patchStatus(key, expected, patch)),
        setFinalizers: (key, expected, finalizers) => wrote(key)(writer.setFinalizers(key, expected, finalizers))
      })
    }
  }
}

const nameOf = ({ metadata }: ObjectMeta.KubernetesObject): string => `${metadata.namespace ?? ""}/${metadata.name}`

const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right))

/** The view of a new process, up to date. */
export const make = (server: ApiServer): LaggingCache => new LaggingCache(server)
