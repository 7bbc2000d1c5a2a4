/**
 * Operations on immutable JSON. Functions never mutate their arguments; results share every unchanged part.
 */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject

export interface JsonObject {
  readonly [field: string]: Json
}

/** Narrows JSON to an object. Arrays and `null` are not objects. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isArray = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** The empty object, shared. */
export const none: JsonObject = {}

/** The value if it is an object, else an empty object. */
export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : none)

export const arrayOf = (value: Json | undefined): ReadonlyArray<Json> => (isArray(value) ? value : [])

export const objectsOf = (value: Json | undefined): ReadonlyArray<JsonObject> => arrayOf(value).filter(isObject)

export const stringsOf = (value: Json | undefined): ReadonlyArray<string> =>
  arrayOf(value).filter((item) => typeof item === "string")

export const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

/** The value at a path of fields; `undefined` when the path does not exist. */
export const at = (value: Json | undefined, ...path: ReadonlyArray<string>): Json | undefined =>
  path.reduce<Json | undefined>((here, field) => (isObject(here) ? own(here, field) : undefined), value)

/** An own field of the object, never one of its prototype. */
export const own = (object: JsonObject, field: string): Json | undefined =>
  Object.hasOwn(object, field) ? object[field] : undefined

/** Sets a field, or removes it when the value is `undefined`. */
export const withField = (object: JsonObject, field: string, value: Json | undefined): JsonObject =>
  value === undefined ? without(object, field) : { ...object, [field]: value }

export const without = (object: JsonObject, ...fields: ReadonlyArray<string>): JsonObject =>
  fields.some((field) => Object.hasOwn(object, field))
    ? Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))
    : object

/** Adds the fields of `defaults` that are absent or `null` in the object. */
export const withDefaults = (object: JsonObject, defaults: JsonObject): JsonObject =>
  Object.keys(defaults).every((field) => isSet(own(object, field)))
    ? object
    : { ...object, ...Object.fromEntries(Object.entries(defaults).filter(([field]) => !isSet(own(object, field)))) }

/** Present and not `null`. */
export const isSet = (value: Json | undefined): value is Exclude<Json, null> => value !== undefined && value !== null

/** Maps the value of a field, if it is present and not `null`. */
export const changing = (object: JsonObject, field: string, change: (value: Json) => Json): JsonObject => {
  const before = own(object, field)
  if (!isSet(before)) return object
  const after = change(before)
  return after === before ? object : { ...object, [field]: after }
}

/** Maps every object in a list field. */
export const changingEach = (object: JsonObject, field: string, change: (item: JsonObject) => JsonObject): JsonObject =>
  changing(object, field, (list) =>
    isArray(list) ? mapped(list, (item) => (isObject(item) ? change(item) : item)) : list
  )

/** Maps a list. Returns the list itself when no item changed. */
export const mapped = (list: ReadonlyArray<Json>, change: (item: Json, index: number) => Json): ReadonlyArray<Json> => {
  const changed = list.map(change)
  return changed.every((item, index) => item === list[index]) ? list : changed
}

/** Structural equality. The order of fields is ignored, the order of items is not. */
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
 * A deep copy of a value as its JSON text would decode: fields that are `undefined` are omitted. `undefined` when the
 * value is not JSON.
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

/** JSON text with sorted fields, so that equal values have equal texts. */
export const canonical = (value: Json): string => {
  if (isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value).sort()
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonical(value[field] ?? null)}`).join(",")}}`
}
