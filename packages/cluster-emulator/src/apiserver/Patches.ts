/**
 * Handles PATCH requests: JSON patch (RFC 6902), JSON merge patch (RFC 7386), strategic merge patch and server-side
 * apply.
 */
import type { Operation } from "rfc6902"
import { applyPatch, Pointer } from "rfc6902"
import * as Admission from "./Admission.ts"
import * as Create from "./Create.ts"
import {
  badRequest,
  conflict,
  internal,
  invalidOptions,
  notFound,
  unprocessable,
  unroutableMediaType,
  unsupportedMediaType
} from "./Failure.ts"
import * as GoDecoder from "./GoDecoder.ts"
import type { Json, JsonObject } from "./Json.ts"
import { fromUnknown, isArray, isObject, isSet, none, objectOf, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { parseApiVersion } from "./Kinds.ts"
import * as ManagedFields from "./ManagedFields.ts"
import * as MergePatch from "./MergePatch.ts"
import { hasEmptyFields, metadataOf } from "./Metadata.ts"
import * as PatchText from "./PatchText.ts"
import type { ApiRequest, ApiResponse, PatchFormat } from "./Request.ts"
import * as ServerSideApply from "./ServerSideApply.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { read, toServedVersion } from "./ServerState.ts"
import * as Shapes from "./Shape.ts"
import type { Stored } from "./Storage.ts"
import * as StrategicPatch from "./StrategicPatch.ts"
import { typeError } from "./TypedConfig.ts"
import * as Update from "./Update.ts"

const mediaTypes: { readonly [format in PatchFormat]: string } = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml"
}

/** Patches one object. Only server-side apply creates an object that does not exist. */
export const patch = (state: ServerState, target: Target, request: ApiRequest): Omit<ApiResponse, "warnings"> => {
  const format = formatOf(target, request)
  const current = read(state, target)
  if (format === "apply") return applyConfig(state, target, request, current)
  if ((request.query.force ?? "") !== "") {
    const message = "Forbidden: may not be specified for non-apply patch"
    throw invalidOptions("PatchOptions", { reason: "FieldValueForbidden", field: "force", message })
  }
  if (current === undefined) throw notFound(target.kind, target.name)
  const live = toServedVersion(target.kind, current)
  const body = fromUnknown(request.body)
  const patched = applyFormat(format, target.kind, live, body)
  const text = () => PatchText.of(format, target.kind, patched, body)
  const decoded = Admission.decodePatched(state, target, request, patched, text)
  const candidate = Admission.inNamespace(target, decoded)
  Admission.checkName(target, candidate)
  return { code: 200, body: Update.replace(state, target, request, candidate, current) }
}

const formatOf = ({ kind }: Target, { patchFormat }: ApiRequest): PatchFormat => {
  if (patchFormat !== undefined && (patchFormat !== "strategic" || kind.custom === undefined)) return patchFormat
  const { apply, json, merge } = mediaTypes
  throw kind.custom === undefined ? unroutableMediaType() : unsupportedMediaType([json, merge, apply])
}

/** The error for a body that is not an object. No body and `null` are accepted. */
const notMapError = (body: Json | undefined): string | undefined =>
  !isSet(body) || isObject(body) ? undefined : GoDecoder.mismatch(body, "map[string]interface {}")

const applyFormat = (
  format: Exclude<PatchFormat, "apply">,
  kind: ServedKind,
  object: JsonObject,
  body: Json | undefined
): JsonObject => {
  if (format === "json") return applyOperations(object, body)
  const error = notMapError(body)
  if (format === "strategic") {
    if (error !== undefined) throw badRequest(error)
    return StrategicPatch.apply(object, objectOf(body), Shapes.ofKind(kind))
  }
  if (error !== undefined) throw badRequest(`error decoding patch: ${error}`)
  if (!isObject(body)) throw badRequest("Invalid JSON Patch")
  return MergePatch.merge(object, body)
}

const operationNames = new Set(["add", "remove", "replace", "move", "copy", "test"])
const withValue = new Set(["add", "replace", "test"])

const isOperation = (one: JsonObject): one is JsonObject & Operation =>
  operationNames.has(textOf(one.op)) && typeof one.path === "string"

/** kube-apiserver ignores everything before the first slash of a path. */
const pointer = (path: string): string => (path === "" || !path.includes("/") ? path : path.slice(path.indexOf("/")))

/** A missing value is `null`. Operations are checked in order, so the first invalid operation decides the error. */
const applyOperations = (object: JsonObject, body: Json | undefined): JsonObject => {
  if (body === null) return object
  if (!isArray(body))
    throw badRequest(`error decoding patch: ${GoDecoder.mismatch(body ?? null, "[]handlers.jsonPatchOp")}`)
  const operations = body.map((one) => {
    if (one !== null && !isObject(one)) {
      throw badRequest(`error decoding patch: ${GoDecoder.mismatch(one, "handlers.jsonPatchOp")}`)
    }
    const operation = objectOf(one)
    const complete = withValue.has(textOf(operation.op)) ? { value: null, ...operation } : operation
    if (!isOperation(complete)) throw unprocessable()
    return { ...complete, path: pointer(complete.path) }
  })
  const patched = operations.reduce<Json>(applyOperation, object)
  if (isObject(patched)) return patched
  throw unprocessable()
}

/** As in kube-apiserver, `replace` adds an absent field, and `test` treats an absent field as `null`. */
const applyOperation = (document: Json, operation: Operation): Json => {
  if (operation.op === "replace" && operation.path === "") return fromUnknown(operation.value) ?? null
  const copy = fromUnknown(document)
  try {
    const { parent, value } = Pointer.fromJSON(operation.path).evaluate(copy)
    const isAbsent = isObject(parent) && value === undefined
    if (isAbsent && operation.op === "test" && operation.value === null) return document
    const effective = isAbsent && operation.op === "replace" ? { ...operation, op: "add" as const } : operation
    if (applyPatch(copy, [effective]).every((failure) => failure === null) && copy !== undefined) return copy
  } catch {
    // A path that is not a JSON pointer fails like a path that does not exist.
  }
  throw unprocessable()
}

const applyConfig = (
  state: ServerState,
  target: Target,
  request: ApiRequest,
  current: Stored | undefined
): Omit<ApiResponse, "warnings"> => {
  const writer = Admission.writerOf(state, target, request)
  if ((request.query.fieldManager ?? "") === "") {
    const message = "Required value: is required for apply patch"
    throw invalidOptions("PatchOptions", { reason: "FieldValueRequired", field: "fieldManager", message })
  }
  const { kind } = target
  if (current === undefined && request.subresource === "status") throw notFound(kind, target.name)
  const live = current === undefined ? none : toServedVersion(kind, current)
  const before = current === undefined ? [] : ManagedFields.beforeApply(live, writer)
  const config = configOf(target, request)
  const { entries, object } = ServerSideApply.apply(live, before, config, writer, request.query.force === "true")
  const decoded = Admission.decodeApplied(state, target, request, object)
  const { uid = "" } = metadataOf(decoded)
  if (current === undefined && uid !== "") {
    const why = `uid mismatch: the provided object specified uid ${textOf(uid)}, and no existing object was found`
    throw conflict(kind, target.name, why)
  }
  const candidate = Admission.inNamespace(target, decoded)
  Admission.checkName(target, candidate)
  const applied = { object: candidate, entries, isNonCanonical: hasEmptyFields(kind, metadataOf(object)) }
  return current === undefined
    ? { code: 201, body: Create.createApplied(state, target, request, applied) }
    : { code: 200, body: Update.replaceApplied(state, target, request, applied, current) }
}

/** The applied configuration. Fails with 500 when it does not match the schema of its kind. */
const configOf = ({ kind }: Target, request: ApiRequest): JsonObject => {
  const body = fromUnknown(request.body) ?? null
  const error = notMapError(body)
  if (error !== undefined) {
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${error}`)
  }
  const config = objectOf(body)
  const found = typeText(parseApiVersion(textOf(config.apiVersion)), textOf(config.kind))
  if (found !== typeText(kind, kind.kind)) throw badRequest(`invalid object type: ${found}`)
  const { managedFields, name, namespace } = metadataOf(config)
  if (isArray(managedFields)) throw badRequest("metadata.managedFields must be nil")
  const schemaError = typeError(config, Shapes.ofKind(kind))
  if (schemaError === undefined) return config
  throw internal(`failed to create typed patch object (${textOf(namespace)}/${textOf(name)}; ${found}): ${schemaError}`)
}

const typeText = ({ group, version }: Pick<ServedKind, "group" | "version">, kind: string): string =>
  `${group}/${version}, Kind=${kind}`
