/**
 * What every node of a schema must fulfil besides being structural: known types, lists that name their keys, rules that
 * are complete.
 */
import type { JsonObject } from "../Json.ts"
import { isObject, objectOf, objectsOf, stringsOf, textOf } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { forbidden, invalid, notSupported, required } from "./Causes.ts"

/** Causes against a schema and everything in it. */
export const checkSchema = (schema: JsonObject, path: string): ReadonlyArray<Cause> => [
  ...checkNode(schema, path),
  ...partsOf(schema, path).flatMap(([part, place]) => checkSchema(part, place))
]

const partsOf = (schema: JsonObject, path: string): ReadonlyArray<readonly [JsonObject, string]> => [
  ...["additionalProperties", "items", "not"].flatMap((field): ReadonlyArray<readonly [JsonObject, string]> => {
    const part = schema[field]
    return isObject(part) ? [[part, `${path}.${field}`]] : []
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
  causes.push(...checkKindOf(schema, path, "x-kubernetes-map-type", "object", ["atomic", "granular"]))
  causes.push(...checkKindOf(schema, path, "x-kubernetes-list-type", "array", ["atomic", "set", "map"]))
  return [...causes, ...checkSet(schema, path), ...checkMap(schema, path), ...checkRules(schema, path)]
}

/** How a list or a map merges is said of lists and maps only. */
const checkKindOf = (
  schema: JsonObject,
  path: string,
  extension: string,
  wanted: string,
  known: ReadonlyArray<string>
): ReadonlyArray<Cause> => {
  const kind = textOf(schema[extension])
  if (kind === "") return []
  const type = textOf(schema.type)
  const why = `must be ${wanted} if ${extension} is specified`
  const wrong = type === "" ? [required(`${path}.type`, why)] : [invalid(`${path}.type`, type, why)]
  return [
    ...(type === wanted ? [] : wrong),
    ...(known.includes(kind) ? [] : [notSupported(`${path}.${extension}`, kind, known)])
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
    const place = `${path}.x-kubernetes-list-type`
    const why = "must be map if x-kubernetes-list-map-keys is non-empty"
    return [listType === "" ? required(place, why) : invalid(place, listType, why)]
  }
  const place = `${path}.x-kubernetes-list-map-keys`
  const items = objectOf(schema.items)
  const type = textOf(items.type)
  const missing = keys.length === 0 ? [required(place, "must not be empty if x-kubernetes-list-type is map")] : []
  if (!isObject(schema.items)) {
    return [...missing, required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map")]
  }
  const why = "must be object if parent array's x-kubernetes-list-type is map"
  if (type !== "object") return [...missing, invalid(`${path}.items.type`, type, why)]
  return [
    ...missing,
    ...keys.flatMap((key, index) => [
      ...checkKey(items, key, `${path}.items.properties[${key}]`, keys, place),
      ...(keys.indexOf(key) < index ? [invalid(place, keys, "must not contain duplicate entries")] : [])
    ]),
    ...notNullable(items, `${path}.items`, "cannot be nullable when x-kubernetes-list-type is map")
  ]
}

const checkKey = (
  items: JsonObject,
  key: string,
  path: string,
  keys: ReadonlyArray<string>,
  place: string
): ReadonlyArray<Cause> => {
  const property = objectOf(items.properties)[key]
  if (!isObject(property)) return [invalid(place, keys, "entries must all be names of item properties")]
  const type = textOf(property.type)
  const isScalar = type !== "array" && type !== "object"
  const isThere = stringsOf(items.required).includes(key) || property.default !== undefined
  const scalar = "must be a scalar type if parent array's x-kubernetes-list-type is map"
  const there = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
  const nullable = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
  return [
    ...(isScalar ? [] : [invalid(`${path}.type`, "object", scalar)]),
    ...(isThere ? [] : [required(`${path}.default`, there)]),
    ...notNullable(property, path, nullable)
  ]
}

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]

const checkRules = (schema: JsonObject, path: string): ReadonlyArray<Cause> =>
  objectsOf(schema["x-kubernetes-validations"]).flatMap((rule, index) => {
    const place = `${path}.x-kubernetes-validations[${index}]`
    const reason = textOf(rule.reason)
    const fieldPath = textOf(rule.fieldPath)
    const expression = textOf(rule.messageExpression)
    const isLost = fieldPath !== "" && schemaAt(schema, fieldPath.trim()) === undefined
    const isBlank = expression !== "" && expression.trim() === ""
    return [
      ...checkWording(textOf(rule.rule).trim(), textOf(rule.message), place),
      ...(isBlank ? [required(`${place}.messageExpression`, "must be non-empty if specified")] : []),
      ...(reason === "" || reasons.includes(reason) ? [] : [notSupported(`${place}.reason`, reason, reasons)]),
      ...(isLost ? [invalid(`${place}.fieldPath`, fieldPath, "must be a valid path")] : [])
    ]
  })

const checkWording = (rule: string, message: string, place: string): ReadonlyArray<Cause> => {
  const trimmed = message.trim()
  if (rule === "") return [required(`${place}.rule`, "rule is not specified")]
  if (message !== "" && trimmed === "") return [invalid(`${place}.message`, message, "must be non-empty if specified")]
  if (/[\n\r]/.test(trimmed)) return [invalid(`${place}.message`, message, "must not contain line breaks")]
  if (!/[\n\r]/.test(rule) || trimmed !== "") return []
  return [required(`${place}.message`, "message must be specified if rule contains line breaks")]
}

/** The schema of the field that a path like `.a['b']` leads to; `undefined` when it leads nowhere. */
export const schemaAt = (schema: JsonObject, path: string): JsonObject | undefined => {
  let rest = path
  let here = schema
  while (rest !== "") {
    const step = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/.exec(rest)
    if (step === null) return undefined
    const name = step[1] ?? (step[2] ?? "").replace(/\\(.)/g, "$1")
    const properties = objectOf(here.properties)
    const next = Object.keys(properties).length > 0 ? properties[name] : here.additionalProperties
    if (!isObject(next)) return undefined
    here = next
    rest = rest.slice(step[0].length)
  }
  return here
}
