/**
 * What every write goes through between its body and the storage: the door, pruning, defaults, the rules of the kind.
 */
import * as BuiltInFields from "./BuiltInFields.ts"
import * as Defaults from "./Defaults.ts"
import type { ApiFailure, Cause } from "./Failure.ts"
import { badRequest, forbidden, internal, invalid, notFound } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { fromUnknown, isObject, isSet, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { apiVersionOf } from "./Kinds.ts"
import type { Machine, Target } from "./Machine.ts"
import { normal } from "./Machine.ts"
import type { Writer } from "./ManagedFields.ts"
import * as Metadata from "./Metadata.ts"
import type { ApiRequest } from "./Request.ts"
import * as Rules from "./Rules.ts"

/** Who a request writes as. */
export const writerOf = ({ now }: Machine, { kind }: Target, request: ApiRequest): Writer => ({
  kind,
  manager: request.query.fieldManager ?? request.user,
  subresource: request.subresource ?? "",
  now: now()
})

/** A body that must be an object of the target's kind and namespace. */
export const objectBody = (target: Target, body: unknown): JsonObject => {
  const object = fromUnknown(body)
  if (!isObject(object)) throw badRequest(`the object provided is unrecognized (must be of type ${target.kind.kind})`)
  checkIdentity(target, object)
  return normal(target.kind, inNamespace(target, object))
}

const checkIdentity = (target: Target, object: JsonObject): void => {
  const { kind } = target
  const apiVersion = apiVersionOf(kind)
  if (kind.custom === undefined) checkBuiltIn(kind, object)
  else {
    if (textOf(object.kind) === "") {
      const text = JSON.stringify(object)
      const missing = `Object 'Kind' is missing in '${text}' (${text.slice(0, 32)} ...)`
      throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${missing}`)
    }
    const found = textOf(object.apiVersion)
    if (found !== apiVersion) {
      const why = `the API version in the data (${found}) does not match the expected API version (${apiVersion})`
      throw badRequest(why)
    }
  }
  Metadata.checkShape(kind, object)
}

const checkBuiltIn = (kind: ServedKind, object: JsonObject): void => {
  const apiVersion = textOf(object.apiVersion)
  const found = textOf(object.kind)
  const isSame = (found === "" || found === kind.kind) && (apiVersion === "" || apiVersion === apiVersionOf(kind))
  if (isSame) return
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1)
  throw badRequest(
    `${found} in version "${version}" cannot be handled as a ${kind.kind}: ` +
      `no kind "${found}" is registered for version "${apiVersion}"`
  )
}

/** Custom objects of another kind pass the door and fail the rules. */
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

/** The object with its type, and the namespace of the request. 400 when it names another one. */
export const inNamespace = ({ kind, namespace }: Target, object: JsonObject): JsonObject => {
  const metadata = Metadata.metadataOf(object)
  const found = textOf(metadata.namespace)
  if (found !== "" && found !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  const typed = { ...object, apiVersion: apiVersionOf(kind), kind: object.kind ?? kind.kind }
  return namespace === "" || found === namespace ? typed : { ...typed, metadata: { ...metadata, namespace } }
}

/** A body without a name, or in which none can be found. */
export const nameless = ({ name }: Target): ApiFailure =>
  badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)

/** Refuses a body whose name is not the one in the path. */
export const checkName = (target: Target, object: JsonObject): void => {
  const { name } = target
  const found = textOf(Metadata.metadataOf(object).name)
  if (found === "") throw nameless(target)
  if (found !== name) {
    throw badRequest(`the name of the object (${found}) does not match the name on the URL (${name})`)
  }
}

/** A namespaced object needs its namespace; one that is going away takes no new objects. */
export const checkNamespace = (machine: Machine, { kind, namespace }: Target, name: string): void => {
  if (namespace === "") return
  const namespaces = machine.kinds.find("", "v1", "namespaces")
  const found = namespaces === undefined ? undefined : machine.storage.get(namespaces, "", namespace)
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

/** Prunes what the kind does not know, and fills in what it does. */
export const shaped = (machine: Machine, kind: ServedKind, object: JsonObject, request: ApiRequest): JsonObject => {
  const known = pruned(machine, kind, object, request)
  return kind.custom === undefined ? Defaults.fill(kind, known) : kind.custom.schema.applyDefaults(known)
}

/** The object without fields that its kind does not know. These refuse the request, warn, or go silently. */
export const pruned = (machine: Machine, kind: ServedKind, object: JsonObject, request: ApiRequest): JsonObject => {
  const prune = kind.custom?.schema.prune ?? ((all: JsonObject) => BuiltInFields.prune(kind, all))
  const { object: known, unknown } = prune(object)
  if (unknown.length > 0) reportUnknown(machine, kind, unknown, request)
  return known
}

const reportUnknown = (
  machine: Machine,
  kind: ServedKind,
  unknown: ReadonlyArray<string>,
  request: ApiRequest
): void => {
  const texts = unknown.map((field) => `unknown field "${field}"`)
  switch (request.query.fieldValidation ?? "Warn") {
    case "Ignore":
      return
    case "Strict": {
      const why = `strict decoding error: ${texts.join(", ")}`
      if (request.verb !== "patch") {
        throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`)
      }
      const message = `Invalid value: ${JSON.stringify(JSON.stringify(request.body ?? null))}: ${why}`
      throw invalid({ group: "", plural: "", kind: "" }, "", [{ reason: "FieldValueInvalid", field: "patch", message }])
    }
    default:
      for (const text of texts) machine.warn(text)
  }
}

/** All rules of the kind at once; 422 with every cause. */
export const checkRules = (
  { kind }: Target,
  object: JsonObject,
  previous: JsonObject | undefined,
  more: ReadonlyArray<Cause> = [],
  subresource?: string
): void => {
  const own =
    kind.custom === undefined
      ? Rules.check(kind, object, previous)
      : [...kindCauses(kind, object), ...kind.custom.schema.validate(object, previous, subresource)]
  const times = previous === undefined ? { rules: 1, change: 1 } : Metadata.checksOf(kind, subresource)
  const causes = [...repeated(Metadata.check(kind, object), times.rules), ...repeated(more, times.change), ...own]
  if (causes.length === 0) return
  const name = textOf(Metadata.metadataOf(object).name)
  throw invalid({ ...kind, kind: textOf(object.kind) }, name, causes)
}

const repeated = (causes: ReadonlyArray<Cause>, times: number): ReadonlyArray<Cause> =>
  causes.length === 0 ? causes : Array.from({ length: times }, () => causes).flat()

/**
 * A configuration to apply must fit the schema before anything else: a real server cannot even read one that does not,
 * and answers 500.
 */
export const checkApplied = ({ kind, name }: Target, config: JsonObject): void => {
  if (kind.custom === undefined) return
  const { unknown } = kind.custom.schema.prune(config)
  const [field] = unknown
  if (field !== undefined) throw internal(`${applyPrefix(kind, name)}: .${field}: field not declared in schema`)
  const wrong = kind.custom.schema.validate(config).find((cause) => cause.reason === "FieldValueTypeInvalid")
  if (wrong !== undefined && !wrong.message.includes(`"null"`)) {
    throw internal(`${applyPrefix(kind, name)}: .${wrong.field}: ${wrong.message}`)
  }
}

const applyPrefix = (kind: ServedKind, name: string): string =>
  `failed to create typed patch object (/${name}; ${apiVersionOf(kind)}, Kind=${kind.kind})`

/** True when a value says nothing. */
export const isBlank = (value: Json | undefined): boolean => !isSet(value) || value === ""
