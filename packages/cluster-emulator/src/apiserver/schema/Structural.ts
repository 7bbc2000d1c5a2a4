/**
 * A structural schema, parsed from the `openAPIV3Schema` of a CustomResourceDefinition.
 */
import { RE2JS } from "re2js"
import type { Json, JsonObject } from "../Json.ts"
import { arrayOf, isObject, objectOf, objectsOf, own, stringsOf, textOf } from "../Json.ts"

/** One entry of `x-kubernetes-validations`. */
export interface Rule {
  readonly rule: string
  readonly message: string
  readonly messageExpression: string
  readonly reason: string
  readonly fieldPath: string
  readonly optionalOldSelf: boolean
}

interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum: boolean
  readonly exclusiveMaximum: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
}

export interface Structural {
  /** `integer` and `string` for int-or-string; empty when the schema has no type. */
  readonly types: ReadonlyArray<string>
  readonly format: string
  readonly intOrString: boolean
  readonly nullable: boolean
  readonly preserve: boolean
  readonly embedded: boolean
  readonly default?: Json
  readonly properties: ReadonlyMap<string, Structural>
  /** Set when additional properties are allowed. Without `values`, they have no schema. */
  readonly additional?: { readonly values?: Structural }
  readonly items?: Structural
  readonly required: ReadonlyArray<string>
  readonly enum: ReadonlyArray<Json>
  readonly pattern?: Pattern
  readonly bounds: Bounds
  readonly uniqueItems: boolean
  readonly listType: string
  readonly listMapKeys: ReadonlyArray<string>
  /** `x-kubernetes-map-type: atomic`: the map has one owner. */
  readonly isAtomicMap: boolean
  readonly allOf: ReadonlyArray<Structural>
  readonly anyOf: ReadonlyArray<Structural>
  readonly oneOf: ReadonlyArray<Structural>
  readonly not?: Structural
  readonly rules: ReadonlyArray<Rule>
}

/** An RE2 expression. Without `regexp`, it is invalid, and `error` has the reason. */
export interface Pattern {
  readonly text: string
  readonly regexp?: RE2JS
  readonly error?: string
}

/** Parses a schema. Fields of a wrong type are ignored. */
export const parse = (json: JsonObject): Structural => {
  const pattern = textOf(json.pattern)
  const intOrString = json["x-kubernetes-int-or-string"] === true
  return {
    types: intOrString ? ["integer", "string"] : textOf(json.type) === "" ? [] : [textOf(json.type)],
    format: textOf(json.format),
    intOrString,
    nullable: json.nullable === true,
    preserve: json["x-kubernetes-preserve-unknown-fields"] === true,
    embedded: json["x-kubernetes-embedded-resource"] === true,
    properties: new Map(
      Object.entries(objectOf(json.properties)).map(([name, inner]) => [name, parse(objectOf(inner))])
    ),
    required: stringsOf(json.required),
    enum: arrayOf(json.enum),
    bounds: boundsOf(json),
    uniqueItems: json.uniqueItems === true,
    listType: textOf(json["x-kubernetes-list-type"]),
    listMapKeys: stringsOf(json["x-kubernetes-list-map-keys"]),
    isAtomicMap: json["x-kubernetes-map-type"] === "atomic",
    allOf: objectsOf(json.allOf).map(parse),
    anyOf: objectsOf(json.anyOf).map(parse),
    oneOf: objectsOf(json.oneOf).map(parse),
    rules: rulesOf(json),
    ...(pattern === "" ? {} : { pattern: patternOf(pattern) }),
    ...(json.default === undefined ? {} : { default: json.default }),
    ...additionalOf(own(json, "additionalProperties")),
    ...(isObject(json.items) ? { items: parse(json.items) } : {}),
    ...(isObject(json.not) ? { not: parse(json.not) } : {})
  }
}

const rulesOf = (json: JsonObject): ReadonlyArray<Rule> =>
  objectsOf(json["x-kubernetes-validations"]).map((rule) => ({
    rule: textOf(rule.rule).trim(),
    message: textOf(rule.message).trim(),
    messageExpression: textOf(rule.messageExpression).trim(),
    reason: textOf(rule.reason),
    fieldPath: textOf(rule.fieldPath).trim(),
    optionalOldSelf: rule.optionalOldSelf === true
  }))

/** The schema of a field: declared, or of additional properties. */
export const fieldOf = (schema: Structural, name: string): Structural | undefined =>
  schema.properties.get(name) ?? schema.additional?.values

export const patternOf = (text: string): Pattern => {
  try {
    return { text, regexp: RE2JS.compile(text) }
  } catch (error) {
    return { text, error: error instanceof Error ? error.message : String(error) }
  }
}

const additionalOf = (json: Json | undefined): Pick<Structural, "additional"> => {
  if (isObject(json)) return { additional: { values: parse(json) } }
  return json === true ? { additional: {} } : {}
}

const boundsOf = (json: JsonObject): Bounds => ({
  exclusiveMinimum: json.exclusiveMinimum === true,
  exclusiveMaximum: json.exclusiveMaximum === true,
  ...numberIn(json, "minimum"),
  ...numberIn(json, "maximum"),
  ...numberIn(json, "multipleOf"),
  ...numberIn(json, "minLength"),
  ...numberIn(json, "maxLength"),
  ...numberIn(json, "minItems"),
  ...numberIn(json, "maxItems"),
  ...numberIn(json, "minProperties"),
  ...numberIn(json, "maxProperties")
})

const numberIn = (json: JsonObject, field: keyof Bounds): { readonly [bound: string]: number } => {
  const value = own(json, field)
  return typeof value === "number" ? { [field]: value } : {}
}
