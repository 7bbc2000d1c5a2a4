/**
 * The state that every verb works on, and conversion between served versions and the storage version.
 */
import * as EventVersions from "./EventVersions.ts"
import { notServed } from "./Failure.ts"
import type { JsonObject } from "./Json.ts"
import type { Kinds, ServedKind } from "./Kinds.ts"
import { apiVersionOf } from "./Kinds.ts"
import type { ApiRequest } from "./Request.ts"
import type { Storage, Stored } from "./Storage.ts"

export interface ServerState {
  readonly storage: Storage
  readonly kinds: Kinds
  /** RFC 3339, whole seconds, UTC. */
  readonly now: () => string
  readonly uid: () => string
  /** A random-looking suffix of five letters for `generateName`. */
  readonly suffix: () => string
  /**
   * Stored objects whose encoding differs from what a read returns. kube-apiserver compares encodings, so the next
   * update of such an object is a write even when it changes nothing.
   */
  readonly nonCanonical: WeakSet<Stored>
  /** Adds a `Warning` header to the current response. */
  readonly warn: (text: string) => void
}

/** The kind and the object that a request addresses. */
export interface Target {
  readonly kind: ServedKind
  readonly namespace: string
  readonly name: string
}

/** Finds the kind of a request. Fails with 404 when no such path is served. */
export const targetOf = (state: ServerState, request: ApiRequest): Target => {
  const kind = state.kinds.find(request.group, request.version, request.plural)
  if (kind === undefined) throw notServed()
  if (request.subresource === "status" && !kind.hasStatus) throw notServed()
  if (kind.scope === "Cluster" && request.namespace !== "") throw notServed()
  return { kind, namespace: request.namespace, name: request.name }
}

/** Converts a stored object to the version of `kind`. */
export const toServedVersion = (kind: ServedKind, stored: JsonObject): JsonObject => {
  const apiVersion = apiVersionOf(kind)
  if (stored.apiVersion === apiVersion) return stored
  return kind.plural === "events" && kind.custom === undefined ? EventVersions.toNew(stored) : { ...stored, apiVersion }
}

/** Converts an object of any served version to the storage version. */
export const toStorageVersion = (kind: ServedKind, object: JsonObject): JsonObject => {
  const apiVersion = apiVersionOf(kind.storage)
  if (object.apiVersion === apiVersion) return object
  return kind.plural === "events" && kind.custom === undefined
    ? EventVersions.toCore(object)
    : { ...object, apiVersion }
}

/** Reads one object in the storage version. */
export const read = ({ storage }: ServerState, { kind, name, namespace }: Target): Stored | undefined =>
  storage.get(kind, namespace, name)

export const isDryRun = (request: ApiRequest): boolean => request.query.dryRun === "All"
