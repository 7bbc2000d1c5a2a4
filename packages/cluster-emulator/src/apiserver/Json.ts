/**
 * Plain operations on immutable JSON. Nothing here changes its arguments; what did not change is shared.
 */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject

export interface JsonObject {
  readonly [field: string]: Json
}

/** Narrows JSON to an object. Arrays and `null` are not objects. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isArray = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

export const none: JsonObject = {}

/** The value as an object; anything else reads as one without fields. */
export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : none)

export const arrayOf = (value: Json | undefined): ReadonlyArray<Json> => (isArray(value) ? value : [])

export const objectsOf = (value: Json | undefined): ReadonlyArray<JsonObject> => arrayOf(value).filter(isObject)

export const stringsOf = (value: Json | undefined): ReadonlyArray<string> =>
  arrayOf(value).filter((item) => typeof item === "string")

export const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

/** The value under a path of fields; `undefined` where the path leaves the object. */
export const at = (value: Json | undefined, ...path: ReadonlyArray<string>): Json | undefined =>
  path.reduce<Json | undefined>((here, field) => (isObject(here) ? own(here, field) : undefined), value)

/** A field of the object itself, never of its prototype. */
export const own = (object: JsonObject, field: string): Json | undefined =>
  Object.hasOwn(object, field) ? object[field] : undefined

/** The object with one field set, or removed when the value is `undefined`. */
export const withField = (object: JsonObject, field: string, value: Json | undefined): JsonObject =>
  value === undefined ? without(object, field) : { ...object, [field]: value }

export const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject =>
  fields.some((field) => Object.hasOwn(object, field))
    ? Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))
    : object

/** The object with the fields of `defaults` that it does not have. */
export const withDefaults = (object: JsonObject, defaults: JsonObject): JsonObject =>
  Object.keys(defaults).every((field) => isSet(own(object, field)))
    ? object
    : { ...object, ...Object.fromEntries(Object.entries(defaults).filter(([field]) => !isSet(own(object, field)))) }

/** Present and not `null`. */
export const isSet = (value: Json | undefined): value is Exclude<Json, null> => value !== undefined && value !== null

/** Replaces a field by what `change` makes of it, when it is there. */
export const changing = (object: JsonObject, field: string, change: (value: Json) => Json): JsonObject => {
  const before = own(object, field)
  if (!isSet(before)) return object
  const after = change(before)
  return after === before ? object : { ...object, [field]: after }
}

/** Replaces every object of a list field by what `change` makes of it. */
export const changingEach = (object: JsonObject, field: string, change: (item: JsonObject) => JsonObject): JsonObject =>
  changing(object, field, (list) =>
    isArray(list) ? mapped(list, (item) => (isObject(item) ? change(item) : item)) : list
  )

/** The list with what `change` makes of its items; the list itself when that is nothing new. */
export const mapped = (list: ReadonlyArray<Json>, change: (item: Json, index: number) => Json): ReadonlyArray<Json> => {
  const changed = list.map(change)
  return changed.every((item, index) => item === list[index]) ? list : changed
}

/** Structural equality; the order of fields does not count, the order of items does. */
export const equal = (left: Json | undefined, right: Json | undefined): boolean => {
  if (left === right) return true
  if (isArray(left)) {
    return isArray(right) && left.length === right.length && left.every((item, index) => equal(item, right[index]))
  }
  if (!isObject(left) || !isObject(right)) return false
  const fields = Object.keys(left)
  return (
    fields.length === Object.keys(right).length &&
    fields.every((field) => Object.hasOwn(right, field) && equal(left[field], right[field]))
  )
}

/**
 * A private copy of whatever a caller handed over, as its JSON text would read: fields that are `undefined` are gone.
 * `undefined` when it is not JSON at all.
 */
export const fromUnknown = (value: unknown): Json | undefined => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      return Number.isFinite(value) ? value : undefined
    case "object": {
      if (value === null) return null
      if (Array.isArray(value)) return value.map((item: unknown) => fromUnknown(item) ?? null)
      const copy: Record<string, Json> = {}
      for (const [field, inner] of Object.entries(value)) {
        const json = fromUnknown(inner)
        if (json !== undefined) copy[field] = json
      }
      return copy
    }
    default:
      return undefined
  }
}

/** JSON text with sorted fields: equal values have equal texts. */
export const canonical = (value: Json): string => {
  if (isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value).sort()
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonical(value[field] ?? null)}`).join(",")}}`
}
