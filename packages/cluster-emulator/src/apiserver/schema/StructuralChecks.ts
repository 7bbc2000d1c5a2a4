/**
 * Validates that a schema is structural: every value has a type, specified outside of `allOf`, `anyOf`, `oneOf` and
 * `not`.
 */
import type { JsonObject } from "../Json.ts"
import { equal, isObject, objectOf, objectsOf, textOf } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { forbidden, invalid, required } from "./Causes.ts"
import { patternOf } from "./Structural.ts"

/** Validates the root schema of a version. Causes are sorted by field. */
export const checkStructural = (schema: JsonObject, path: string): ReadonlyArray<Cause> =>
  [...checkNode(schema, path, "root")].sort((left, right) => (text(left) < text(right) ? -1 : 1))

type Level = "root" | "field" | "item"

const text = ({ field, message }: Cause): string => `${field}: ${message}`

const untyped: { readonly [level in Level]: string } = {
  root: "must not be empty at the root",
  field: "must not be empty for specified object fields",
  item: "must not be empty for specified array items"
}

const checkNode = (schema: JsonObject, path: string, level: Level): ReadonlyArray<Cause> => {
  const causes: Array<Cause> = [...checkParts(schema, path, level), ...checkType(schema, path, level)]
  const isResource = level === "root" || schema["x-kubernetes-embedded-resource"] === true
  const properties = objectOf(schema.properties)
  if (isResource) {
    for (const name of ["kind", "apiVersion"]) {
      const { type = "" } = objectOf(properties[name])
      if (isObject(properties[name]) && type !== "string") {
        causes.push(invalid(`${path}.properties[${name}].type`, type, "must be string"))
      }
    }
  }
  if (isObject(properties.metadata))
    causes.push(...checkMetadata(properties.metadata, `${path}.properties[metadata]`, isResource, level))
  const anyOf = isIntOrString(schema.anyOf) ? [] : objectsOf(schema.anyOf)
  const first = objectOf(objectsOf(schema.allOf)[0])
  const allOf = objectsOf(schema.allOf).map((one, index) =>
    index === 0 && isIntOrString(first.anyOf) ? { ...one, anyOf: [] } : one
  )
  return [...causes, ...checkJunctors({ ...schema, anyOf, allOf }, path), ...checkPattern(schema, path)]
}

const checkParts = (schema: JsonObject, path: string, level: Level): ReadonlyArray<Cause> => {
  const { additionalProperties: additional, items } = schema
  return [
    ...(schema.type === "array" && !isObject(items) ? [required(`${path}.items`, "must be specified")] : []),
    ...(isObject(items) ? checkNode(items, `${path}.items`, "item") : []),
    ...Object.entries(objectOf(schema.properties)).flatMap(([name, property]) =>
      checkNode(objectOf(property), `${path}.properties[${name}]`, "field")
    ),
    ...(additional !== undefined && level === "root"
      ? [forbidden(`${path}.additionalProperties`, "must not be used at the root")]
      : []),
    ...(isObject(additional) ? checkNode(additional, `${path}.additionalProperties`, "field") : [])
  ]
}

const checkType = (schema: JsonObject, path: string, level: Level): ReadonlyArray<Cause> => {
  const type = textOf(schema.type)
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true
  const isPreserving = schema["x-kubernetes-preserve-unknown-fields"] === true
  const isIntOrStringNode = schema["x-kubernetes-int-or-string"] === true
  const causes: Array<Cause> = []
  if (isEmbedded && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true"
    causes.push(type === "" ? required(`${path}.type`, why) : invalid(`${path}.type`, type, why))
  } else if (type === "" && !isPreserving && !isIntOrStringNode) {
    causes.push(required(`${path}.type`, untyped[level]))
  }
  if (isIntOrStringNode && isPreserving) {
    const why = "must be false if x-kubernetes-int-or-string is true"
    causes.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, why))
  }
  if (level === "root" && type !== "" && type !== "object") {
    causes.push(invalid(`${path}.type`, type, "must be object at the root"))
  }
  if (isEmbedded && schema.additionalProperties !== undefined) {
    const why = "must not be used if x-kubernetes-embedded-resource is set"
    causes.push(forbidden(`${path}.additionalProperties`, why))
  }
  if (isEmbedded && !isPreserving && Object.keys(objectOf(schema.properties)).length === 0) {
    const why =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
    causes.push(required(`${path}.properties`, why))
  }
  return causes
}

/** The schema of `metadata` may restrict `name` and `generateName` only. */
const checkMetadata = (metadata: JsonObject, path: string, isResource: boolean, level: Level): ReadonlyArray<Cause> => {
  const type = metadata.type ?? ""
  const causes = isResource && type !== "object" ? [invalid(`${path}.type`, type, "must be object")] : []
  if (level !== "root") return causes
  const names = Object.keys(objectOf(metadata.properties))
  const others = Object.keys(metadata).filter(
    (field) => !["type", "properties", "description", "default"].includes(field)
  )
  const isAllowed = others.length === 0 && names.every((name) => name === "name" || name === "generateName")
  const why = "must not specify anything other than name and generateName, but metadata is implicitly specified"
  return isAllowed ? causes : [...causes, forbidden(path, why)]
}

const isIntOrString = (anyOf: JsonObject[string] | undefined): boolean =>
  equal(anyOf, [{ type: "integer" }, { type: "string" }])

const checkJunctors = (schema: JsonObject, path: string): ReadonlyArray<Cause> => [
  ...["anyOf", "allOf", "oneOf"].flatMap((junctor) =>
    objectsOf(schema[junctor]).flatMap((one, index) => checkNested(one, `${path}.${junctor}[${index}]`))
  ),
  ...(isObject(schema.not) ? checkNested(schema.not, `${path}.not`) : [])
]

const checkPattern = (schema: JsonObject, path: string): ReadonlyArray<Cause> => {
  const pattern = textOf(schema.pattern)
  const { error } = patternOf(pattern)
  if (error === undefined) return []
  return [invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${error}`)]
}

const notNested: ReadonlyArray<readonly [field: string, must: string]> = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"]
]

/** Validates a schema below a junctor, which may contain value validations only. */
const checkNested = (schema: JsonObject, path: string): ReadonlyArray<Cause> => [
  ...notNested
    .filter(([field]) => schema[field] !== undefined && schema[field] !== false)
    .map(([field, must]) => forbidden(`${path}.${field}`, must)),
  ...checkJunctors(schema, path),
  ...checkPattern(schema, path),
  ...(isObject(schema.items) ? checkNested(schema.items, `${path}.items`) : []),
  ...Object.entries(objectOf(schema.properties)).flatMap(([name, property]) => [
    ...checkNested(objectOf(property), `${path}.properties[${name}]`),
    ...(name === "metadata"
      ? [forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context")]
      : [])
  ])
]
