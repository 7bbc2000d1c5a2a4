/**
 * The stages of a write between its body and the storage: decoding, conversion, pruning, defaulting and validation.
 */
import { structOf } from "./BuiltInFields.ts"
import * as Defaults from "./Defaults.ts"
import type { Cause } from "./Failure.ts"
import { badRequest, forbidden, internal, internalError, invalid, notFound } from "./Failure.ts"
import * as GoDecoder from "./GoDecoder.ts"
import * as GoJson from "./GoJson.ts"
import { quoted } from "./GoText.ts"
import type { Json, JsonObject } from "./Json.ts"
import { at, fromUnknown, isObject, isSet, none, objectOf, stringsOf, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { apiVersionOf, parseApiVersion } from "./Kinds.ts"
import type { Writer } from "./ManagedFields.ts"
import * as Metadata from "./Metadata.ts"
import * as Names from "./Names.ts"
import type { ApiRequest } from "./Request.ts"
import * as Rules from "./Rules.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { toStorageVersion } from "./ServerState.ts"
import { compile } from "./schema/CustomResource.ts"

/** The field manager of a request. */
export const writerOf = ({ now }: ServerState, { kind }: Target, request: ApiRequest): Writer => ({
  kind,
  manager: request.query.fieldManager ?? request.user,
  subresource: request.subresource ?? "",
  now: now()
})

/**
 * Decodes the body of a create or update. Fails with 400 when it is not an object of the target's kind and namespace.
 */
export const decodeBody = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const { kind } = target
  const body = fromUnknown(request.body)
  if (kind.custom !== undefined) checkHasKind(kind, body ?? null)
  const object = body === null ? none : body
  if (!isObject(object)) throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`)
  const typed = kind.custom === undefined ? { ...object, ...typeMetaOf(kind, object) } : object
  const { version } = parseApiVersion(textOf(typed.apiVersion))
  const failure = (why: string) =>
    badRequest(`${textOf(typed.kind)} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`)
  return inNamespace(target, decode(state, kind, typed, request, { source: "text", failure }))
}

/** `apiVersion` and `kind` of a built-in object default to those of the path. */
const typeMetaOf = (kind: ServedKind, object: JsonObject): JsonObject => ({
  kind: isBlank(object.kind) ? kind.kind : (object.kind ?? ""),
  apiVersion: isBlank(object.apiVersion) ? apiVersionOf(kind) : (object.apiVersion ?? "")
})

const checkHasKind = ({ kind }: ServedKind, body: Json): void => {
  if (textOf(at(body, "kind")) !== "") return
  const text = JSON.stringify(body)
  const missing = `Object 'Kind' is missing in '${text}' (${GoJson.summaryOf(Buffer.from(text))})`
  throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${missing}`)
}

/**
 * Decodes the result of a patch. Fails with 422 when it is no longer an object of the kind; `text` gives the text of
 * the object for the message.
 */
export const decodePatched = (
  state: ServerState,
  { kind }: Target,
  request: ApiRequest,
  object: JsonObject,
  text: () => string
): JsonObject => {
  const source = request.patchFormat === "strategic" ? "maps" : "text"
  const failure = (why: string) => {
    const message = `Invalid value: ${quoted(text())}: ${why}`
    return invalid({ group: "", plural: "", kind: "" }, "", [{ reason: "FieldValueInvalid", field: "patch", message }])
  }
  const error = source === "text" ? typeMetaError(kind, object, text) : undefined
  if (error !== undefined) throw failure(error)
  return decode(state, kind, object, request, { source, failure, otherVersion: patchVersionError })
}

/** The error when `apiVersion` and `kind` of an object cannot be read. */
const typeMetaError = ({ custom }: ServedKind, object: JsonObject, text: () => string): string | undefined => {
  const field = ["apiVersion", "kind"].find((one) => isSet(object[one]) && typeof object[one] !== "string")
  if (field !== undefined) {
    const why = GoDecoder.mismatch(object[field] ?? null, "string", { struct: "", fields: [field] })
    return `couldn't get version/kind; json parse error: ${why}`
  }
  return custom !== undefined && textOf(object.kind) === "" ? `Object 'Kind' is missing in '${text()}'` : undefined
}

/** The failure of a patch that changes the `apiVersion` of a custom object. */
const patchVersionError = (kind: ServedKind, object: JsonObject): Error => {
  const found = textOf(object.apiVersion)
  if (found === "") return internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'")
  const resource = { ...kind, ...parseApiVersion(found), kind: textOf(object.kind) }
  const message = `Invalid value: ${JSON.stringify(found)}: must be ${apiVersionOf(kind)}`
  const cause = { reason: "FieldValueInvalid", field: "apiVersion", message }
  return invalid(resource, textOf(Metadata.metadataOf(object).name), [cause])
}

const bodyVersionError = (kind: ServedKind, { apiVersion }: JsonObject): Error => {
  const expected = apiVersionOf(kind)
  return badRequest(
    `the API version in the data (${textOf(apiVersion)}) does not match the expected API version (${expected})`
  )
}

/**
 * Decodes the result of a server-side apply. A custom object matches its schema already, and keeps its nulls. An object
 * of a built-in kind fails with 500 when it cannot be decoded.
 */
export const decodeApplied = (
  state: ServerState,
  { kind, name }: Target,
  request: ApiRequest,
  object: JsonObject
): JsonObject => {
  if (kind.custom !== undefined) {
    const metadata = GoDecoder.decode(Metadata.metadataOf(object), "ObjectMeta").object
    return applyDefaults(kind, toStorageVersion(kind, { ...object, metadata }))
  }
  const type = `${kind.group}/${kind.version}, Kind=${kind.kind}`
  const failure = (why: string) =>
    internal(
      `failed to convert new object (/${name}; ${type}) to proper version: ` +
        `unable to convert unstructured object to ${type}: ${why}`
    )
  return decode(state, kind, object, request, { source: "maps", failure })
}

/** What to decode from, and the failures of the request that decodes. */
interface DecodeOptions {
  readonly source: GoDecoder.Source
  readonly failure: (why: string) => Error
  /** The failure for a custom object of another version. */
  readonly otherVersion?: (kind: ServedKind, object: JsonObject) => Error
}

/** Decodes, prunes, converts and defaults an object. */
const decode = (
  state: ServerState,
  kind: ServedKind,
  object: JsonObject,
  request: ApiRequest,
  { failure, otherVersion = bodyVersionError, source }: DecodeOptions
): JsonObject => {
  const result =
    kind.custom === undefined ? decodeBuiltIn(state, kind, object, source) : decodeCustom(state, kind, object)
  const { error, object: decoded, unknown } = result
  if (error !== undefined) throw failure(error)
  const isKnown = (path: string) => kind.custom !== undefined || !unknown.some((field) => isWithin(path, field))
  const errors = [
    ...(request.duplicates ?? []).filter(isKnown).map((field) => `duplicate field ${quoted(field)}`),
    ...unknown.map((field) => `unknown field ${quoted(field)}`)
  ]
  reportFieldErrors(state, errors, request, failure)
  if (kind.custom !== undefined && decoded.apiVersion !== apiVersionOf(kind)) throw otherVersion(kind, decoded)
  return applyDefaults(kind, toStorageVersion(kind, decoded))
}

const isWithin = (path: string, field: string): boolean =>
  path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`)

const decodeBuiltIn = (
  { kinds }: ServerState,
  kind: ServedKind,
  object: JsonObject,
  source: GoDecoder.Source
): GoDecoder.Decoded => {
  if (source === "maps") return convertBuiltIn(kind, object)
  const apiVersion = textOf(object.apiVersion)
  if (apiVersion === "")
    return {
      object: {},
      unknown: Object.keys(object)
        .filter((field) => field !== "kind")
        .sort()
    }
  const typed = { ...object, kind: textOf(object.kind) === "" ? kind.kind : textOf(object.kind) }
  const found = kinds.findByKind(apiVersion, typed.kind)
  const struct = found === undefined ? undefined : structOf(found)
  if (found === undefined || struct === undefined) {
    const error = `no kind "${typed.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
    return { object, unknown: [], error }
  }
  const decoded = GoDecoder.decode(typed, struct)
  if (kind === found) return decoded
  const error = `converting (v1.${found.kind}) to (${packageOf(kind)}.${kind.kind}): unknown conversion`
  return { error, ...decoded }
}

/** Converts an unstructured object to the kind. Its own `apiVersion` and `kind` are ignored. */
const convertBuiltIn = (kind: ServedKind, object: JsonObject): GoDecoder.Decoded => {
  const result = GoDecoder.decode(object, structOf(kind) ?? kind.kind, "maps")
  return { ...result, object: { ...result.object, apiVersion: apiVersionOf(kind), kind: kind.kind } }
}

/** The schema of a version that is not served: every field is unknown. */
const emptySchema = compile(none, "")

/** The Go package of a group. */
const packageOf = ({ group }: ServedKind): string => (group === "" ? "core" : group.split(".", 1).join(""))

/** Decodes a custom object with the schema of the version in its `apiVersion`. */
const decodeCustom = (state: ServerState, kind: ServedKind, object: JsonObject): GoDecoder.Decoded => {
  const { metadata = none } = object
  if (metadata !== null && !isObject(metadata)) {
    return { object, unknown: [], error: GoDecoder.mismatch(metadata, "v1.ObjectMeta") }
  }
  const decoded = GoDecoder.decode(objectOf(metadata), "ObjectMeta")
  const withMetadata = { ...object, metadata: decoded.object }
  const unknown = decoded.unknown.map((field) => `metadata.${field}`)
  const { group, version } = parseApiVersion(textOf(object.apiVersion))
  if (decoded.error !== undefined || group !== kind.group || object.kind !== kind.kind) {
    return { ...decoded, object: withMetadata, unknown }
  }
  const schema = state.kinds.find(group, version, kind.plural)?.custom?.schema ?? emptySchema
  const pruned = schema.prune(withMetadata)
  return { ...pruned, unknown: [...unknown, ...pruned.unknown] }
}

/** A custom object of another kind is decoded without a schema and fails validation. */
const kindCauses = ({ custom, kind }: ServedKind, object: JsonObject): ReadonlyArray<Cause> =>
  custom === undefined || object.kind === kind
    ? []
    : [
        {
          reason: "FieldValueInvalid",
          field: "kind",
          message: `Invalid value: ${JSON.stringify(object.kind)}: must be ${kind}`
        }
      ]

/** Sets the namespace of the request. Fails with 400 when the object is in another namespace. */
export const inNamespace = ({ namespace }: Target, object: JsonObject): JsonObject => {
  const metadata = Metadata.metadataOf(object)
  const found = textOf(metadata.namespace)
  if (found !== "" && found !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  return namespace === "" || found === namespace ? object : { ...object, metadata: { ...metadata, namespace } }
}

/** Fails with 400 when the name of the object is not the one in the path. */
export const checkName = ({ name }: Target, object: JsonObject): void => {
  const found = textOf(Metadata.metadataOf(object).name)
  if (found === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (found !== name) {
    throw badRequest(`the name of the object (${found}) does not match the name on the URL (${name})`)
  }
}

/** Fails with 404 when the namespace does not exist, with 403 when it is terminating. */
export const checkNamespace = (state: ServerState, { kind, namespace }: Target, name: string): void => {
  if (namespace === "") return
  const namespaces = state.kinds.find("", "v1", "namespaces")
  const found = namespaces === undefined ? undefined : state.storage.get(namespaces, "", namespace)
  if (found === undefined) throw notFound({ group: "", plural: "namespaces", kind: "Namespace" }, namespace)
  if (found.metadata.deletionTimestamp === undefined) return
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace"
  }
  throw forbidden(kind, name, why, cause)
}

/** Applies the defaults of the kind. Idempotent. */
export const applyDefaults = (kind: ServedKind, object: JsonObject): JsonObject =>
  kind.custom === undefined ? Defaults.applyDefaults(kind, object) : kind.custom.schema.applyDefaults(object)

/** Reports unknown and duplicate fields as the `fieldValidation` parameter requests: fail, warn or ignore. */
const reportFieldErrors = (
  state: ServerState,
  errors: ReadonlyArray<string>,
  request: ApiRequest,
  failure: (why: string) => Error
): void => {
  switch (request.query.fieldValidation ?? "Warn") {
    case "Ignore":
      return
    case "Strict":
      if (errors.length > 0) throw failure(`strict decoding error: ${errors.join(", ")}`)
      return
    default:
      for (const text of errors) state.warn(text)
  }
}

/** Runs all validation of the kind. Fails with 422 and every cause. */
export const validate = (
  { kind }: Target,
  object: JsonObject,
  previous: JsonObject | undefined,
  subresource?: string
): void => {
  const metadata = Metadata.check(kind, object)
  const unqualified = Metadata.checkQualifiedFinalizers(kind, object)
  const metadataUpdate =
    previous === undefined ? [] : Metadata.checkUpdate(Metadata.metadataOf(object), Metadata.metadataOf(previous))
  const causesOf = (step: Metadata.Step, found: ReadonlyArray<Cause>): ReadonlyArray<Cause> => {
    if (step === "metadata") return [...metadata, ...unqualified]
    if (step === "metadataUpdate") return [...metadataUpdate, ...unqualified]
    if (kind.custom === undefined) return Rules.check(kind, object, step === "objectAlone" ? undefined : previous)
    const ofKind = kindCauses(kind, object)
    return ofKind.length > 0 ? ofKind : kind.custom.schema.validate(object, previous, subresource, found)
  }
  const steps = previous === undefined ? Metadata.stepsOnCreate(kind) : Metadata.stepsOnUpdate(kind, subresource)
  const causes = previous === undefined ? [] : [...metadata, ...metadataUpdate]
  for (const step of steps) causes.push(...causesOf(step, causes))
  if (causes.length === 0 && previous === undefined) causes.push(...metadata)
  if (causes.length === 0) return
  const name = textOf(Metadata.metadataOf(object).name)
  throw invalid({ ...kind, kind: textOf(object.kind) }, name, causes)
}

/** Warns about new finalizers of a custom object that are not domain-qualified. */
export const warnAboutFinalizers = (
  state: ServerState,
  { kind }: Target,
  object: JsonObject,
  previous: JsonObject | undefined
): void => {
  if (kind.custom === undefined) return
  const finalizersOf = (one: JsonObject) => stringsOf(Metadata.metadataOf(one).finalizers)
  const before = previous === undefined ? [] : finalizersOf(previous)
  const added = finalizersOf(object).filter((name) => !before.includes(name) && !name.includes("/"))
  const why = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
  for (const name of new Set(added.toSorted())) {
    if (!Metadata.standardFinalizers.includes(name)) {
      state.warn(`metadata.finalizers: ${JSON.stringify(name)}: ${why}`)
    }
  }
}

const hostnameUses: { readonly [kind: string]: string } = {
  "/pods": "the Pod's hostname",
  "batch/jobs": "Pod names and hostnames"
}

/** Warns when the name of a new object is valid, but not usable as a host name. */
export const warnAboutName = (state: ServerState, { kind }: Target, object: JsonObject): void => {
  const use = hostnameUses[`${kind.group}/${kind.plural}`]
  const errors = use === undefined ? [] : Names.label(textOf(Metadata.metadataOf(object).name))
  if (errors.length === 0) return
  const why = `this is used in ${use}, which can result in surprising behavior; a DNS label is recommended`
  state.warn(`metadata.name: ${why}: [${errors.join(" ")}]`)
}

/** True for absent, `null` and empty text. */
const isBlank = (value: Json | undefined): boolean => !isSet(value) || value === ""
