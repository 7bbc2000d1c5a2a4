/**
 * Filling in what a schema has a default for.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, mapped, own } from "../Json.ts"
import type { Structural } from "./Structural.ts"
import { fieldOf } from "./Structural.ts"

/** Fills in defaults from the outside in: a default that is an object is filled in further. */
export const applyDefaults = (object: JsonObject, schema: Structural): JsonObject => fillObject(object, schema)

/** Removes every `null` of a field that may be neither `null` nor defaulted. Items of lists keep theirs. */
export const dropNulls = (object: JsonObject, schema: Structural): JsonObject => {
  const known = withoutNulls(object, schema)
  return isObject(known) ? known : object
}

const isForbiddenNull = (value: Json | undefined, schema: Structural | undefined): boolean =>
  value === null && schema !== undefined && !schema.nullable

const withoutNulls = (value: Json, schema: Structural | undefined): Json => {
  if (schema === undefined) return value
  if (isArray(value)) {
    return mapped(value, (item) => withoutNulls(item, schema.items))
  }
  if (!isObject(value)) return value
  const kept: Record<string, Json> = {}
  let changed = false
  for (const [field, before] of Object.entries(value)) {
    const known = fieldOf(schema, field)
    if (isForbiddenNull(before, known) && known?.default === undefined) {
      changed = true
      continue
    }
    const after = withoutNulls(before, known)
    if (after !== before) changed = true
    kept[field] = after
  }
  return changed ? kept : value
}

const fill = (value: Json, schema: Structural | undefined): Json => {
  if (schema === undefined) return value
  if (isArray(value)) {
    const { items } = schema
    return mapped(value, (item) => fill(isForbiddenNull(item, items) ? (items?.default ?? null) : item, items))
  }
  return isObject(value) ? fillObject(value, schema) : value
}

const fillObject = (object: JsonObject, schema: Structural): JsonObject => {
  const filled: Record<string, Json> = { ...object }
  let changed = false
  for (const [field, known] of schema.properties) {
    const before = own(object, field)
    if (known.default !== undefined && (before === undefined || isForbiddenNull(before, known))) {
      filled[field] = known.default
      changed = true
    }
  }
  for (const [field, before] of Object.entries(filled)) {
    const known = fieldOf(schema, field)
    const value = isForbiddenNull(before, known) ? (known?.default ?? null) : before
    const after = fill(value, known)
    if (after === before) continue
    filled[field] = after
    changed = true
  }
  return changed ? filled : object
}
