/**
 * The parts every verb works on, and how stored objects look in the version that was asked for.
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
  /** Five letters for a generated name. */
  readonly suffix: () => string
  /** Objects that are read otherwise than they are stored, until they are written again. */
  readonly nonCanonical: WeakSet<Stored>
  /** One `Warning` of the request in hand. */
  readonly warn: (text: string) => void
}

/** What a request is about. */
export interface Target {
  readonly kind: ServedKind
  readonly namespace: string
  readonly name: string
}

/** Finds the kind a request is about. Paths that do not exist are 404. */
export const targetOf = (state: ServerState, request: ApiRequest): Target => {
  const kind = state.kinds.find(request.group, request.version, request.plural)
  if (kind === undefined) throw notServed()
  if (request.subresource === "status" && !kind.hasStatus) throw notServed()
  if (kind.scope === "Cluster" && request.namespace !== "") throw notServed()
  return { kind, namespace: request.namespace, name: request.name }
}

/** The object as the asked version shows it. */
export const toServedVersion = (kind: ServedKind, stored: JsonObject): JsonObject => {
  const apiVersion = apiVersionOf(kind)
  if (stored.apiVersion === apiVersion) return stored
  return kind.plural === "events" && kind.custom === undefined ? EventVersions.toNew(stored) : { ...stored, apiVersion }
}

/** An object in any served version, as it is stored. */
export const toStorageVersion = (kind: ServedKind, object: JsonObject): JsonObject => {
  const apiVersion = apiVersionOf(kind.storage)
  if (object.apiVersion === apiVersion) return object
  return kind.plural === "events" && kind.custom === undefined
    ? EventVersions.toCore(object)
    : { ...object, apiVersion }
}

/** Reads one object as stored. */
export const read = ({ storage }: ServerState, { kind, name, namespace }: Target): Stored | undefined =>
  storage.get(kind, namespace, name)

export const isDryRun = (request: ApiRequest): boolean => request.query.dryRun === "All"
