/**
 * Declares the CEL types of a schema, and converts JSON to CEL values.
 */
import type { Environment } from "@marcbachmann/cel-js"
import type { Json, JsonObject } from "../Json.ts"
import { equal, isArray, isObject, isSet, own } from "../Json.ts"
import * as Formats from "./Formats.ts"
import type { Structural } from "./Structural.ts"
import { parse } from "./Structural.ts"

export interface CelType {
  /** The name of the type in the environment. */
  readonly name: string
  /** Converts JSON that matches the schema. */
  readonly convert: (json: Json) => unknown
}

/** The root schema of a resource for CEL: `apiVersion`, `kind`, and `name` and `generateName` of `metadata`. */
export const resourceOf = (schema: Structural): Structural => ({
  ...schema,
  properties: new Map([...schema.properties, ["apiVersion", text], ["kind", text], ["metadata", metadata]])
})

/**
 * Declares the types of a schema and all nested schemas. `undefined` for a schema without type, whose values rules
 * cannot access. Fields that are `null` are absent in CEL.
 */
export const declare = (environment: Environment, schema: Structural): CelType | undefined => {
  if (schema.intOrString) return { name: "dyn", convert: scalar }
  switch (schema.types[0]) {
    case "array": {
      const items = schema.items === undefined ? undefined : declare(environment, schema.items)
      if (items === undefined) return undefined
      const isUnordered = schema.listType === "set" && schema.items?.types[0] !== "object"
      const list = (json: ReadonlyArray<Json>) =>
        isUnordered ? new Set(json.map(items.convert)) : json.map(items.convert)
      return { name: `list<${items.name}>`, convert: (json) => (isArray(json) ? list(json) : json) }
    }
    case "object":
      return schema.additional === undefined ? declareObject(environment, schema) : declareMap(environment, schema)
    case "string":
      return declareText(environment, schema.format)
    case "boolean":
      return { name: "bool", convert: identity }
    case "number":
      return { name: "double", convert: identity }
    case "integer":
      return { name: "int", convert: scalar }
    default:
      return undefined
  }
}

/**
 * The CEL identifiers of a field. Reserved words have two, one of them escaped; names that cannot be escaped have none
 * and are not accessible.
 */
const namesOf = (field: string): ReadonlyArray<string> => {
  if (literals.has(field)) return [`__${field}__`]
  if (reserved.has(field)) return [field, `__${field}__`]
  const name = field.replace(/__|\.|-|\//g, (part) => escapes[part] ?? part)
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? [name] : []
}

const text = parse({ type: "string" })
const metadata = parse({ type: "object", properties: { name: { type: "string" }, generateName: { type: "string" } } })

const literals = new Set(["true", "false", "null", "in"])

const reserved = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" ")
)

const escapes: { readonly [part: string]: string } = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__"
}

const identity = (json: Json): unknown => json

const scalar = (json: Json): unknown => (typeof json === "number" && Number.isInteger(json) ? BigInt(json) : json)

const declareMap = (environment: Environment, { additional }: Structural): CelType | undefined => {
  const values = additional?.values === undefined ? undefined : declare(environment, additional.values)
  if (values === undefined) return undefined
  const entries = (json: JsonObject) =>
    Object.entries(json).map(([key, value]) => [key, values.convert(value)] as const)
  return { name: `map<string, ${values.name}>`, convert: (json) => (isObject(json) ? new Map(entries(json)) : json) }
}

const declareText = (environment: Environment, format: string): CelType => {
  switch (format) {
    case "byte":
      return { name: "bytes", convert: (json) => Uint8Array.from(atob(String(json)), (char) => char.charCodeAt(0)) }
    case "date":
    case "date-time":
      return { name: "google.protobuf.Timestamp", convert: (json) => new Date(Date.parse(String(json))) }
    case "duration":
      return { name: "google.protobuf.Duration", convert: (json) => durationOf(environment, String(json)) }
    default:
      return { name: "string", convert: identity }
  }
}

const durationOf = (environment: Environment, text: string): unknown =>
  environment.evaluate(`duration("${(Formats.durationMillis(text) ?? 0).toFixed(6)}ms")`)

/** The JSON of CEL objects, which decides their equality. */
const origins = new WeakMap<object, JsonObject>()

let objectTypeCount = 0

const declareObject = (environment: Environment, schema: Structural): CelType => {
  const fields: Record<string, string> = {}
  const converters: Array<{ readonly field: string; readonly name: string; readonly convert: CelType["convert"] }> = []
  const root = schema.embedded ? resourceOf(schema) : schema
  for (const [field, property] of root.properties) {
    const type = declare(environment, property)
    if (type === undefined) continue
    for (const name of namesOf(field)) {
      fields[name] = type.name
      converters.push({ field, name, convert: type.convert })
    }
  }
  // cel-js identifies types by class, so every schema needs its own.
  const ctor = class {}
  objectTypeCount += 1
  const name = `Object${objectTypeCount}`
  environment.registerType({ name, ctor, fields })
  environment.registerOperator(`${name} == ${name}`, (left: object, right: object) =>
    equal(origins.get(left), origins.get(right))
  )
  const convert = (json: Json): unknown => {
    if (!isObject(json)) return json
    const object = new ctor()
    origins.set(object, json)
    for (const { convert: inner, field, name: property } of converters) {
      const value = own(json, field)
      if (!isSet(value)) continue
      Object.defineProperty(object, property, { value: inner(value), enumerable: true })
    }
    return object
  }
  return { name, convert }
}
