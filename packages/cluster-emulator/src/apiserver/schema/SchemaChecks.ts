/**
 * Validates the nodes of a schema, apart from being structural: types, `x-kubernetes-list-type` and
 * `x-kubernetes-map-type` with their keys, and the fields of `x-kubernetes-validations`.
 */
import type { JsonObject } from "../Json.ts"
import { isObject, objectOf, objectsOf, stringsOf, textOf } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { forbidden, invalid, notSupported, required } from "./Causes.ts"

/** Validates a schema and all nested schemas. */
export const checkSchema = (schema: JsonObject, path: string): ReadonlyArray<Cause> => [
  ...checkNode(schema, path),
  ...nestedSchemas(schema, path).flatMap(([nested, nestedPath]) => checkSchema(nested, nestedPath))
]

const nestedSchemas = (schema: JsonObject, path: string): ReadonlyArray<readonly [JsonObject, string]> => [
  ...["additionalProperties", "items", "not"].flatMap((field): ReadonlyArray<readonly [JsonObject, string]> => {
    const nested = schema[field]
    return isObject(nested) ? [[nested, `${path}.${field}`]] : []
  }),
  ...Object.entries(objectOf(schema.properties)).map(
    ([name, property]) => [objectOf(property), `${path}.properties[${name}]`] as const
  ),
  ...["allOf", "oneOf", "anyOf"].flatMap((junctor) =>
    objectsOf(schema[junctor]).map((one, index) => [one, `${path}.${junctor}[${index}]`] as const)
  )
]

const types = ["array", "boolean", "integer", "number", "object", "string"]

const checkNode = (schema: JsonObject, path: string): ReadonlyArray<Cause> => {
  const type = textOf(schema.type)
  const additional = schema.additionalProperties
  const causes: Array<Cause> = []
  if (type !== "" && !types.includes(type)) causes.push(notSupported(`${path}.type`, type, types))
  if (schema.uniqueItems === true) {
    const why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
    causes.push(forbidden(`${path}.uniqueItems`, why))
  }
  if (isObject(additional) && Object.keys(objectOf(schema.properties)).length > 0) {
    const why = "additionalProperties and properties are mutual exclusive"
    causes.push(forbidden(`${path}.additionalProperties`, why))
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    causes.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"))
  }
  causes.push(...checkExtension(schema, path, "x-kubernetes-map-type", "object", ["atomic", "granular"]))
  causes.push(...checkExtension(schema, path, "x-kubernetes-list-type", "array", ["atomic", "set", "map"]))
  return [...causes, ...checkSet(schema, path), ...checkMap(schema, path), ...checkRules(schema, path)]
}

/** `x-kubernetes-list-type` requires an array, `x-kubernetes-map-type` an object. */
const checkExtension = (
  schema: JsonObject,
  path: string,
  extension: string,
  requiredType: string,
  supported: ReadonlyArray<string>
): ReadonlyArray<Cause> => {
  const value = textOf(schema[extension])
  if (value === "") return []
  const type = textOf(schema.type)
  const why = `must be ${requiredType} if ${extension} is specified`
  const typeCauses = type === "" ? [required(`${path}.type`, why)] : [invalid(`${path}.type`, type, why)]
  return [
    ...(type === requiredType ? [] : typeCauses),
    ...(supported.includes(value) ? [] : [notSupported(`${path}.${extension}`, value, supported)])
  ]
}

const checkSet = (schema: JsonObject, path: string): ReadonlyArray<Cause> => {
  if (schema["x-kubernetes-list-type"] !== "set" || schema.type !== "array" || !isObject(schema.items)) return []
  const { items } = schema
  const must = "must be atomic as item of a list with x-kubernetes-list-type=set"
  const causes: Array<Cause> = []
  const listType = items["x-kubernetes-list-type"] ?? "atomic"
  if (items.type === "array" && listType !== "atomic") {
    causes.push(invalid(`${path}.items.x-kubernetes-list-type`, listType, must))
  }
  if (items.type === "object" && items["x-kubernetes-map-type"] !== "atomic") {
    causes.push(invalid(`${path}.items.x-kubernetes-map-type`, null, must))
  }
  return [...causes, ...notNullable(items, `${path}.items`, "cannot be nullable when x-kubernetes-list-type is set")]
}

const notNullable = (schema: JsonObject, path: string, why: string): ReadonlyArray<Cause> =>
  schema.nullable === true ? [forbidden(`${path}.nullable`, why)] : []

const checkMap = (schema: JsonObject, path: string): ReadonlyArray<Cause> => {
  const keys = stringsOf(schema["x-kubernetes-list-map-keys"])
  const listType = textOf(schema["x-kubernetes-list-type"])
  if (listType !== "map") {
    if (keys.length === 0) return []
    const typePath = `${path}.x-kubernetes-list-type`
    const why = "must be map if x-kubernetes-list-map-keys is non-empty"
    return [listType === "" ? required(typePath, why) : invalid(typePath, listType, why)]
  }
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  const items = objectOf(schema.items)
  const type = textOf(items.type)
  const missing = keys.length === 0 ? [required(keysPath, "must not be empty if x-kubernetes-list-type is map")] : []
  if (!isObject(schema.items)) {
    return [...missing, required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map")]
  }
  const why = "must be object if parent array's x-kubernetes-list-type is map"
  if (type !== "object") return [...missing, invalid(`${path}.items.type`, type, why)]
  return [
    ...missing,
    ...keys.flatMap((key, index) => [
      ...checkKey(items, key, `${path}.items.properties[${key}]`, keys, keysPath),
      ...(keys.indexOf(key) < index ? [invalid(keysPath, keys, "must not contain duplicate entries")] : [])
    ]),
    ...notNullable(items, `${path}.items`, "cannot be nullable when x-kubernetes-list-type is map")
  ]
}

const checkKey = (
  items: JsonObject,
  key: string,
  path: string,
  keys: ReadonlyArray<string>,
  keysPath: string
): ReadonlyArray<Cause> => {
  const property = objectOf(items.properties)[key]
  if (!isObject(property)) return [invalid(keysPath, keys, "entries must all be names of item properties")]
  const type = textOf(property.type)
  const isScalar = type !== "array" && type !== "object"
  const isAlwaysSet = stringsOf(items.required).includes(key) || property.default !== undefined
  const scalar = "must be a scalar type if parent array's x-kubernetes-list-type is map"
  const alwaysSet =
    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
  const nullable = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
  return [
    ...(isScalar ? [] : [invalid(`${path}.type`, "object", scalar)]),
    ...(isAlwaysSet ? [] : [required(`${path}.default`, alwaysSet)]),
    ...notNullable(property, path, nullable)
  ]
}

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]

const checkRules = (schema: JsonObject, path: string): ReadonlyArray<Cause> =>
  objectsOf(schema["x-kubernetes-validations"]).flatMap((rule, index) => {
    const rulePath = `${path}.x-kubernetes-validations[${index}]`
    const reason = textOf(rule.reason)
    const fieldPath = textOf(rule.fieldPath)
    const expression = textOf(rule.messageExpression)
    const isInvalidPath = fieldPath !== "" && schemaAt(schema, fieldPath.trim()) === undefined
    const isBlank = expression !== "" && expression.trim() === ""
    return [
      ...checkMessage(textOf(rule.rule).trim(), textOf(rule.message), rulePath),
      ...(isBlank ? [required(`${rulePath}.messageExpression`, "must be non-empty if specified")] : []),
      ...(reason === "" || reasons.includes(reason) ? [] : [notSupported(`${rulePath}.reason`, reason, reasons)]),
      ...(isInvalidPath ? [invalid(`${rulePath}.fieldPath`, fieldPath, "must be a valid path")] : [])
    ]
  })

const checkMessage = (rule: string, message: string, rulePath: string): ReadonlyArray<Cause> => {
  const trimmed = message.trim()
  if (rule === "") return [required(`${rulePath}.rule`, "rule is not specified")]
  if (message !== "" && trimmed === "")
    return [invalid(`${rulePath}.message`, message, "must be non-empty if specified")]
  if (/[\n\r]/.test(trimmed)) return [invalid(`${rulePath}.message`, message, "must not contain line breaks")]
  if (!/[\n\r]/.test(rule) || trimmed !== "") return []
  return [required(`${rulePath}.message`, "message must be specified if rule contains line breaks")]
}

/** The schema at a path like `.a['b']`; `undefined` when the path does not exist. */
export const schemaAt = (schema: JsonObject, path: string): JsonObject | undefined => {
  let remaining = path
  let current = schema
  while (remaining !== "") {
    const segment = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/.exec(remaining)
    if (segment === null) return undefined
    const name = segment[1] ?? (segment[2] ?? "").replace(/\\(.)/g, "$1")
    const properties = objectOf(current.properties)
    const next = Object.keys(properties).length > 0 ? properties[name] : current.additionalProperties
    if (!isObject(next)) return undefined
    current = next
    remaining = remaining.slice(segment[0].length)
  }
  return current
}
