/**
 * Validates that lists of type `set` and `map` have no duplicate items.
 */
import type { Json, JsonObject } from "../Json.ts"
import { canonical, isArray, isObject, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, duplicate, invalid } from "./Causes.ts"
import type { Structural } from "./Structural.ts"

/** One cause per duplicate value, at its second occurrence. */
export const checkLists = (object: JsonObject, schema: Structural): ReadonlyArray<Cause> =>
  objectCauses(object, schema, "")

const objectCauses = (object: JsonObject, schema: Structural, path: string): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = schema.properties.get(name)
    if (property !== undefined) return valueCauses(value, property, child(path, name))
    const values = schema.additional?.values
    return values === undefined ? [] : valueCauses(value, values, `${path}[${name}]`)
  })

const valueCauses = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  if (isObject(value)) return objectCauses(value, schema, path)
  if (!isArray(value)) return []
  const { items } = schema
  return [
    ...(schema.listType === "set" ? duplicates(value, value, path) : []),
    ...(schema.listType === "map" ? mapCauses(value, schema.listMapKeys, path) : []),
    ...(items === undefined ? [] : value.flatMap((item, index) => valueCauses(item, items, `${path}[${index}]`)))
  ]
}

const mapCauses = (list: ReadonlyArray<Json>, keys: ReadonlyArray<string>, path: string): ReadonlyArray<Cause> => {
  const notAnObject = list.findIndex((item) => item !== null && !isObject(item))
  if (notAnObject >= 0) {
    const why = "must be an object for an array of list-type map"
    return [invalid(`${path}[${notAnObject}]`, list[notAnObject] ?? null, why)]
  }
  return duplicates(
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

const duplicates = (names: ReadonlyArray<Json>, list: ReadonlyArray<Json>, path: string): ReadonlyArray<Cause> => {
  const counts = new Map<string, number>()
  return list.flatMap((_item, index) => {
    const name = names[index] ?? null
    const key = canonical(name)
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count === 2 ? [duplicate(`${path}[${index}]`, name)] : []
  })
}
