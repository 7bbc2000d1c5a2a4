/**
 * Decodes JSON into Go structs and encodes it again, as kube-apiserver does with objects of built-in kinds: a value of
 * a wrong type is an error, unknown fields are dropped, and `omitempty` drops empty values.
 */
import { fieldsOf, type Type } from "./BuiltInFields.ts"
import type { Json, JsonObject } from "./Json.ts"
import { isArray, isObject, mapped } from "./Json.ts"
import * as Quantity from "./schema/Quantity.ts"
import * as Times from "./Times.ts"

export interface Decoded {
  /** The encoded object. */
  readonly object: JsonObject
  /** Paths of unknown fields: in text order when decoded from text, sorted when decoded from maps. */
  readonly unknown: ReadonlyArray<string>
  /** The first error. `object` is not usable then. */
  readonly error?: string
}

/** What to decode from: text, or the unstructured maps of a patch or an apply. Error messages differ. */
export type Source = "text" | "maps"

/** Decodes an object into a struct of `BuiltInFields`. */
export const decode = (object: JsonObject, struct: string, source: Source = "text"): Decoded => {
  const state: DecodeState = { source, unknown: [] }
  const decoded = readStruct(state, object, struct, root)
  const { error } = state
  const unknown = source === "maps" ? state.unknown.toSorted() : state.unknown
  return { object: decoded, unknown, ...(error === undefined ? {} : { error }) }
}

/**
 * The error of `encoding/json` for a value of a wrong type. `struct` and `fields` name the field it is decoded into.
 */
export const mismatch = (value: Json, go: string, { fields, struct }: Omit<Location, "path"> = root): string => {
  const into = fields.length === 0 ? "value" : `struct field ${struct.replace("events.", "")}.${fields.join(".")}`
  const found = typeof value === "number" && go.startsWith("int") ? `number ${value}` : jsonType(value)
  return `json: cannot unmarshal ${found} into Go ${into} of type ${go}`
}

const jsonType = (value: Json): string =>
  isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value

/** The error of the unstructured converter for a value of a wrong type. */
const conversionError = (value: Json, type: Type): string => {
  const found = goKind(value)
  switch (type._tag) {
    case "Map":
      return `cannot restore map from ${found}`
    case "List":
      return `cannot restore slice from ${found}`
    case "Struct":
      return `cannot restore struct from: ${found}`
    default:
      return typeof value === "number" && type._tag !== "Bool"
        ? `cannot convert ${found} to ${type.go}`
        : `unrecognized type: ${type._tag === "String" ? "string" : type.go}`
  }
}

const goKind = (value: Json): string => {
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64"
  return isArray(value) ? "slice" : isObject(value) ? "map" : jsonType(value)
}

interface DecodeState {
  readonly source: Source
  readonly unknown: Array<string>
  error?: string
}

interface Location {
  /** The struct that declares the field. */
  readonly struct: string
  /** The field names from the root, without list indexes and map keys. */
  readonly fields: ReadonlyArray<string>
  /** The path with list indexes and map keys. */
  readonly path: string
}

const root: Location = { struct: "", fields: [], path: "" }

/**
 * Objects that equal their encoding, with their struct. A patch shares most of an object, which is not decoded again.
 */
const canonicalObjects = new WeakMap<JsonObject, string>()

const readStruct = (state: DecodeState, object: JsonObject, struct: string, location: Location): JsonObject => {
  if (canonicalObjects.get(object) === struct) return object
  const fields = fieldsOf(struct)
  const under = (name: string): Location => ({
    struct,
    fields: [...location.fields, name],
    path: location.path === "" ? name : `${location.path}.${name}`
  })
  const values = new Map<string, Json>()
  for (const [name, value] of Object.entries(object)) {
    const field = fields.get(name)
    if (field === undefined) state.unknown.push(under(name).path)
    else if (isPlain(value, field.type)) values.set(name, value)
    else if (value !== null) values.set(name, readValue(state, value, field.type, under(name)))
  }
  const encoded: Record<string, Json> = {}
  for (const { isAlwaysWritten, isPointer, name, type } of fields.values()) {
    const value = values.get(name)
    if (value === undefined) {
      if (isAlwaysWritten) encoded[name] = isPointer ? null : zeroOf(type)
    } else if (isAlwaysWritten || isPointer || !isEmpty(value)) encoded[name] = value
  }
  const result = isSame(object, encoded) ? object : encoded
  if (state.error === undefined) canonicalObjects.set(result, struct)
  return result
}

/** The fast path for strings and booleans of the right type. */
const isPlain = (value: Json, { _tag }: Type): boolean =>
  typeof value === "string" ? _tag === "String" : typeof value === "boolean" && _tag === "Bool"

/** True when both objects have identical values in the same order. */
const isSame = (left: JsonObject, right: JsonObject): boolean => {
  const names = Object.keys(right)
  return (
    Object.keys(left).length === names.length &&
    Object.keys(left).every((name, index) => name === names[index] && left[name] === right[name])
  )
}

const readValue = (state: DecodeState, value: Json, type: Type, location: Location): Json => {
  switch (type._tag) {
    case "Struct":
      if (isObject(value)) return readStruct(state, value, type.struct, location)
      break
    case "List":
      if (!isArray(value)) break
      return readList(state, value, type.of, location)
    case "Map":
      if (isObject(value)) return readMap(state, value, type.of, location)
      break
    case "Any":
      return value
    default: {
      const read = scalars[type._tag](value, type.go)
      if ("value" in read) return read.value
      state.error ??= "not" in read ? typeError(state, value, type, location, read.not) : textError(state, type, read)
      return zeroOf(type)
    }
  }
  state.error ??= typeError(state, value, type, location)
  return zeroOf(type)
}

const readList = (state: DecodeState, list: ReadonlyArray<Json>, of: Type, location: Location): Json =>
  mapped(list, (item, at) => readItem(state, item, of, { ...location, path: `${location.path}[${at}]` }))

const readMap = (state: DecodeState, map: JsonObject, of: Type, location: Location): JsonObject => {
  const under = (key: string): Location => ({ ...location, path: `${location.path}.${key}` })
  const read = Object.entries(map).map(([key, item]) => [key, readItem(state, item, of, under(key))] as const)
  return read.every(([key, item]) => item === map[key]) ? map : Object.fromEntries(read)
}

/**
 * The error for a value of a wrong type. `go` is the type that a custom `UnmarshalJSON` decodes first; such a method
 * does not know the field.
 */
const typeError = (state: DecodeState, value: Json, type: Type, location: Location, go = type.go): string => {
  if (state.source === "text") return mismatch(value, go, location)
  return go === type.go ? conversionError(value, type) : mismatch(value, go)
}

const textError = ({ source }: DecodeState, type: Type, { error }: { readonly error: string }): string =>
  source === "maps" && type._tag === "Bytes" ? `error decoding from json: ${error}` : error

/** A `null` item or map value is the zero value. */
const readItem = (state: DecodeState, item: Json, type: Type, location: Location): Json =>
  item === null ? zeroOf(type) : readValue(state, item, type, location)

const isEmpty = (value: Json): boolean =>
  value === "" ||
  value === 0 ||
  value === false ||
  value === null ||
  (isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0)

const zeroOf = (type: Type): Json => {
  switch (type._tag) {
    case "Struct":
      return readStruct({ source: "text", unknown: [] }, {}, type.struct, root)
    case "Bool":
      return false
    case "Integer":
    case "IntOrString":
      return 0
    case "Quantity":
      return "0"
    case "String":
      return ""
    default:
      return null
  }
}

type Scalar = Exclude<Type["_tag"], "Any" | "List" | "Map" | "Struct">

/** The decoded value, an error in its text, or the Go type that was expected. */
type Read = { readonly value: Json } | { readonly error: string } | { readonly not: string }

const INTEGER_MAX: { readonly [go: string]: number } = { int32: 2 ** 31, int64: 2 ** 63 }

const scalars: { readonly [tag in Scalar]: (value: Json, go: string) => Read } = {
  Bool: (value, go) => (typeof value === "boolean" ? { value } : { not: go }),
  Bytes: (value, go) => (typeof value === "string" ? base64(value) : { not: go }),
  Integer: (value, go) => {
    const max = INTEGER_MAX[go] ?? 0
    const fits = typeof value === "number" && Number.isInteger(value) && value < max && value >= -max
    return fits ? { value } : { not: go }
  },
  IntOrString: (value) => (typeof value === "string" ? { value } : scalars.Integer(value, "int32")),
  MicroTime: (value) => (typeof value === "string" ? Times.read(value, true) : { not: "string" }),
  Quantity: (value) => {
    const text = typeof value === "string" || typeof value === "number" ? `${value}`.trim() : ""
    const amount = Quantity.canonical(text)
    return amount === undefined ? { error: notQuantity } : { value: amount }
  },
  String: (value, go) => (typeof value === "string" ? { value } : { not: go }),
  Time: (value) => (typeof value === "string" ? Times.read(value, false) : { not: "string" })
}

const notQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/** Decodes base64. The error names the first invalid byte, as `encoding/base64` does. */
const base64 = (text: string): Read => {
  const unwrapped = text.replaceAll(/[\r\n]/gu, "")
  const [valid = ""] = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/u.exec(unwrapped) ?? []
  if (valid === unwrapped) return { value: Buffer.from(unwrapped, "base64").toString("base64") }
  const invalid = valid.endsWith("=") ? "" : unwrapped.slice(valid.length)
  const [letters = ""] = /^[A-Za-z0-9+/]*/u.exec(invalid) ?? []
  const hasOnePadding = letters.length === 2 && invalid[2] === "="
  const at = letters === invalid ? 0 : letters.length + (hasOnePadding ? 1 : 0)
  return { error: `illegal base64 data at input byte ${valid.length + at}` }
}
