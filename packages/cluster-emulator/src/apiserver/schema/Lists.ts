/**
 * Lists that are sets or maps hold nothing twice.
 */
import type { Json, JsonObject } from "../Json.ts"
import { canonical, isArray, isObject, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, duplicate, invalid } from "./Causes.ts"
import type { Structural } from "./Structural.ts"

/** One cause for every value that occurs again, at its first repetition. */
export const checkLists = (object: JsonObject, schema: Structural): ReadonlyArray<Cause> => inObject(object, schema, "")

const inObject = (object: JsonObject, schema: Structural, path: string): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = schema.properties.get(name)
    if (property !== undefined) return inValue(value, property, child(path, name))
    const values = schema.additional?.values
    return values === undefined ? [] : inValue(value, values, `${path}[${name}]`)
  })

const inValue = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  if (isObject(value)) return inObject(value, schema, path)
  if (!isArray(value)) return []
  const { items } = schema
  return [
    ...(schema.listType === "set" ? repeated(value, value, path) : []),
    ...(schema.listType === "map" ? inMap(value, schema.listMapKeys, path) : []),
    ...(items === undefined ? [] : value.flatMap((item, index) => inValue(item, items, `${path}[${index}]`)))
  ]
}

const inMap = (list: ReadonlyArray<Json>, keys: ReadonlyArray<string>, path: string): ReadonlyArray<Cause> => {
  const strange = list.findIndex((item) => item !== null && !isObject(item))
  if (strange >= 0) {
    const why = "must be an object for an array of list-type map"
    return [invalid(`${path}[${strange}]`, list[strange] ?? null, why)]
  }
  return repeated(
    list.map((item) => (isObject(item) ? keysOf(item, keys) : {})),
    list,
    path
  )
}

const keysOf = (item: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(
    keys.flatMap((key): ReadonlyArray<[string, Json]> => {
      const value = own(item, key)
      return value === undefined ? [] : [[key, value]]
    })
  )

const repeated = (names: ReadonlyArray<Json>, list: ReadonlyArray<Json>, path: string): ReadonlyArray<Cause> => {
  const counts = new Map<string, number>()
  return list.flatMap((_item, index) => {
    const name = names[index] ?? null
    const key = canonical(name)
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count === 2 ? [duplicate(`${path}[${index}]`, name)] : []
  })
}
