/**
 * Objects inside objects that are resources themselves.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, invalid, required } from "./Causes.ts"
import type { Structural } from "./Structural.ts"

/** Embedded resources say of which kind they are. */
export const checkEmbedded = (object: JsonObject, schema: Structural): ReadonlyArray<Cause> =>
  fieldsOf(object, { ...schema, embedded: false }, "")

const inValue = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  if (isObject(value)) return [...(schema.embedded ? identityOf(value, path) : []), ...fieldsOf(value, schema, path)]
  const { items } = schema
  if (!isArray(value) || items === undefined) return []
  return value.flatMap((item, index) => inValue(item, items, `${path}[${index}]`))
}

const fieldsOf = (object: JsonObject, schema: Structural, path: string): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = schema.properties.get(name)
    if (property !== undefined) return inValue(value, property, child(path, name))
    const values = schema.additional?.values
    return values === undefined ? [] : inValue(value, values, `${path}[${name}]`)
  })

const identityOf = (object: JsonObject, path: string): ReadonlyArray<Cause> =>
  ["apiVersion", "kind"].flatMap((name): ReadonlyArray<Cause> => {
    const value = own(object, name)
    if (value === undefined) return [required(child(path, name))]
    if (typeof value !== "string") return [invalid(child(path, name), value, "must be a string")]
    return value === "" ? [invalid(child(path, name), value, "must not be empty")] : []
  })
