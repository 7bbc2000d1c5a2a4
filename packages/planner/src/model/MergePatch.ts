/** JSON merge patches (RFC 7386): the smallest change from one object to another, and its effect. */
import type * as Schema from "effect/Schema"
import { isJsonObject, type JsonObject } from "./ObjectMeta.ts"

/**
 * The patch that turns `before` into `after`: only what differs, `null` for what is gone, arrays whole.
 *
 * An empty patch means there is nothing to write (INV-5).
 */
export const diff = (before: JsonObject, after: JsonObject): JsonObject => {
  const patch: { [field: string]: Schema.Json } = {}
  for (const field of Object.keys(before)) if (!(field in after)) patch[field] = null
  for (const [field, value] of Object.entries(after)) {
    const old = before[field]
    if (isJsonObject(old) && isJsonObject(value)) {
      const inner = diff(old, value)
      if (!isEmpty(inner)) patch[field] = inner
    } else if (!same(old, value)) patch[field] = value
  }
  return patch
}

export const isEmpty = (patch: JsonObject): boolean => Object.keys(patch).length === 0

/** `target` with `patch` merged into it. */
export const merge = (target: JsonObject, patch: JsonObject): JsonObject => {
  const merged: { [field: string]: Schema.Json } = { ...target }
  for (const [field, value] of Object.entries(patch)) {
    const old = merged[field]
    if (value === null) delete merged[field]
    else merged[field] = isJsonObject(value) ? merge(isJsonObject(old) ? old : {}, value) : value
  }
  return merged
}

/** Structural equality of JSON; the order of an object's fields does not matter. */
export const same = (left: Schema.Json | undefined, right: Schema.Json | undefined): boolean => {
  if (left === right) return true
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item: Schema.Json, i) => same(item, right[i]))
    )
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false
  const fields = Object.keys(left)
  return (
    fields.length === Object.keys(right).length &&
    fields.every((field) => field in right && same(left[field], right[field]))
  )
}
