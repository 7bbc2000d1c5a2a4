/**
 * JSON into Go's structs and back, as a real server takes every object of its own kinds: what is of a wrong type cannot
 * be read, what no struct has a field for is dropped, and what is empty is mostly not written again.
 */
import { fieldsOf, type Type } from "./BuiltInFields.ts"
import type { Json, JsonObject } from "./Json.ts"
import { isArray, isObject, mapped } from "./Json.ts"
import * as Quantity from "./schema/Quantity.ts"
import * as Times from "./Times.ts"

export interface Decoded {
  /** As it is written again. */
  readonly object: JsonObject
  /** Paths of fields that no struct has, in the order of the text; of maps, which have none, by name. */
  readonly unknown: ReadonlyArray<string>
  /** What is wrong first. Such an object is not to be used. */
  readonly error?: string
}

/**
 * What an object is read from: its text, or the maps that a patch or an apply works on. They say mistakes differently.
 */
export type Source = "text" | "maps"

/** Reads an object into a struct that `BuiltInFields` knows. */
export const decode = (object: JsonObject, struct: string, source: Source = "text"): Decoded => {
  const reading: DecodeState = { source, unknown: [] }
  const read = readStruct(reading, object, struct, root)
  const { error } = reading
  const unknown = source === "maps" ? reading.unknown.toSorted() : reading.unknown
  return { object: read, unknown, ...(error === undefined ? {} : { error }) }
}

/** Why JSON cannot be read into a type; `place` is the field that it is for, by its struct and the names down to it. */
export const mismatch = (value: Json, go: string, { fields, struct }: Omit<Place, "path"> = root): string => {
  const into = fields.length === 0 ? "value" : `struct field ${struct.replace("events.", "")}.${fields.join(".")}`
  const found = typeof value === "number" && go.startsWith("int") ? `number ${value}` : jsonType(value)
  return `json: cannot unmarshal ${found} into Go ${into} of type ${go}`
}

const jsonType = (value: Json): string =>
  isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value

/** The same of a value in a map. */
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

interface Place {
  /** The struct whose field is read. */
  readonly struct: string
  /** The names of all fields from the root; items and keys do not show. */
  readonly fields: ReadonlyArray<string>
  /** The same for people, with items and keys. */
  readonly path: string
}

const root: Place = { struct: "", fields: [], path: "" }

/**
 * Objects that are as their structs are written. A patch leaves most of an object as it was: that is not read again.
 */
const canonicalObjects = new WeakMap<JsonObject, string>()

const readStruct = (reading: DecodeState, object: JsonObject, struct: string, place: Place): JsonObject => {
  if (canonicalObjects.get(object) === struct) return object
  const known = fieldsOf(struct)
  const under = (name: string): Place => ({
    struct,
    fields: [...place.fields, name],
    path: place.path === "" ? name : `${place.path}.${name}`
  })
  const values = new Map<string, Json>()
  for (const [name, value] of Object.entries(object)) {
    const field = known.get(name)
    if (field === undefined) reading.unknown.push(under(name).path)
    else if (isPlain(value, field.type)) values.set(name, value)
    else if (value !== null) values.set(name, readValue(reading, value, field.type, under(name)))
  }
  const written: Record<string, Json> = {}
  for (const { isAlwaysWritten: isAlways, isPointer, name, type } of known.values()) {
    const value = values.get(name)
    if (value === undefined) {
      if (isAlways) written[name] = isPointer ? null : zeroOf(type)
    } else if (isAlways || isPointer || !isEmpty(value)) written[name] = value
  }
  const result = isSame(object, written) ? object : written
  if (reading.error === undefined) canonicalObjects.set(result, struct)
  return result
}

/** Most values: nothing can be wrong with them. */
const isPlain = (value: Json, { _tag }: Type): boolean =>
  typeof value === "string" ? _tag === "String" : typeof value === "boolean" && _tag === "Bool"

/** Whether every field is the very same, in the same order. */
const isSame = (left: JsonObject, right: JsonObject): boolean => {
  const names = Object.keys(right)
  return (
    Object.keys(left).length === names.length &&
    Object.keys(left).every((name, index) => name === names[index] && left[name] === right[name])
  )
}

const readValue = (reading: DecodeState, value: Json, type: Type, place: Place): Json => {
  switch (type._tag) {
    case "Struct":
      if (isObject(value)) return readStruct(reading, value, type.struct, place)
      break
    case "List":
      if (!isArray(value)) break
      return readList(reading, value, type.of, place)
    case "Map":
      if (isObject(value)) return readMap(reading, value, type.of, place)
      break
    case "Any":
      return value
    default: {
      const read = scalars[type._tag](value, type.go)
      if ("value" in read) return read.value
      reading.error ??=
        "not" in read ? typeError(reading, value, type, place, read.not) : textError(reading, type, read)
      return zeroOf(type)
    }
  }
  reading.error ??= typeError(reading, value, type, place)
  return zeroOf(type)
}

const readList = (reading: DecodeState, list: ReadonlyArray<Json>, of: Type, place: Place): Json =>
  mapped(list, (item, at) => readItem(reading, item, of, { ...place, path: `${place.path}[${at}]` }))

const readMap = (reading: DecodeState, map: JsonObject, of: Type, place: Place): JsonObject => {
  const under = (key: string): Place => ({ ...place, path: `${place.path}.${key}` })
  const read = Object.entries(map).map(([key, item]) => [key, readItem(reading, item, of, under(key))] as const)
  return read.every(([key, item]) => item === map[key]) ? map : Object.fromEntries(read)
}

/** `wanted` is what a type that reads itself reads first. It does not know its place in a map. */
const typeError = (reading: DecodeState, value: Json, type: Type, place: Place, wanted = type.go): string => {
  if (reading.source === "text") return mismatch(value, wanted, place)
  return wanted === type.go ? conversionError(value, type) : mismatch(value, wanted)
}

const textError = ({ source }: DecodeState, type: Type, { error }: { readonly error: string }): string =>
  source === "maps" && type._tag === "Bytes" ? `error decoding from json: ${error}` : error

/** A `null` among items or under a key is an empty value. */
const readItem = (reading: DecodeState, item: Json, type: Type, place: Place): Json =>
  item === null ? zeroOf(type) : readValue(reading, item, type, place)

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

/** A value, what is wrong with its text, or the Go type that it is not of. */
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

/** Says at which byte the text stops to be what it should be: four letters a group, the last one filled up. */
const base64 = (text: string): Read => {
  const bare = text.replaceAll(/[\r\n]/gu, "")
  const [whole = ""] = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/u.exec(bare) ?? []
  if (whole === bare) return { value: Buffer.from(bare, "base64").toString("base64") }
  const rest = whole.endsWith("=") ? "" : bare.slice(whole.length)
  const [letters = ""] = /^[A-Za-z0-9+/]*/u.exec(rest) ?? []
  const isFilledOnce = letters.length === 2 && rest[2] === "="
  const at = letters === rest ? 0 : letters.length + (isFilledOnce ? 1 : 0)
  return { error: `illegal base64 data at input byte ${whole.length + at}` }
}
