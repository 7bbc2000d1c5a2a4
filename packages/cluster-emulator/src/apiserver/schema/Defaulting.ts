/**
 * Defaulting of custom resources.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, mapped, own } from "../Json.ts"
import type { Structural } from "./Structural.ts"
import { fieldOf } from "./Structural.ts"

/** Applies defaults from the root down, so that defaults apply inside of a defaulted object as well. */
export const applyDefaults = (object: JsonObject, schema: Structural): JsonObject => applyToObject(object, schema)

/** Drops nulls of fields that are neither nullable nor have a default. Nulls in lists stay. */
export const dropNulls = (object: JsonObject, schema: Structural): JsonObject => {
  const dropped = withoutNulls(object, schema)
  return isObject(dropped) ? dropped : object
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
    const property = fieldOf(schema, field)
    if (isForbiddenNull(before, property) && property?.default === undefined) {
      changed = true
      continue
    }
    const after = withoutNulls(before, property)
    if (after !== before) changed = true
    kept[field] = after
  }
  return changed ? kept : value
}

const applyTo = (value: Json, schema: Structural | undefined): Json => {
  if (schema === undefined) return value
  if (isArray(value)) {
    const { items } = schema
    return mapped(value, (item) => applyTo(isForbiddenNull(item, items) ? (items?.default ?? null) : item, items))
  }
  return isObject(value) ? applyToObject(value, schema) : value
}

const applyToObject = (object: JsonObject, schema: Structural): JsonObject => {
  const defaulted: Record<string, Json> = { ...object }
  let changed = false
  for (const [field, property] of schema.properties) {
    const before = own(object, field)
    if (property.default !== undefined && (before === undefined || isForbiddenNull(before, property))) {
      defaulted[field] = property.default
      changed = true
    }
  }
  for (const [field, before] of Object.entries(defaulted)) {
    const property = fieldOf(schema, field)
    const value = isForbiddenNull(before, property) ? (property?.default ?? null) : before
    const after = applyTo(value, property)
    if (after === before) continue
    defaulted[field] = after
    changed = true
  }
  return changed ? defaulted : object
}
