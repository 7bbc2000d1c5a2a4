/**
 * The API server as a state state: a request in, a response out, nothing in between. No clock of its own, no chance,
 * no waiting; two servers that are asked the same things in the same order answer the same.
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
import type { Stored } from "./Storage.ts"
import { Storage } from "./Storage.ts"
import * as Update from "./Update.ts"
import type { WatchEvent, WatchSelection } from "./Watch.ts"
import * as Watch from "./Watch.ts"

export interface ApiServerOptions {
  /** The time of a write, as RFC 3339 in whole seconds. By default the first second of 2026, for ever. */
  readonly now?: () => string
  /** A new uid for every object. By default a count in the form of a UUID. */
  readonly uid?: () => string
  /** How many past changes are remembered at least; what is older is expired. */
  readonly historyCapacity?: number
  /** A server that this one begins as: with its objects, past, kinds and counts of now. It hears of nothing that comes. */
  readonly like?: ApiServer
}

/** The past that a watch or a token can return to, unless a test wants less. */
const HISTORY_CAPACITY = 20_000

const firstTime = "2026-01-01T00:00:00Z"

/** Who changes what nobody asked for: garbage collection. */
const ITSELF = "control plane"

/** One kind in one version, as a path names it. */
export type Resource = Pick<ApiRequest, "group" | "version" | "plural">

/** What `eventsSince` found. `Expired`: that past is forgotten, list again. */
export type Past =
  | { readonly _tag: "Events"; readonly events: ReadonlyArray<WatchEvent> }
  | { readonly _tag: "Expired" }

/** An API server in memory, with the namespaces `default` and `kube-system`. */
export class ApiServer {
  readonly #state: ServerState
  readonly #storage: Storage
  readonly #kinds: Kinds
  /** How many uids and suffixes were drawn. */
  readonly #drawn: { uids: number; suffixes: number }
  #warnings: Array<string> = []
  #asking = ITSELF

  constructor({ historyCapacity = HISTORY_CAPACITY, like, now = () => firstTime, uid }: ApiServerOptions = {}) {
    this.#storage = like === undefined ? new Storage(historyCapacity) : like.#storage.copy()
    this.#kinds = like === undefined ? new Kinds() : like.#kinds.copy()
    this.#drawn = like === undefined ? { uids: 0, suffixes: 0 } : { ...like.#drawn }
    this.#state = {
      storage: this.#storage,
      kinds: this.#kinds,
      now,
      uid: uid ?? (() => nthUid(++this.#drawn.uids)),
      suffix: () => letters(this.#drawn.suffixes++),
      nonCanonical: like === undefined ? new WeakSet() : like.#state.nonCanonical,
      warn: (text) => this.#warnings.push(text)
    }
    this.#storage.subscribe((event) => Crds.syncServedKinds(this.#state, event))
    if (like === undefined) for (const name of ["default", "kube-system"]) this.#namespace(name)
  }

  /** Answers one request. Never throws: whatever goes wrong is a `Status`. */
  handle(request: ApiRequest): ApiResponse {
    this.#warnings = []
    this.#asking = request.user
    const { body, code } = this.#answer(request)
    this.#asking = ITSELF
    return { code, body, warnings: this.#warnings }
  }

  /** Tells of every change from now on, in order, in the stored version. Returns how to stop. */
  subscribe(listener: (event: ApiEvent) => void): () => void {
    return this.#storage.subscribe(listener)
  }

  /** What a watch from a version would have seen until now. Events come in the asked version. */
  eventsSince(selection: WatchSelection, resourceVersion: string): Past {
    const kind = this.#kinds.find(selection.group, selection.version, selection.plural)
    const changes = kind === undefined ? undefined : this.#storage.changesSince(kind, Number(resourceVersion))
    if (kind === undefined || changes === undefined) return { _tag: "Expired" }
    const view = Watch.view(kind, selection)
    return { _tag: "Events", events: changes.flatMap(({ event }) => view(event) ?? []) }
  }

  /** The latest changes of all kinds, oldest first, in their stored versions: `count` of them, or what is remembered. */
  latest(count: number): ReadonlyArray<ApiEvent> {
    return this.#storage.latest(count).map(({ event }) => event)
  }

  /** How a watch sees one change: in its version, through its selectors; `undefined` when it does not. */
  viewOf(selection: WatchSelection): (event: ApiEvent) => WatchEvent | undefined {
    const kind = this.#kinds.find(selection.group, selection.version, selection.plural)
    return kind === undefined ? () => undefined : Watch.view(kind, selection)
  }

  /** Looks at one object without asking for it, in its stored version. */
  peek({ group, plural, version }: Resource, namespace: string, name: string): Stored | undefined {
    const kind = this.#kinds.find(group, version, plural)
    return kind === undefined ? undefined : this.#storage.get(kind, namespace, name)
  }

  /** Looks at all objects of a kind in order of namespace and name; an empty namespace means all. */
  peekAll({ group, plural, version }: Resource, namespace = ""): ReadonlyArray<Stored> {
    const kind = this.#kinds.find(group, version, plural)
    return kind === undefined ? [] : this.#storage.list(kind, namespace)
  }

  /** The version of the latest write. */
  get resourceVersion(): string {
    return `${this.#storage.revision}`
  }

  /** Every kind in every version that is served now. */
  resources(): ReadonlyArray<ServedKind> {
    return this.#kinds.all()
  }

  /** Who asked for the change that is being told of; `control plane` when it is one that nobody asked for. */
  get asking(): string {
    return this.#asking
  }

  /** The time that the next write carries. */
  now(): string {
    return this.#state.now()
  }

  /**
   * One pass of what the rest of a control plane does with what was left behind: objects whose owners are gone,
   * finalizers of propagation policies, volume protection, namespaces and definitions that are going away. Returns how
   * many objects it deleted; call it until that is 0.
   */
  collectGarbage(): number {
    return GarbageCollector.collect(this.#state)
  }

  /** Forgets the past: older watches and continue tokens are expired from now on. */
  forget(): void {
    this.#storage.forget()
  }

  #answer(request: ApiRequest): Omit<ApiResponse, "warnings"> {
    try {
      return this.#dispatch(request, targetOf(this.#state, request))
    } catch (failure) {
      const known = failure instanceof ApiFailure ? failure : internal(`Internal error occurred: ${String(failure)}`)
      return { code: known.code, body: known.body }
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

  /** The answer in the version that was asked for; a definition is established behind it. */
  #written(target: Target, response: Omit<ApiResponse, "warnings">): Omit<ApiResponse, "warnings"> {
    const { body, code } = response
    if (isDefinition(target)) {
      Crds.establish(this.#state, target.kind, textOf(metadataOf(body).name))
    }
    return { code, body: toServedVersion(target.kind, body) }
  }

  #deleteDefinition(target: Target, request: ApiRequest): Omit<ApiResponse, "warnings"> {
    const current = read(this.#state, target)
    const held = current !== undefined && current.metadata.deletionTimestamp === undefined
    if (held && !DeleteOptions.of(request).dryRun)
      this.#storage.put(target.kind, Crds.withCleanupFinalizer(current), current)
    const response = Delete.remove(this.#state, target, request)
    Crds.finalizeTerminating(this.#state, target.kind)
    return response
  }

  #namespace(name: string): void {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } }
    const where = { group: "", version: "v1", plural: "namespaces", namespace: "", name: "" }
    this.handle({ ...where, verb: "create", query: {}, user: "kube-apiserver", body })
  }
}

export const make = (options?: ApiServerOptions): ApiServer => new ApiServer(options)

const isDefinition = ({ kind }: Target): boolean => kind.plural === Crds.plural && kind.group === Crds.group

const get = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const asked = request.query.resourceVersion ?? ""
  if (!/^\d*$/u.test(asked)) throw internal(Lists.versionSyntaxError(asked))
  Lists.checkVersion(state, asked)
  const found = read(state, target)
  if (found === undefined) throw notFound(target.kind, target.name)
  return toServedVersion(target.kind, found)
}

/** A count in the form of a UUID. */
const nthUid = (count: number): string => `00000000-0000-4000-8000-${count.toString(16).padStart(12, "0")}`

/** The letters of generated names: no vowels, so that no name reads as a word. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789"

/** Five letters that look drawn, and never repeat within 27^5 names. */
const letters = (count: number): string => {
  let rest = (count * 4_780_901 + 7_368_787) % alphabet.length ** 5
  let text = ""
  for (let index = 0; index < 5; index++) {
    text += alphabet[rest % alphabet.length]
    rest = Math.floor(rest / alphabet.length)
  }
  return text
}
