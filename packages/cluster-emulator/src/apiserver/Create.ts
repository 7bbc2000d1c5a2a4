/**
 * Creates objects: by POST, by PUT where the kind allows it, or by server-side apply.
 */
import * as Admission from "./Admission.ts"
import * as Defaults from "./Defaults.ts"
import { alreadyExists, internal } from "./Failure.ts"
import type { JsonObject } from "./Json.ts"
import { none, textOf, without } from "./Json.ts"
import type { Entry, Writer } from "./ManagedFields.ts"
import * as ManagedFields from "./ManagedFields.ts"
import { metadataOf } from "./Metadata.ts"
import type { ApiRequest } from "./Request.ts"
import type { AppliedObject } from "./ServerSideApply.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { isDryRun } from "./ServerState.ts"

/**
 * Creates an object. Fails with 409 `AlreadyExists` when the name is in use, with 422 when validation fails, with 404
 * when the namespace does not exist.
 */
export const create = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const body = Admission.decodeBody(state, target, request)
  return fromBody(state, target, request, body)
}

/** Creates an object from a decoded body. */
export const fromBody = (state: ServerState, target: Target, request: ApiRequest, body: JsonObject): JsonObject => {
  const writer = Admission.writerOf(state, target, request)
  const entries = ManagedFields.startingFrom(body, none, writer)
  return store(state, target, request, body, writer, (object) =>
    ManagedFields.updated(entries, Defaults.empty(target.kind), object, writer)
  )
}

/** Creates the object of a server-side apply. */
export const createApplied = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  { entries, isNonCanonical, object }: AppliedObject
): JsonObject =>
  store(state, target, request, object, Admission.writerOf(state, target, request), () => entries, isNonCanonical)

const store = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  body: JsonObject,
  { now }: Writer,
  entriesOf: (object: JsonObject) => ReadonlyArray<Entry>,
  isNonCanonical = false
): JsonObject => {
  const { kind, namespace } = target
  const identified = withIdentity(state, target, body, now)
  const name = textOf(metadataOf(identified).name)
  Admission.checkNamespace(state, target, name)
  const defaulted = Admission.applyDefaults(kind, dropStatus(target, identified))
  const context = { now, isDryRun: isDryRun(request) }
  const object =
    kind.custom === undefined ? Defaults.mutate(kind, Defaults.prepareForCreate(kind, defaulted, context)) : defaulted
  Admission.validate(target, object, undefined)
  Admission.warnAboutFinalizers(state, target, object, undefined)
  Admission.warnAboutName(state, target, object)
  const existing = state.storage.get(kind, namespace, name)
  checkVersion(request, body)
  if (existing !== undefined) throw alreadyExists(kind, name, existing.metadata.deletionTimestamp !== undefined)
  const managed = Admission.applyDefaults(kind, ManagedFields.encode(object, entriesOf(defaulted)))
  if (context.isDryRun) return managed
  const stored = state.storage.put(kind, managed, undefined)
  if (isNonCanonical || Defaults.isNonCanonical(kind, defaulted)) state.nonCanonical.add(stored)
  return stored
}

/** A create must not set `resourceVersion`. The storage layer checks this, and a dry run does not reach that layer. */
const checkVersion = (request: ApiRequest, body: JsonObject): void => {
  const isVersion = /^0*[1-9]\d*$/u.test(textOf(metadataOf(body).resourceVersion))
  if (request.verb !== "create" || isDryRun(request) || !isVersion) return
  throw internal("resourceVersion should not be set on objects to be created")
}

/**
 * Sets the metadata that only the server assigns: name, uid, creation timestamp and first generation. In built-in kinds
 * these fields come first.
 */
const withIdentity = (state: ServerState, { kind }: Target, body: JsonObject, now: string): JsonObject => {
  const dropped = ["deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "resourceVersion", "selfLink"]
  const base = without(metadataOf(body), ...dropped, ...(kind.custom === undefined ? [] : ["generation"]))
  const name = textOf(base.name) === "" ? generateName(state, textOf(base.generateName)) : textOf(base.name)
  const identity = { name, uid: state.uid(), creationTimestamp: now }
  const metadata = {
    ...(kind.custom === undefined ? identity : none),
    ...base,
    ...identity,
    ...(kind.hasGeneration ? { generation: 1 } : {})
  }
  return { ...body, metadata }
}

/** The longest prefix of a generated name: 63 characters minus the suffix of five. */
const GENERATE_NAME_MAX = 58

const generateName = (state: ServerState, prefix: string): string =>
  prefix === "" ? "" : `${prefix.slice(0, GENERATE_NAME_MAX)}${state.suffix()}`

/** Kinds with a status subresource ignore `status` on create. */
const dropStatus = ({ kind }: Target, object: JsonObject): JsonObject =>
  kind.hasStatus ? without(object, "status") : object
