/**
 * How the values of a schema look to its rules: which type each has, and how JSON becomes a value of that type.
 */
import type { Environment } from "@marcbachmann/cel-js"
import type { Json, JsonObject } from "../Json.ts"
import { equal, isArray, isObject, isSet, own } from "../Json.ts"
import * as Formats from "./Formats.ts"
import type { Structural } from "./Structural.ts"
import { parse } from "./Structural.ts"

export interface CelType {
  /** As the environment calls it. */
  readonly name: string
  /** JSON that fits the schema, as a value of the type. */
  readonly convert: (json: Json) => unknown
}

/** The root of an object, as its rules see it. Of its metadata they see the names only. */
export const resourceOf = (schema: Structural): Structural => ({
  ...schema,
  properties: new Map([...schema.properties, ["apiVersion", text], ["kind", text], ["metadata", metadata]])
})

/**
 * Declares the type of a schema and of everything in it. `undefined` for a value that rules do not see, because its
 * schema does not say what it is. A field that is `null` is not there for rules.
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
      return { name: "bool", convert: same }
    case "number":
      return { name: "double", convert: same }
    case "integer":
      return { name: "int", convert: scalar }
    default:
      return undefined
  }
}

/** A field name as rules may write it: words of the language in two ways, what they cannot write in none. */
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

const same = (json: Json): unknown => json

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
      return { name: "string", convert: same }
  }
}

const durationOf = (environment: Environment, text: string): unknown =>
  environment.evaluate(`duration("${(Formats.durationMillis(text) ?? 0).toFixed(6)}ms")`)

/** What objects were before they became values; they are equal when that was. */
const origins = new WeakMap<object, JsonObject>()

let declared = 0

const declareObject = (environment: Environment, schema: Structural): CelType => {
  const fields: Record<string, string> = {}
  const known: Array<{ readonly field: string; readonly name: string; readonly convert: CelType["convert"] }> = []
  const seen = schema.embedded ? resourceOf(schema) : schema
  for (const [field, property] of seen.properties) {
    const type = declare(environment, property)
    if (type === undefined) continue
    for (const name of namesOf(field)) {
      fields[name] = type.name
      known.push({ field, name, convert: type.convert })
    }
  }
  // Types are told apart by their class, so every schema has one of its own.
  const ctor = class {}
  declared += 1
  const name = `Object${declared}`
  environment.registerType({ name, ctor, fields })
  environment.registerOperator(`${name} == ${name}`, (left: object, right: object) =>
    equal(origins.get(left), origins.get(right))
  )
  const convert = (json: Json): unknown => {
    if (!isObject(json)) return json
    const object = new ctor()
    origins.set(object, json)
    for (const { convert: inner, field, name: property } of known) {
      const value = own(json, field)
      if (!isSet(value)) continue
      Object.defineProperty(object, property, { value: inner(value), enumerable: true })
    }
    return object
  }
  return { name, convert }
}
