/**
 * Embedded resources: objects with `x-kubernetes-embedded-resource` inside of custom resources.
 */
import * as GoDecoder from "../GoDecoder.ts"
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, mapped, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, invalid, required } from "./Causes.ts"
import type { Structural } from "./Structural.ts"

/** Decodes the metadata of embedded resources. */
export const decodeEmbedded = (object: JsonObject, schema: Structural): GoDecoder.Decoded => {
  const state: DecodeState = { unknown: [] }
  const decoded = decodeFields(state, object, { ...schema, embedded: false }, "")
  return { ...state, object: decoded }
}

interface DecodeState {
  readonly unknown: Array<string>
  error?: string
}

const decodeValue = (state: DecodeState, value: Json, schema: Structural, path: string): Json => {
  if (isObject(value)) return decodeFields(state, value, schema, path)
  const { items } = schema
  if (!isArray(value) || items === undefined) return value
  return mapped(value, (item, index) => decodeValue(state, item, items, `${path}[${index}]`))
}

const decodeFields = (state: DecodeState, object: JsonObject, schema: Structural, path: string): JsonObject => {
  const changed = Object.entries(object).flatMap(([name, value]): ReadonlyArray<[string, Json]> => {
    const fieldPath = child(path, name)
    const property = schema.properties.get(name) ?? schema.additional?.values
    const isMetadata = schema.embedded && name === "metadata"
    const decoded = isMetadata
      ? decodeMetadata(state, value, fieldPath)
      : property === undefined
        ? value
        : decodeValue(state, value, property, fieldPath)
    return decoded === value ? [] : [[name, decoded]]
  })
  return changed.length === 0 ? object : { ...object, ...Object.fromEntries(changed) }
}

const decodeMetadata = (state: DecodeState, value: Json, path: string): Json => {
  const { error, object, unknown } = isObject(value)
    ? GoDecoder.decode(value, "ObjectMeta")
    : { error: GoDecoder.mismatch(value, "v1.ObjectMeta"), object: value, unknown: [] }
  if (error !== undefined) state.error ??= `${path}: ${invalid(path, value, error).message}`
  state.unknown.push(...unknown.map((field) => child(path, field)))
  return object
}

/** Validates `apiVersion` and `kind` of embedded resources. */
export const checkEmbedded = (object: JsonObject, schema: Structural): ReadonlyArray<Cause> =>
  fieldCauses(object, { ...schema, embedded: false }, "")

const valueCauses = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  if (isObject(value))
    return [...(schema.embedded ? typeMetaCauses(value, path) : []), ...fieldCauses(value, schema, path)]
  const { items } = schema
  if (!isArray(value) || items === undefined) return []
  return value.flatMap((item, index) => valueCauses(item, items, `${path}[${index}]`))
}

const fieldCauses = (object: JsonObject, schema: Structural, path: string): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = schema.properties.get(name)
    if (property !== undefined) return valueCauses(value, property, child(path, name))
    const values = schema.additional?.values
    return values === undefined ? [] : valueCauses(value, values, `${path}[${name}]`)
  })

const typeMetaCauses = (object: JsonObject, path: string): ReadonlyArray<Cause> =>
  ["apiVersion", "kind"].flatMap((name): ReadonlyArray<Cause> => {
    const value = own(object, name)
    if (value === undefined) return [required(child(path, name))]
    if (typeof value !== "string") return [invalid(child(path, name), value, "must be a string")]
    return value === "" ? [invalid(child(path, name), value, "must not be empty")] : []
  })
