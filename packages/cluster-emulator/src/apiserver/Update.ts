/**
 * Updates objects: by PUT, or with the result of a patch or a server-side apply.
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
 * Replaces an object. Fails with 409 when the body has another `resourceVersion` or uid than the stored object, and
 * with 422 when the kind requires a `resourceVersion` and the body has none. An object that does not exist is created
 * when the kind allows create on update; otherwise the request fails with 404.
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

/** Updates an object to `candidate`, for PUT and all patches but apply. */
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
  // Once managed fields were cleared, updates do not track ownership again.
  const managers = entries.length === 0 ? entries : ManagedFields.updated(entries, current, next, writer)
  return store(state, target, request, next, managers, current)
}

/** Updates an object to the result of a server-side apply, which has computed field ownership already. */
export const replaceApplied = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  { entries, isNonCanonical, object }: AppliedObject,
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
    isNonCanonical
  )
}

/** Path of a resource below `/registry` in etcd, where it is not the plural. */
const etcdPaths: { readonly [plural: string]: string } = { services: "services/specs" }

const checkUid = ({ kind, name, namespace }: Target, body: JsonObject, current: Stored | undefined): void => {
  const uid = textOf(metadataOf(body).uid)
  const found = current?.metadata.uid ?? ""
  if (uid === "" || uid === found) return
  const group = kind.custom === undefined ? "" : kind.group
  const path = [group, etcdPaths[kind.plural] ?? kind.plural, namespace, name].filter((part) => part !== "")
  const why =
    `StorageError: invalid object, Code: 4, Key: /registry/${path.join("/")}, ResourceVersion: 0, AdditionalErrorMsg: ` +
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`
  throw conflict(kind, name, why)
}

/**
 * Optimistic concurrency. Without a `resourceVersion`, kinds with unconditional update are overwritten and others fail.
 */
const checkVersion = ({ kind, name }: Target, candidate: JsonObject, current: Stored): void => {
  const version = textOf(metadataOf(candidate).resourceVersion)
  if (!/^\d*$/u.test(version)) throw internal(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  if (version === "" || version === "0") {
    if (kind.unconditionalUpdate) return
    throw versionRequired(kind, name)
  }
  if (version !== current.metadata.resourceVersion) throw modified(kind, name)
}

/** Resets the fields of the candidate that this endpoint cannot write to their stored values. */
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

/** A status update of a pod does not change its owner references. */
const withOwnersOf = (current: JsonObject, next: JsonObject): JsonObject => {
  const { ownerReferences } = metadataOf(current)
  return { ...next, metadata: withField(metadataOf(next), "ownerReferences", ownerReferences) }
}

/** Increments `metadata.generation` when anything but metadata and status changed, changes by admission included. */
const withGeneration = ({ kind }: Target, object: JsonObject, current: Stored): JsonObject => {
  const desired = (one: JsonObject) => (kind.hasStatus ? without(one, "metadata", "status") : without(one, "metadata"))
  if (!kind.hasGeneration || equal(desired(object), desired(current))) return object
  const metadata = metadataOf(object)
  const { generation } = metadata
  return { ...object, metadata: { ...metadata, generation: typeof generation === "number" ? generation + 1 : 1 } }
}

/** Validates the new object and stores it. An update that changes nothing is not a write, unless encodings differ. */
const store = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  updated: JsonObject,
  entries: ReadonlyArray<Entry>,
  current: Stored,
  isNonCanonical = false
): JsonObject => {
  const next = withGeneration(target, Defaults.mutate(target.kind, updated, current), current)
  const metadata = metadataOf(next)
  Admission.validate(target, next, current, request.subresource)
  Admission.warnAboutFinalizers(state, target, next, current)
  const managed = ManagedFields.encode(next, entries)
  const canBeNoOp = !isNonCanonical && !state.nonCanonical.has(current)
  if (canBeNoOp && ManagedFields.equalIgnoringTimes(managed, current)) return current
  if (isDryRun(request)) return managed
  if (isRemovable(metadata)) {
    // The update is not stored: watches see the object before the update, only the response shows the update.
    state.storage.remove(target.kind, current)
    return managed
  }
  const defaulted = Admission.applyDefaults(target.kind, managed)
  const stored = state.storage.put(target.kind, defaulted, current)
  if (isNonCanonical || !equal(defaulted, managed)) state.nonCanonical.add(stored)
  return stored
}

/** True when a terminating object has no finalizers left and its grace period is over. */
export const isRemovable = (metadata: JsonObject): boolean => {
  const grace = metadata.deletionGracePeriodSeconds
  return (
    isSet(metadata.deletionTimestamp) && stringsOf(metadata.finalizers).length === 0 && (!isSet(grace) || grace === 0)
  )
}
