/**
 * What every write goes through between its body and the storage: the door, pruning, defaults, the rules of the kind.
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

/** Who a request writes as. */
export const writerOf = ({ now }: ServerState, { kind }: Target, request: ApiRequest): Writer => ({
  kind,
  manager: request.query.fieldManager ?? request.user,
  subresource: request.subresource ?? "",
  now: now()
})

/**
 * A body that must be an object of the target's kind and namespace, as the kind knows it. Fails with 400 on what cannot be
 * read as one.
 */
export const decodeBody = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const { kind } = target
  const body = fromUnknown(request.body)
  if (kind.custom !== undefined) checkHasKind(kind, body ?? null)
  const object = body === null ? none : body
  if (!isObject(object)) throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`)
  const named = kind.custom === undefined ? { ...object, ...identityOf(kind, object) } : object
  const { version } = parseApiVersion(textOf(named.apiVersion))
  const refuse = (why: string) =>
    badRequest(`${textOf(named.kind)} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`)
  return inNamespace(target, decode(state, kind, named, request, { source: "text", refuse }))
}

/** A built-in object that does not say what it is is what the path says. */
const identityOf = (kind: ServedKind, object: JsonObject): JsonObject => ({
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
 * What a patch made of an object, as the kind knows it. Fails with 422 on what cannot be read as the kind any more; `text`
 * says then what that is.
 */
export const decodePatched = (
  state: ServerState,
  { kind }: Target,
  request: ApiRequest,
  object: JsonObject,
  text: () => string
): JsonObject => {
  const source = request.patchFormat === "strategic" ? "maps" : "text"
  const refuse = (why: string) => {
    const message = `Invalid value: ${quoted(text())}: ${why}`
    return invalid({ group: "", plural: "", kind: "" }, "", [{ reason: "FieldValueInvalid", field: "patch", message }])
  }
  const mistake = source === "text" ? typeMetaError(kind, object, text) : undefined
  if (mistake !== undefined) throw refuse(mistake)
  return decode(state, kind, object, request, { source, refuse, otherVersion: patchVersionError })
}

/** Why it cannot be said what an object is. */
const typeMetaError = ({ custom }: ServedKind, object: JsonObject, text: () => string): string | undefined => {
  const field = ["apiVersion", "kind"].find((one) => isSet(object[one]) && typeof object[one] !== "string")
  if (field !== undefined) {
    const why = GoDecoder.mismatch(object[field] ?? null, "string", { struct: "", fields: [field] })
    return `couldn't get version/kind; json parse error: ${why}`
  }
  return custom !== undefined && textOf(object.kind) === "" ? `Object 'Kind' is missing in '${text()}'` : undefined
}

/** A patch may not change which version of a custom kind an object is of. */
const patchVersionError = (kind: ServedKind, object: JsonObject): Error => {
  const found = textOf(object.apiVersion)
  if (found === "") return internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'")
  const resource = { ...kind, ...parseApiVersion(found), kind: textOf(object.kind) }
  const message = `Invalid value: ${JSON.stringify(found)}: must be ${apiVersionOf(kind)}`
  const cause = { reason: "FieldValueInvalid", field: "apiVersion", message }
  return invalid(resource, textOf(Metadata.metadataOf(object).name), [cause])
}

const bodyVersionError = (kind: ServedKind, { apiVersion }: JsonObject): Error => {
  const wanted = apiVersionOf(kind)
  return badRequest(
    `the API version in the data (${textOf(apiVersion)}) does not match the expected API version (${wanted})`
  )
}

/**
 * What applying made of an object, as the kind knows it. A custom object has passed its schema already, and keeps what is
 * `null` in it; one of a built-in kind fails with 500 when it cannot be read.
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
  const what = `${kind.group}/${kind.version}, Kind=${kind.kind}`
  const refuse = (why: string) =>
    internal(
      `failed to convert new object (/${name}; ${what}) to proper version: ` +
        `unable to convert unstructured object to ${what}: ${why}`
    )
  return decode(state, kind, object, request, { source: "maps", refuse })
}

/** From where an object comes to be read, and how it is refused there. */
interface DecodeOptions {
  readonly source: GoDecoder.Source
  readonly refuse: (why: string) => Error
  /** What a custom object of another version is refused with. */
  readonly otherVersion?: (kind: ServedKind, object: JsonObject) => Error
}

/** Reads an object as one of its kind: with fields of their types only, and with defaults. */
const decode = (
  state: ServerState,
  kind: ServedKind,
  object: JsonObject,
  request: ApiRequest,
  { otherVersion = bodyVersionError, refuse, source }: DecodeOptions
): JsonObject => {
  const read =
    kind.custom === undefined ? decodeBuiltIn(state, kind, object, source) : decodeCustom(state, kind, object)
  const { error, object: known, unknown } = read
  if (error !== undefined) throw refuse(error)
  const isKnown = (path: string) => kind.custom !== undefined || !unknown.some((field) => isWithin(path, field))
  const mistakes = [
    ...(request.duplicates ?? []).filter(isKnown).map((field) => `duplicate field ${quoted(field)}`),
    ...unknown.map((field) => `unknown field ${quoted(field)}`)
  ]
  reportFieldErrors(state, mistakes, request, refuse)
  if (kind.custom !== undefined && known.apiVersion !== apiVersionOf(kind)) throw otherVersion(kind, known)
  return applyDefaults(kind, toStorageVersion(kind, known))
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
  const named = { ...object, kind: textOf(object.kind) === "" ? kind.kind : textOf(object.kind) }
  const found = kinds.findByKind(apiVersion, named.kind)
  const struct = found === undefined ? undefined : structOf(found)
  if (found === undefined || struct === undefined) {
    const error = `no kind "${named.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
    return { object, unknown: [], error }
  }
  const read = GoDecoder.decode(named, struct)
  if (kind === found) return read
  const error = `converting (v1.${found.kind}) to (${packageOf(kind)}.${kind.kind}): unknown conversion`
  return { error, ...read }
}

/** An object that is never read as text is of the kind, whatever it says. */
const convertBuiltIn = (kind: ServedKind, object: JsonObject): GoDecoder.Decoded => {
  const { object: known, ...rest } = GoDecoder.decode(object, structOf(kind) ?? kind.kind, "maps")
  return { ...rest, object: { ...known, apiVersion: apiVersionOf(kind), kind: kind.kind } }
}

/** What a version that is not served knows. */
const emptySchema = compile(none, "")

/** Where Go keeps the kinds of a group. */
const packageOf = ({ group }: ServedKind): string => (group === "" ? "core" : group.split(".", 1).join(""))

/** A custom object is read by the schema of the version that it names. */
const decodeCustom = (state: ServerState, kind: ServedKind, object: JsonObject): GoDecoder.Decoded => {
  const { metadata = none } = object
  if (metadata !== null && !isObject(metadata)) {
    return { object, unknown: [], error: GoDecoder.mismatch(metadata, "v1.ObjectMeta") }
  }
  const own = GoDecoder.decode(objectOf(metadata), "ObjectMeta")
  const known = { ...object, metadata: own.object }
  const unknown = own.unknown.map((field) => `metadata.${field}`)
  const { group, version } = parseApiVersion(textOf(object.apiVersion))
  if (own.error !== undefined || group !== kind.group || object.kind !== kind.kind) {
    return { ...own, object: known, unknown }
  }
  const schema = state.kinds.find(group, version, kind.plural)?.custom?.schema ?? emptySchema
  const read = schema.prune(known)
  return { ...read, unknown: [...unknown, ...read.unknown] }
}

/** Custom objects of another kind pass the door and fail the rules; no schema looks at them. */
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

/** The object in the namespace of the request. 400 when it names another one. */
export const inNamespace = ({ namespace }: Target, object: JsonObject): JsonObject => {
  const metadata = Metadata.metadataOf(object)
  const found = textOf(metadata.namespace)
  if (found !== "" && found !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  return namespace === "" || found === namespace ? object : { ...object, metadata: { ...metadata, namespace } }
}

/** Refuses a body whose name is not the one in the path. */
export const checkName = ({ name }: Target, object: JsonObject): void => {
  const found = textOf(Metadata.metadataOf(object).name)
  if (found === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (found !== name) {
    throw badRequest(`the name of the object (${found}) does not match the name on the URL (${name})`)
  }
}

/** A namespaced object needs its namespace; one that is going away takes no new objects. */
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

/** The object with the defaults of its kind. Doing it again changes nothing. */
export const applyDefaults = (kind: ServedKind, object: JsonObject): JsonObject =>
  kind.custom === undefined ? Defaults.applyDefaults(kind, object) : kind.custom.schema.applyDefaults(object)

/** Fields that are unknown or there twice refuse the request, warn, or go silently. */
const reportFieldErrors = (
  state: ServerState,
  mistakes: ReadonlyArray<string>,
  request: ApiRequest,
  refuse: (why: string) => Error
): void => {
  switch (request.query.fieldValidation ?? "Warn") {
    case "Ignore":
      return
    case "Strict":
      if (mistakes.length > 0) throw refuse(`strict decoding error: ${mistakes.join(", ")}`)
      return
    default:
      for (const text of mistakes) state.warn(text)
  }
}

/** All rules of the kind at once; 422 with every cause. */
export const validate = (
  { kind }: Target,
  object: JsonObject,
  previous: JsonObject | undefined,
  subresource?: string
): void => {
  const metadata = Metadata.check(kind, object)
  const unqualified = Metadata.checkQualifiedFinalizers(kind, object)
  const change =
    previous === undefined ? [] : Metadata.checkUpdate(Metadata.metadataOf(object), Metadata.metadataOf(previous))
  const causesOf = (check: Metadata.Step, found: ReadonlyArray<Cause>): ReadonlyArray<Cause> => {
    if (check === "metadata") return [...metadata, ...unqualified]
    if (check === "change") return [...change, ...unqualified]
    if (kind.custom === undefined) return Rules.check(kind, object, check === "alone" ? undefined : previous)
    const ofKind = kindCauses(kind, object)
    return ofKind.length > 0 ? ofKind : kind.custom.schema.validate(object, previous, subresource, found)
  }
  const checks = previous === undefined ? Metadata.checksOnCreate(kind) : Metadata.checksOnUpdate(kind, subresource)
  const causes = previous === undefined ? [] : [...metadata, ...change]
  for (const check of checks) causes.push(...causesOf(check, causes))
  if (causes.length === 0 && previous === undefined) causes.push(...metadata)
  if (causes.length === 0) return
  const name = textOf(Metadata.metadataOf(object).name)
  throw invalid({ ...kind, kind: textOf(object.kind) }, name, causes)
}

/** Warns of new finalizers of a custom object that may be somebody else's too. */
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

/** Warns of the name of a new object that is good for the object, but not for the hosts that are called by it. */
export const warnAboutName = (state: ServerState, { kind }: Target, object: JsonObject): void => {
  const used = hostnameUses[`${kind.group}/${kind.plural}`]
  const faults = used === undefined ? [] : Names.label(textOf(Metadata.metadataOf(object).name))
  if (faults.length === 0) return
  const why = `this is used in ${used}, which can result in surprising behavior; a DNS label is recommended`
  state.warn(`metadata.name: ${why}: [${faults.join(" ")}]`)
}

/** True when a value says nothing. */
const isBlank = (value: Json | undefined): boolean => !isSet(value) || value === ""
