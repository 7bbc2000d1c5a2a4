/**
 * Objects inside objects that are resources themselves.
 */
import * as GoDecoder from "../GoDecoder.ts"
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, mapped, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, invalid, required } from "./Causes.ts"
import type { Structural } from "./Structural.ts"

/** Reads the metadata of embedded resources as a server reads that of every object. */
export const readEmbedded = (object: JsonObject, schema: Structural): GoDecoder.Decoded => {
  const reading: Reading = { unknown: [] }
  const read = readFields(reading, object, { ...schema, embedded: false }, "")
  return { ...reading, object: read }
}

interface Reading {
  readonly unknown: Array<string>
  error?: string
}

const readValue = (reading: Reading, value: Json, schema: Structural, path: string): Json => {
  if (isObject(value)) return readFields(reading, value, schema, path)
  const { items } = schema
  if (!isArray(value) || items === undefined) return value
  return mapped(value, (item, index) => readValue(reading, item, items, `${path}[${index}]`))
}

const readFields = (reading: Reading, object: JsonObject, schema: Structural, path: string): JsonObject => {
  const changed = Object.entries(object).flatMap(([name, value]): ReadonlyArray<[string, Json]> => {
    const here = child(path, name)
    const known = schema.properties.get(name) ?? schema.additional?.values
    const isMetadata = schema.embedded && name === "metadata"
    const read = isMetadata
      ? readMetadata(reading, value, here)
      : known === undefined
        ? value
        : readValue(reading, value, known, here)
    return read === value ? [] : [[name, read]]
  })
  return changed.length === 0 ? object : { ...object, ...Object.fromEntries(changed) }
}

const readMetadata = (reading: Reading, value: Json, path: string): Json => {
  const { error, object, unknown } = isObject(value)
    ? GoDecoder.decode(value, "ObjectMeta")
    : { error: GoDecoder.mismatch(value, "v1.ObjectMeta"), object: value, unknown: [] }
  if (error !== undefined) reading.error ??= `${path}: ${invalid(path, value, error).message}`
  reading.unknown.push(...unknown.map((field) => child(path, field)))
  return object
}

/** Embedded resources say of which kind they are. */
export const checkEmbedded = (object: JsonObject, schema: Structural): ReadonlyArray<Cause> =>
  fieldsOf(object, { ...schema, embedded: false }, "")

const inValue = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  if (isObject(value)) return [...(schema.embedded ? identityOf(value, path) : []), ...fieldsOf(value, schema, path)]
  const { items } = schema
  if (!isArray(value) || items === undefined) return []
  return value.flatMap((item, index) => inValue(item, items, `${path}[${index}]`))
}

const fieldsOf = (object: JsonObject, schema: Structural, path: string): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = schema.properties.get(name)
    if (property !== undefined) return inValue(value, property, child(path, name))
    const values = schema.additional?.values
    return values === undefined ? [] : inValue(value, values, `${path}[${name}]`)
  })

const identityOf = (object: JsonObject, path: string): ReadonlyArray<Cause> =>
  ["apiVersion", "kind"].flatMap((name): ReadonlyArray<Cause> => {
    const value = own(object, name)
    if (value === undefined) return [required(child(path, name))]
    if (typeof value !== "string") return [invalid(child(path, name), value, "must be a string")]
    return value === "" ? [invalid(child(path, name), value, "must not be empty")] : []
  })
