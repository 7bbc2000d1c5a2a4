/**
 * Changing an object: by PUT, or with what a patch or an apply made of it.
 */
import * as Admission from "./Admission.ts"
import * as Create from "./Create.ts"
import * as Defaults from "./Defaults.ts"
import { conflict, internal, modified, notFound, versionRequired } from "./Failure.ts"
import type { JsonObject } from "./Json.ts"
import { equal, isSet, stringsOf, textOf, withField, without } from "./Json.ts"
import type { Entry } from "./ManagedFields.ts"
import * as ManagedFields from "./ManagedFields.ts"
import * as Metadata from "./Metadata.ts"
import { metadataOf } from "./Metadata.ts"
import type { ApiRequest, ApiResponse } from "./Request.ts"
import type { AppliedObject } from "./ServerSideApply.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { isDryRun, read } from "./ServerState.ts"
import type { Stored } from "./Storage.ts"

/**
 * Replaces an object. Fails with 409 when it changed since the version in the body, or is another object by uid;
 * with 422 when the body names no version and the kind wants one. An object that is missing is made when its kind
 * allows that, else 404.
 */
export const update = (state: ServerState, target: Target, request: ApiRequest): Omit<ApiResponse, "warnings"> => {
  const body = Admission.decodeBody(state, target, request)
  Admission.checkName(target, body)
  const current = read(state, target)
  if (current === undefined && !target.kind.createsOnUpdate) throw notFound(target.kind, target.name)
  checkUid(target, body, current)
  return current === undefined
    ? { code: 201, body: Create.fromBody(state, target, request, body) }
    : { code: 200, body: replace(state, target, request, body, current) }
}

/** A candidate for the next form of an object, from any verb: checks its version, then settles it. */
export const replace = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  candidate: JsonObject,
  current: Stored
): JsonObject => {
  checkVersion(target, candidate, current)
  const writer = Admission.writerOf(state, target, request)
  const entries = ManagedFields.startingFrom(candidate, current, writer)
  const next = restoreReadOnlyFields(target, request, candidate, current)
  // An object whose fields nobody owns is not tracked again by updates.
  const owners = entries.length === 0 ? entries : ManagedFields.updated(entries, current, next, writer)
  return store(state, target, request, next, owners, current)
}

/** The next form of an object after an apply, whose ownership is settled already. */
export const replaceApplied = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  { entries, isNonCanonical: isHidden, object }: AppliedObject,
  current: Stored
): JsonObject => {
  checkVersion(target, object, current)
  return store(
    state,
    target,
    request,
    restoreReadOnlyFields(target, request, object, current),
    entries,
    current,
    isHidden
  )
}

/** Where a real server keeps services among its keys. */
const etcdPaths: { readonly [plural: string]: string } = { services: "services/specs" }

const checkUid = ({ kind, name, namespace }: Target, body: JsonObject, current: Stored | undefined): void => {
  const uid = textOf(metadataOf(body).uid)
  const found = current?.metadata.uid ?? ""
  if (uid === "" || uid === found) return
  const group = kind.custom === undefined ? "" : kind.group
  const where = [group, etcdPaths[kind.plural] ?? kind.plural, namespace, name].filter((part) => part !== "")
  const why =
    `StorageError: invalid object, Code: 4, Key: /registry/${where.join("/")}, ResourceVersion: 0, AdditionalErrorMsg: ` +
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`
  throw conflict(kind, name, why)
}

/** The version in a candidate is a precondition; without one, some kinds are overwritten and others refuse. */
const checkVersion = ({ kind, name }: Target, candidate: JsonObject, current: Stored): void => {
  const version = textOf(metadataOf(candidate).resourceVersion)
  if (!/^\d*$/u.test(version)) throw internal(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  if (version === "" || version === "0") {
    if (kind.unconditionalUpdate) return
    throw versionRequired(kind, name)
  }
  if (version !== current.metadata.resourceVersion) throw modified(kind, name)
}

/** The candidate with everything restored that this endpoint does not write. */
const restoreReadOnlyFields = (
  target: Target,
  request: ApiRequest,
  candidate: JsonObject,
  current: Stored
): JsonObject => {
  const metadata = Metadata.withServerFields(metadataOf(candidate), current.metadata)
  return onlyWritableParts(target, request, { ...candidate, metadata }, current)
}

const onlyWritableParts = ({ kind }: Target, request: ApiRequest, next: JsonObject, current: Stored): JsonObject => {
  if (request.subresource !== "status") {
    return kind.hasStatus ? withField(next, "status", current.status) : next
  }
  if (kind.custom !== undefined) return withField(current, "status", next.status)
  const { metadata = {} } = kind.plural === "pods" ? withOwnersOf(current, next) : next
  return withField({ ...current, metadata }, "status", next.status)
}

/** Who writes the status of a pod cannot say who owns it. */
const withOwnersOf = (current: JsonObject, next: JsonObject): JsonObject => {
  const { ownerReferences } = metadataOf(current)
  return { ...next, metadata: withField(metadataOf(next), "ownerReferences", ownerReferences) }
}

/** The object with a generation more when what is wanted changed, admission included. */
const withGeneration = ({ kind }: Target, object: JsonObject, current: Stored): JsonObject => {
  const wanted = (one: JsonObject) => (kind.hasStatus ? without(one, "metadata", "status") : without(one, "metadata"))
  if (!kind.hasGeneration || equal(wanted(object), wanted(current))) return object
  const metadata = metadataOf(object)
  const { generation } = metadata
  return { ...object, metadata: { ...metadata, generation: typeof generation === "number" ? generation + 1 : 1 } }
}

/** Stores what is new; also what will not show, when something `isHidden` is in it. */
const store = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  wanted: JsonObject,
  entries: ReadonlyArray<Entry>,
  current: Stored,
  isHidden = false
): JsonObject => {
  const next = withGeneration(target, Defaults.mutate(target.kind, wanted, current), current)
  const metadata = metadataOf(next)
  Admission.validate(target, next, current, request.subresource)
  Admission.warnAboutFinalizers(state, target, next, current)
  const managed = ManagedFields.encode(next, entries)
  const isConverged = !isHidden && !state.nonCanonical.has(current)
  if (isConverged && ManagedFields.equalIgnoringTimes(managed, current)) return current
  if (isDryRun(request)) return managed
  if (isRemovable(metadata)) {
    // The change itself is never stored: watchers see the object as it was, only the answer shows it changed.
    state.storage.remove(target.kind, current)
    return managed
  }
  const read = Admission.applyDefaults(target.kind, managed)
  const stored = state.storage.put(target.kind, read, current)
  if (isHidden || !equal(read, managed)) state.nonCanonical.add(stored)
  return stored
}

/** An object that waits for deletion ends with its last finalizer. A pod also waits for its grace period. */
export const isRemovable = (metadata: JsonObject): boolean => {
  const grace = metadata.deletionGracePeriodSeconds
  return (
    isSet(metadata.deletionTimestamp) && stringsOf(metadata.finalizers).length === 0 && (!isSet(grace) || grace === 0)
  )
}
