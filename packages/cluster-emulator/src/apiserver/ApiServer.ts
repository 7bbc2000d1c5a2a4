/**
 * The API server as a deterministic, synchronous state machine. It has no clock, no randomness and no timers of its
 * own: the same sequence of requests gives the same responses.
 */
import * as Crds from "./Crds.ts"
import * as Create from "./Create.ts"
import * as Delete from "./Delete.ts"
import * as DeleteOptions from "./DeleteOptions.ts"
import { ApiFailure, internal, methodNotAllowed, notFound } from "./Failure.ts"
import * as GarbageCollector from "./GarbageCollector.ts"
import type { JsonObject } from "./Json.ts"
import { textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { Kinds } from "./Kinds.ts"
import * as Lists from "./Lists.ts"
import { metadataOf } from "./Metadata.ts"
import * as Options from "./Options.ts"
import * as Patches from "./Patches.ts"
import type { ApiEvent, ApiRequest, ApiResponse } from "./Request.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { read, targetOf, toServedVersion } from "./ServerState.ts"
import * as Snapshot from "./Snapshot.ts"
import type { Stored } from "./Storage.ts"
import { Storage } from "./Storage.ts"
import * as Update from "./Update.ts"
import type { WatchEvent, WatchSelection } from "./Watch.ts"
import * as Watch from "./Watch.ts"

export interface ApiServerOptions {
  /** The current time, RFC 3339 in whole seconds. Default: always `2026-01-01T00:00:00Z`. */
  readonly now?: () => string
  /** Creates the uid of an object. Default: a counter in the form of a UUID. */
  readonly uid?: () => string
  /** The number of past changes that stay available at least. Older resource versions expire (410). */
  readonly historyCapacity?: number
  /**
   * A server to copy: its objects, history, served kinds and counters. Later changes of either do not affect the other.
   */
  readonly like?: ApiServer
  /** The state to continue with, from {@link ApiServer.snapshot}. Older resource versions expire (410). */
  readonly snapshot?: Snapshot.Snapshot
}

const HISTORY_CAPACITY = 20_000

const defaultTime = "2026-01-01T00:00:00Z"

/** The user of changes that no request made: garbage collection. */
const CONTROL_PLANE = "control plane"

/** A GroupVersionResource. */
export type Resource = Pick<ApiRequest, "group" | "version" | "plural">

/** The result of `eventsSince`. `Expired`: the resource version is compacted, and the client must list again. */
export type Past =
  | { readonly _tag: "Events"; readonly events: ReadonlyArray<WatchEvent> }
  | { readonly _tag: "Expired" }

/** An API server in memory, with the namespaces `default` and `kube-system`. */
export class ApiServer {
  readonly #state: ServerState
  readonly #storage: Storage
  readonly #kinds: Kinds
  /** Counters from which uids and name suffixes are generated. */
  readonly #generated: Snapshot.Generated
  #warnings: Array<string> = []
  #user = CONTROL_PLANE

  constructor(options: ApiServerOptions = {}) {
    const { like, now = () => defaultTime, snapshot, uid } = options
    const { generated, kinds, nonCanonical, storage } = ApiServer.#partsOf(options)
    this.#storage = storage
    this.#kinds = kinds
    this.#generated = generated
    this.#state = {
      storage: this.#storage,
      kinds: this.#kinds,
      now,
      uid: uid ?? (() => nthUid(++this.#generated.uids)),
      suffix: () => suffixOf(this.#generated.suffixes++),
      nonCanonical,
      warn: (text) => this.#warnings.push(text)
    }
    this.#storage.subscribe((event) => Crds.syncServedKinds(this.#state, event))
    if (like !== undefined || snapshot !== undefined) return
    for (const name of ["default", "kube-system"]) this.#namespace(name)
  }

  static #partsOf({ historyCapacity = HISTORY_CAPACITY, like, snapshot }: ApiServerOptions): Snapshot.Parts {
    if (snapshot !== undefined) return Snapshot.restore(snapshot, historyCapacity)
    return {
      storage: like === undefined ? new Storage(historyCapacity) : like.#storage.copy(),
      kinds: like === undefined ? new Kinds() : like.#kinds.copy(),
      generated: like === undefined ? { uids: 0, suffixes: 0 } : { ...like.#generated },
      nonCanonical: like === undefined ? new WeakSet() : like.#state.nonCanonical
    }
  }

  /** Handles one request. Never throws: every failure is a response with a `Status`. */
  handle(request: ApiRequest): ApiResponse {
    this.#warnings = []
    this.#user = request.user
    const { body, code } = this.#answer(request)
    this.#user = CONTROL_PLANE
    return { code, body, warnings: this.#warnings }
  }

  /**
   * Calls `listener` with every future change, in order, in the storage version. Returns the function to unsubscribe.
   */
  subscribe(listener: (event: ApiEvent) => void): () => void {
    return this.#storage.subscribe(listener)
  }

  /** The events of a watch from a resource version up to now, in the version of the selection. */
  eventsSince(selection: WatchSelection, resourceVersion: string): Past {
    const kind = this.#kinds.find(selection.group, selection.version, selection.plural)
    const changes = kind === undefined ? undefined : this.#storage.changesSince(kind, Number(resourceVersion))
    if (kind === undefined || changes === undefined) return { _tag: "Expired" }
    const view = Watch.view(kind, selection)
    return { _tag: "Events", events: changes.flatMap(({ event }) => view(event) ?? []) }
  }

  /**
   * The latest `count` changes of all kinds, oldest first, in the storage version; fewer when the history is shorter.
   */
  latest(count: number): ReadonlyArray<ApiEvent> {
    return this.#storage.latest(count).map(({ event }) => event)
  }

  /** Translates changes into the events of one watch; `undefined` for changes that the watch does not select. */
  viewOf(selection: WatchSelection): (event: ApiEvent) => WatchEvent | undefined {
    const kind = this.#kinds.find(selection.group, selection.version, selection.plural)
    return kind === undefined ? () => undefined : Watch.view(kind, selection)
  }

  /** Reads one object in the storage version, without a request. */
  peek({ group, plural, version }: Resource, namespace: string, name: string): Stored | undefined {
    const kind = this.#kinds.find(group, version, plural)
    return kind === undefined ? undefined : this.#storage.get(kind, namespace, name)
  }

  /** Reads all objects of a kind, sorted by namespace and name, without a request. An empty namespace selects all. */
  peekAll({ group, plural, version }: Resource, namespace = ""): ReadonlyArray<Stored> {
    const kind = this.#kinds.find(group, version, plural)
    return kind === undefined ? [] : this.#storage.list(kind, namespace)
  }

  /** The resource version of the latest write. */
  get resourceVersion(): string {
    return `${this.#storage.revision}`
  }

  /** Every served kind, in every served version. */
  resources(): ReadonlyArray<ServedKind> {
    return this.#kinds.all()
  }

  /** The user of the request in progress, for subscribers; `control plane` outside of requests. */
  get asking(): string {
    return this.#user
  }

  /** The current time of the server. */
  now(): string {
    return this.#state.now()
  }

  /**
   * One pass of garbage collection: dependents without owners, `foregroundDeletion` and `orphan` finalizers, volume
   * protection, terminating namespaces and CustomResourceDefinitions. Returns the number of deleted objects; call it
   * until it returns 0.
   */
  collectGarbage(): number {
    return GarbageCollector.collect(this.#state)
  }

  /** The state of the server as JSON. The history is not part of it. */
  snapshot(): Snapshot.Snapshot {
    return Snapshot.take({ ...this.#state, generated: this.#generated })
  }

  /** Compacts the history: older watches and continue tokens expire (410). */
  forget(): void {
    this.#storage.forget()
  }

  #answer(request: ApiRequest): Omit<ApiResponse, "warnings"> {
    try {
      return this.#dispatch(request, targetOf(this.#state, request))
    } catch (failure) {
      const status = failure instanceof ApiFailure ? failure : internal(`Internal error occurred: ${String(failure)}`)
      return { code: status.code, body: status.body }
    }
  }

  #dispatch(request: ApiRequest, target: Target): Omit<ApiResponse, "warnings"> {
    const state = this.#state
    Options.check(request)
    switch (request.verb) {
      case "get":
        return { code: 200, body: get(state, target, request) }
      case "list":
        return { code: 200, body: Lists.list(state, target, request) }
      case "create":
        return this.#created(target, request)
      case "update":
        return this.#written(target, Update.update(state, target, request))
      case "patch":
        return this.#written(target, Patches.patch(state, target, request))
      case "delete":
        return isDefinition(target) ? this.#deleteDefinition(target, request) : Delete.remove(state, target, request)
      case "deletecollection":
        if (target.kind.kind === "Namespace") throw methodNotAllowed()
        return { code: 200, body: Delete.removeCollection(state, target, request) }
    }
  }

  #created(target: Target, request: ApiRequest): Omit<ApiResponse, "warnings"> {
    const isNamed = target.name !== "" && target.kind.custom === undefined
    if (isNamed || request.subresource !== undefined) throw methodNotAllowed()
    if (target.kind.scope === "Namespaced" && target.namespace === "") throw methodNotAllowed()
    return this.#written(target, { code: 201, body: Create.create(this.#state, target, request) })
  }

  /** Converts the response to the requested version. Also establishes a CustomResourceDefinition after its write. */
  #written(target: Target, response: Omit<ApiResponse, "warnings">): Omit<ApiResponse, "warnings"> {
    const { body, code } = response
    if (isDefinition(target)) {
      Crds.establish(this.#state, target.kind, textOf(metadataOf(body).name))
    }
    return { code, body: toServedVersion(target.kind, body) }
  }

  #deleteDefinition(target: Target, request: ApiRequest): Omit<ApiResponse, "warnings"> {
    const current = read(this.#state, target)
    const isActive = current !== undefined && current.metadata.deletionTimestamp === undefined
    if (isActive && !DeleteOptions.of(request).dryRun)
      this.#storage.put(target.kind, Crds.withCleanupFinalizer(current), current)
    const response = Delete.remove(this.#state, target, request)
    Crds.finalizeTerminating(this.#state, target.kind)
    return response
  }

  #namespace(name: string): void {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } }
    const path = { group: "", version: "v1", plural: "namespaces", namespace: "", name: "" }
    this.handle({ ...path, verb: "create", query: {}, user: "kube-apiserver", body })
  }
}

export const make = (options?: ApiServerOptions): ApiServer => new ApiServer(options)

const isDefinition = ({ kind }: Target): boolean => kind.plural === Crds.plural && kind.group === Crds.group

const get = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const resourceVersion = request.query.resourceVersion ?? ""
  if (!/^\d*$/u.test(resourceVersion)) throw internal(Lists.versionSyntaxError(resourceVersion))
  Lists.checkVersion(state, resourceVersion)
  const found = read(state, target)
  if (found === undefined) throw notFound(target.kind, target.name)
  return toServedVersion(target.kind, found)
}

/** A counter in the form of a UUID. */
const nthUid = (count: number): string => `00000000-0000-4000-8000-${count.toString(16).padStart(12, "0")}`

/** The letters of generated names. Without vowels, a suffix cannot spell a word. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789"

/** A pseudorandom suffix of five letters. Suffixes do not repeat within 27^5 names. */
const suffixOf = (count: number): string => {
  let remaining = (count * 4_780_901 + 7_368_787) % alphabet.length ** 5
  let text = ""
  for (let index = 0; index < 5; index++) {
    text += alphabet[remaining % alphabet.length]
    remaining = Math.floor(remaining / alphabet.length)
  }
  return text
}
