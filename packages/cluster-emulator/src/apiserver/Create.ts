/**
 * Making an object: by POST, or by applying to a name that is free.
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
 * Stores a new object. Fails with 409 `AlreadyExists` when its name is taken, 422 when it breaks the rules, 404 when
 * its namespace is missing.
 */
export const create = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const body = Admission.decodeBody(state, target, request)
  return fromBody(state, target, request, body)
}

/** Stores a new object as a body has it that has been read. */
export const fromBody = (state: ServerState, target: Target, request: ApiRequest, body: JsonObject): JsonObject => {
  const writer = Admission.writerOf(state, target, request)
  const entries = ManagedFields.startingFrom(body, none, writer)
  return store(state, target, request, body, writer, (object) =>
    ManagedFields.updated(entries, Defaults.empty(target.kind), object, writer)
  )
}

/** Stores what an apply made of nothing. */
export const createApplied = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  { entries, isNonCanonical: isHidden, object }: AppliedObject
): JsonObject =>
  store(state, target, request, object, Admission.writerOf(state, target, request), () => entries, isHidden)

const store = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  body: JsonObject,
  { now }: Writer,
  entriesOf: (object: JsonObject) => ReadonlyArray<Entry>,
  isHidden = false
): JsonObject => {
  const { kind, namespace } = target
  const named = withIdentity(state, target, body, now)
  const name = textOf(metadataOf(named).name)
  Admission.checkNamespace(state, target, name)
  const shaped = Admission.applyDefaults(kind, dropStatus(target, named))
  const making = { now, isDryRun: isDryRun(request) }
  const object =
    kind.custom === undefined ? Defaults.mutate(kind, Defaults.prepareForCreate(kind, shaped, making)) : shaped
  Admission.validate(target, object, undefined)
  Admission.warnAboutFinalizers(state, target, object, undefined)
  Admission.warnAboutName(state, target, object)
  const taken = state.storage.get(kind, namespace, name)
  checkVersion(request, body)
  if (taken !== undefined) throw alreadyExists(kind, name, taken.metadata.deletionTimestamp !== undefined)
  const managed = Admission.applyDefaults(kind, ManagedFields.encode(object, entriesOf(shaped)))
  if (making.isDryRun) return managed
  const stored = state.storage.put(kind, managed, undefined)
  if (isHidden || Defaults.isNonCanonical(kind, shaped)) state.nonCanonical.add(stored)
  return stored
}

/** The storage does not take a version that a client made up. A dry run never comes that far. */
const checkVersion = (request: ApiRequest, body: JsonObject): void => {
  const isVersion = /^0*[1-9]\d*$/u.test(textOf(metadataOf(body).resourceVersion))
  if (request.verb !== "create" || isDryRun(request) || !isVersion) return
  throw internal("resourceVersion should not be set on objects to be created")
}

/** What only the server says of an object: who it is, since when, and its first generation. Built-in kinds begin with it. */
const withIdentity = (state: ServerState, { kind }: Target, body: JsonObject, now: string): JsonObject => {
  const dropped = ["deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "resourceVersion", "selfLink"]
  const base = without(metadataOf(body), ...dropped, ...(kind.custom === undefined ? [] : ["generation"]))
  const name = textOf(base.name) === "" ? generated(state, textOf(base.generateName)) : textOf(base.name)
  const identity = { name, uid: state.uid(), creationTimestamp: now }
  const metadata = {
    ...(kind.custom === undefined ? identity : none),
    ...base,
    ...identity,
    ...(kind.hasGeneration ? { generation: 1 } : {})
  }
  return { ...body, metadata }
}

/** Generated names leave room for their five letters. */
const GENERATE_NAME_MAX = 58

const generated = (state: ServerState, prefix: string): string =>
  prefix === "" ? "" : `${prefix.slice(0, GENERATE_NAME_MAX)}${state.suffix()}`

/** Status of a kind that has the subresource is not for those who create. */
const dropStatus = ({ kind }: Target, object: JsonObject): JsonObject =>
  kind.hasStatus ? without(object, "status") : object
