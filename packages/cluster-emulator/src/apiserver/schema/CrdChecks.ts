/**
 * Validation of CustomResourceDefinitions.
 */
import type { Json, JsonObject } from "../Json.ts"
import { at, equal, isArray, isObject, objectOf, objectsOf, stringsOf, textOf } from "../Json.ts"
import * as Names from "../Names.ts"
import type { Cause } from "./Causes.ts"
import { child, duplicate, invalid, NO_FIELD, notSupported, required } from "./Causes.ts"
import * as CelRules from "./CelRules.ts"
import { prune } from "./Pruning.ts"
import { checkRules } from "./RuleChecks.ts"
import { checkSchema, schemaAt } from "./SchemaChecks.ts"
import type { Structural } from "./Structural.ts"
import { parse } from "./Structural.ts"
import { checkStructural } from "./StructuralChecks.ts"
import { validate } from "./Validation.ts"

/**
 * Validates a CustomResourceDefinition: names, group, scope, versions, structural schemas, list map keys, CEL rules
 * that compile, and defaults that match their schema.
 *
 * CEL cost is not estimated. kube-apiserver also rejects rules over its cost limit, above all on lists, maps and
 * strings without `maxItems`, `maxProperties` and `maxLength`.
 */
export const checkCrd = (crd: JsonObject): ReadonlyArray<Cause> => {
  const spec = objectOf(crd.spec)
  return [...checkIdentity(crd, spec), ...checkVersions(crd, spec), ...checkNames(objectOf(spec.names))]
}

const checkLabel = (field: string, value: Json, text: string, prefix = ""): ReadonlyArray<Cause> => {
  const why = Names.dns1035Label(text)
  return why.length === 0 ? [] : [invalid(field, value, `${prefix}${why.join(",")}`)]
}

const checkIdentity = (crd: JsonObject, spec: JsonObject): ReadonlyArray<Cause> => {
  const group = textOf(spec.group)
  const scope = textOf(spec.scope)
  const name = textOf(at(crd, "metadata", "name"))
  const isWrongName = name !== `${textOf(at(spec, "names", "plural"))}.${group}`
  const scopes = ["Cluster", "Namespaced"]
  return [
    ...(isWrongName ? [invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`)] : []),
    ...checkGroup(group),
    ...checkPreserving(spec),
    ...checkColumnsAndFields(spec),
    ...(scope === "" ? [required("spec.scope")] : []),
    ...(scope === "" || scopes.includes(scope) ? [] : [notSupported("spec.scope", scope, scopes)])
  ]
}

const preservingRule =
  "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"

const checkPreserving = (spec: JsonObject): ReadonlyArray<Cause> =>
  spec.preserveUnknownFields === true ? [invalid("spec.preserveUnknownFields", true, preservingRule)] : []

const columnTypes = ["boolean", "date", "integer", "number", "string"]

/** Printer columns and selectable fields. With a single version, the causes name them as fields of `spec`. */
const checkColumnsAndFields = (spec: JsonObject): ReadonlyArray<Cause> => {
  const versions = objectsOf(spec.versions)
  return versions.flatMap((version, index) => {
    const path = versions.length === 1 ? "spec" : `spec.versions[${index}]`
    return [...checkColumns(version, path), ...checkSelectable(version, path)]
  })
}

const checkColumns = ({ additionalPrinterColumns }: JsonObject, path: string): ReadonlyArray<Cause> =>
  objectsOf(additionalPrinterColumns).flatMap(({ type }, column) => {
    if (columnTypes.includes(textOf(type))) return []
    const field = `${path}.additionalPrinterColumns[${column}].type`
    return [invalid(field, textOf(type), `must be one of ${columnTypes.join(",")}`)]
  })

const checkSelectable = ({ schema, selectableFields }: JsonObject, versionPath: string): ReadonlyArray<Cause> => {
  const paths = objectsOf(selectableFields).map(({ jsonPath }) => textOf(jsonPath))
  return paths.flatMap((path, index) => {
    const field = `${versionPath}.selectableFields[${index}].jsonPath`
    if (path === "") return [required(field)]
    if (paths.indexOf(path) < index) return [duplicate(field, path)]
    const why = jsonPathError(path, objectOf(at(schema, "openAPIV3Schema")))
    return why === undefined ? [] : [invalid(field, path, why)]
  })
}

const jsonPathError = (path: string, schema: JsonObject): string | undefined => {
  const [start = ""] = /^[^.[]+/.exec(path) ?? []
  if (start !== "") return `is an invalid path: expected [ or . but got: ${start}`
  if (/\[(?!')/.test(path)) return "is an invalid path: array notation is not allowed"
  const found = schemaAt(schema, path)
  if (found === undefined) return "is an invalid path: does not refer to a valid field"
  return ["boolean", "integer", "string"].includes(textOf(found.type))
    ? undefined
    : "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
}

const checkGroup = (group: string): ReadonlyArray<Cause> => {
  if (group === "") return [required("spec.group")]
  const why = Names.subdomain(group)
  if (why.length > 0) return [invalid("spec.group", group, why.join(","))]
  return group.includes(".") ? [] : [invalid("spec.group", group, "should be a domain with at least one dot")]
}

const checkNames = (names: JsonObject): ReadonlyArray<Cause> => {
  const kind = textOf(names.kind)
  const singular = textOf(names.singular) === "" ? kind.toLowerCase() : textOf(names.singular)
  const listKind = textOf(names.listKind) === "" && kind !== "" ? `${kind}List` : textOf(names.listKind)
  const all = { plural: textOf(names.plural), singular, kind, listKind }
  const mixed = "may have mixed case, but should otherwise match: "
  const missing = Object.entries(all).filter(([, name]) => name === "")
  return [
    ...missing.map(([field]) => required(`spec.names.${field}`)),
    ...Object.entries(all).flatMap(([field, name]) => {
      if (name === "") return []
      return field.toLowerCase().endsWith("kind")
        ? checkLabel(`spec.names.${field}`, name, name.toLowerCase(), mixed)
        : checkLabel(`spec.names.${field}`, name, name)
    }),
    ...(kind !== "" && kind === listKind
      ? [invalid("spec.names.listKind", listKind, "kind and listKind may not be the same")]
      : []),
    ...["shortNames", "categories"].flatMap((field) =>
      stringsOf(names[field]).flatMap((name, index) => checkLabel(`spec.names.${field}[${index}]`, name, name))
    )
  ]
}

const checkVersions = (crd: JsonObject, spec: JsonObject): ReadonlyArray<Cause> => {
  const versions = objectsOf(spec.versions)
  const names = versions.map(({ name }) => textOf(name))
  const schemas = versions.map((version) => at(version, "schema", "openAPIV3Schema"))
  const goVersions = JSON.stringify(versions.map(toGoVersion))
  const inVersions = (why: string): Cause => {
    return { reason: "FieldValueInvalid", field: "spec.versions", message: `Invalid value: ${goVersions}: ${why}` }
  }
  const isShared = schemas.every((schema) => equal(schema, schemas[0]))
  const hasDuplicates = new Set(names).size < names.length
  const storageVersions = versions.filter((version) => version.storage === true)
  return [
    ...names.flatMap((name, index) => checkLabel(`spec.versions[${index}].name`, name, name)),
    ...schemas.flatMap((schema, index) => {
      const schemaPath = isShared ? "spec.validation.openAPIV3Schema" : `spec.versions[${index}].schema.openAPIV3Schema`
      if (!isObject(schema)) return [required(`spec.versions[${index}].schema.openAPIV3Schema`)]
      return isShared && index > 0 ? [] : checkOpenApi(schema, schemaPath)
    }),
    ...(hasDuplicates ? [inVersions("must contain unique version names")] : []),
    ...(storageVersions.length === 1 ? [] : [inVersions("must have exactly one version marked as storage version")]),
    ...names.slice(0, 1).flatMap((name) => checkLabel("spec.version", name, name)),
    ...checkStoredVersions(crd, storageVersions)
  ]
}

/** On create, `status.storedVersions` is set to the first storage version before validation. */
const checkStoredVersions = (crd: JsonObject, storageVersions: ReadonlyArray<JsonObject>): ReadonlyArray<Cause> => {
  const names = storageVersions.map(({ name }) => textOf(name))
  const before = at(crd, "status", "storedVersions")
  const stored = isArray(before) && before.length > 0 ? stringsOf(before) : names.slice(0, 1)
  const field = "status.storedVersions"
  if (stored.length === 0) return [invalid(field, null, "must have at least one stored version")]
  if (isArray(before)) return []
  return names
    .filter((name) => !stored.includes(name))
    .map((name) => invalid(field, stored, `must have the storage version ${name}`))
}

/** A version as messages print it: the internal Go struct, without the fields that all versions share. */
const toGoVersion = (version: JsonObject): JsonObject => ({
  Name: textOf(version.name),
  Served: version.served === true,
  Storage: version.storage === true,
  Deprecated: version.deprecated === true,
  DeprecationWarning: null,
  Schema: null,
  Subresources: null,
  AdditionalPrinterColumns: null,
  SelectableFields: null
})

/** Validates a schema. Defaults are validated only in structural schemas, rules only when both are valid. */
const checkOpenApi = (json: JsonObject, path: string): ReadonlyArray<Cause> => {
  const structural = checkStructural(json, path)
  const schema = parse(json)
  const defaults = structural.length === 0 ? checkDefaults(schema, path) : []
  const nodes = checkSchema(json, path)
  const isValid = structural.length === 0 && defaults.length === 0
  return [...structural, ...defaults, ...nodes, ...(isValid ? checkRules(schema, path, nodes) : [])]
}

const checkDefaults = (schema: Structural, path: string): ReadonlyArray<Cause> => [
  ...(schema.default === undefined ? [] : checkDefault(schema, schema.default, `${path}.default`)),
  ...(schema.items === undefined ? [] : checkDefaults(schema.items, `${path}.items`)),
  ...[...schema.properties].flatMap(([name, property]) => checkDefaults(property, `${path}.properties[${name}]`))
]

const checkDefault = (schema: Structural, value: Json, path: string): ReadonlyArray<Cause> => {
  const holder = { ...schema, types: ["object"], embedded: false, properties: new Map([["value", schema]]) }
  const { unknown } = prune({ value }, { ...holder, preserve: false })
  const unknownCauses = unknown.length === 0 ? [] : [invalid(path, value, "must not have unknown fields")]
  const valueCauses = validate(value, schema).map((cause) => ({
    ...cause,
    field: cause.field === NO_FIELD ? cause.field : cause.field === "" ? path : child(path, cause.field)
  }))
  if (valueCauses.length > 0) return [...unknownCauses, ...valueCauses]
  const rules = CelRules.compile(schema)
  return [...unknownCauses, ...(rules === undefined ? [] : CelRules.check(rules, value, undefined, path))]
}
