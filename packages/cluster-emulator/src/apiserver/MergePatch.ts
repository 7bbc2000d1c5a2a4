/** JSON merge patch (RFC 7386). */
import type { Json, JsonObject } from "./Json.ts"
import { equal, isArray, isObject, own } from "./Json.ts"

/**
 * Merges `patch` into `object`: `null` removes a field, objects merge, any other value replaces. New values lose their
 * nulls.
 */
export const merge = (object: JsonObject, patch: JsonObject): JsonObject => {
  const merged: Record<string, Json> = { ...object }
  for (const [field, value] of Object.entries(patch)) {
    const before = own(object, field)
    if (value === null) delete merged[field]
    else if (isObject(before)) merged[field] = isObject(value) ? merge(before, value) : value
    else merged[field] = withoutNulls(value)
  }
  return merged
}

/** True when merging `patch` into `object` changes nothing. */
export const isNoOp = (object: JsonObject, patch: JsonObject): boolean => equal(merge(object, patch), object)

const withoutNulls = (value: Json): Json => {
  if (isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const set = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(set.map(([field, inner]): [string, Json] => [field, withoutNulls(inner)]))
}
