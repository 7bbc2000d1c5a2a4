/**
 * JSON into Go's structs and back, as a real server takes every object of its own kinds: what is of a wrong type cannot be
 * read, what no struct has a field for is dropped, and what is empty is mostly not written again.
 */
import { fieldsOf, type Type } from "./BuiltInFields.ts"
import type { Json, JsonObject } from "./Json.ts"
import { isArray, isObject } from "./Json.ts"
import * as Quantity from "./schema/Quantity.ts"
import * as Times from "./Times.ts"

export interface Decoded {
  /** As it is written again. */
  readonly object: JsonObject
  /** Paths of fields that no struct has, in the order of the object. */
  readonly unknown: ReadonlyArray<string>
  /** What is wrong first. Such an object is not to be used. */
  readonly error?: string
}

/** Reads an object into a struct that `BuiltInFields` knows. */
export const decode = (object: JsonObject, struct: string): Decoded => {
  const reading: Reading = { unknown: [], tell: () => undefined }
  const read = readStruct(reading, object, struct, root)
  return decoded(reading, read)
}

/** The same for an object that was never text, as a strategic patch makes it: a real server has other words then. */
export const restore = (object: JsonObject, struct: string): Decoded => {
  const reading: Reading = { unknown: [], tell: unrestorable }
  const read = readStruct(reading, object, struct, root)
  return decoded({ ...reading, unknown: reading.unknown.toSorted() }, read)
}

const decoded = ({ error, unknown }: Reading, object: JsonObject): Decoded =>
  error === undefined ? { object, unknown } : { object, unknown, error }

/** What says why a value does not fit a type, where that does not depend on the place. */
type Tell = (value: Json, type: Type) => string | undefined

const unrestorable: Tell = (value, { _tag, go }) => {
  const found =
    typeof value === "number" ? "int64" : isArray(value) ? "slice" : isObject(value) ? "map" : jsonType(value)
  if (_tag === "List") return `cannot restore slice from ${found}`
  if (_tag === "Map") return `cannot restore map from ${found}`
  if (_tag === "Struct") return `cannot restore struct from: ${found}`
  if (_tag !== "Bool" && _tag !== "Integer" && _tag !== "String") return undefined
  return found === "int64" && _tag === "String"
    ? `cannot convert int64 to ${go}`
    : `unrecognized type: ${kindOf(_tag, go)}`
}

/** Every text is a string to Go, whatever it is called. */
const kindOf = (tag: Type["_tag"], go: string): string => (tag === "String" ? "string" : go)

/** Why JSON cannot be read into a type; `place` is the field that it is for, by its struct and the names down to it. */
export const mismatch = (value: Json, go: string, { fields, struct }: Omit<Place, "path"> = root): string => {
  const into = fields.length === 0 ? "value" : `struct field ${struct.replace("events.", "")}.${fields.join(".")}`
  return `json: cannot unmarshal ${jsonType(value)} into Go ${into} of type ${go}`
}

const jsonType = (value: Json): string =>
  isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value

interface Reading {
  readonly unknown: Array<string>
  readonly tell: Tell
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

const readStruct = (reading: Reading, object: JsonObject, struct: string, place: Place): JsonObject => {
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
    else if (value !== null) values.set(name, readValue(reading, value, field.type, under(name)))
  }
  const written: Record<string, Json> = {}
  for (const { isAlways, isPointer, name, type } of known.values()) {
    const value = values.get(name)
    if (value === undefined) {
      if (isAlways) written[name] = isPointer ? null : zeroOf(type)
    } else if (isAlways || isPointer || !isEmpty(value)) written[name] = value
  }
  return written
}

const readValue = (reading: Reading, value: Json, type: Type, place: Place): Json => {
  const wrong = (why: string): Json => {
    reading.error ??= reading.tell(value, type) ?? why
    return zeroOf(type)
  }
  switch (type._tag) {
    case "Struct":
      return isObject(value) ? readStruct(reading, value, type.struct, place) : wrong(mismatch(value, type.go, place))
    case "List":
      return isArray(value)
        ? value.map((item, index) => readItem(reading, item, type.of, { ...place, path: `${place.path}[${index}]` }))
        : wrong(mismatch(value, type.go, place))
    case "Map":
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, item]): [string, Json] => [
              key,
              readItem(reading, item, type.of, { ...place, path: `${place.path}.${key}` })
            ])
          )
        : wrong(mismatch(value, type.go, place))
    case "Any":
      return value
    default: {
      const read = scalars[type._tag](value, place, type.go)
      return "error" in read ? wrong(read.error) : read.value
    }
  }
}

/** A `null` among items or under a key is an empty value. */
const readItem = (reading: Reading, item: Json, type: Type, place: Place): Json =>
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
      return readStruct({ unknown: [], tell: () => undefined }, {}, type.struct, root)
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

type Read = { readonly value: Json } | { readonly error: string }

const INTEGER_MAX: { readonly [go: string]: number } = { int32: 2 ** 31, int64: 2 ** 63 }

const scalars: { readonly [tag in Scalar]: (value: Json, place: Place, go: string) => Read } = {
  Bool: (value, place, go) => (typeof value === "boolean" ? { value } : { error: mismatch(value, go, place) }),
  Bytes: (value, place, go) => (typeof value === "string" ? base64(value) : { error: mismatch(value, go, place) }),
  Integer: (value, place, go) => {
    if (typeof value !== "number") return { error: mismatch(value, go, place) }
    const max = INTEGER_MAX[go] ?? 0
    if (Number.isInteger(value) && value < max && value >= -max) return { value }
    return { error: mismatch(value, go, place).replace("number", `number ${value}`) }
  },
  IntOrString: (value, place) => (typeof value === "string" ? { value } : scalars.Integer(value, place, "int32")),
  MicroTime: (value, place) =>
    typeof value === "string" ? Times.read(value, true) : { error: mismatch(value, "string", place) },
  Quantity: (value) => {
    const amount =
      typeof value === "string" || typeof value === "number" ? Quantity.canonical(`${value}`.trim()) : undefined
    return amount === undefined ? { error: notQuantity } : { value: amount }
  },
  String: (value, place, go) => (typeof value === "string" ? { value } : { error: mismatch(value, go, place) }),
  Time: (value, place) =>
    typeof value === "string" ? Times.read(value, false) : { error: mismatch(value, "string", place) }
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
