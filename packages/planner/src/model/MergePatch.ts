/** JSON merge patches (RFC 7386): the smallest change from one object to another, and its effect. */
import type * as Schema from "effect/Schema"
import { isJsonObject, type JsonObject } from "./ObjectMeta.ts"

/**
 * The patch from `before` to `after`: only fields that differ, `null` for removed fields, arrays whole.
 *
 * An empty patch means that there is nothing to write (INV-5). A `null` field of `after` counts as removed, because a merge
 * patch cannot express anything else.
 */
export const diff = (before: JsonObject, after: JsonObject): JsonObject => {
  const removed = Object.keys(before).flatMap((field) => (Object.hasOwn(after, field) ? [] : [[field, null] as const]))
  const changed = Object.entries(after).flatMap(([field, value]) => {
    const old = at(before, field)
    if (!isJsonObject(old) || !isJsonObject(value)) return same(old ?? null, value) ? [] : [[field, value] as const]
    const inner = diff(old, value)
    return isEmpty(inner) ? [] : [[field, inner] as const]
  })
  return Object.fromEntries([...removed, ...changed])
}

export const isEmpty = (patch: JsonObject): boolean => Object.keys(patch).length === 0

/** `target` with `patch` merged into it. */
export const merge = (target: JsonObject, patch: JsonObject): JsonObject => {
  const kept = Object.entries(target).filter(([field]) => at(patch, field) !== null)
  const fields = new Map<string, Schema.Json>(kept)
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) continue
    const old = fields.get(field)
    fields.set(field, isJsonObject(value) ? merge(isJsonObject(old) ? old : {}, value) : value)
  }
  return Object.fromEntries(fields)
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
    fields.every((field) => Object.hasOwn(right, field) && same(left[field], at(right, field)))
  )
}

/** An own field of the object: a user may name a field `__proto__`. */
const at = (object: JsonObject, field: string): Schema.Json | undefined =>
  Object.hasOwn(object, field) ? object[field] : undefined
