/** Reading fields of objects that have no schema here, like apimachinery's `unstructured`. */
import { ObjectMeta } from "@portolan/planner"

type Json = ObjectMeta.JsonObject[string] | undefined

/** The value of a nested field; `undefined` when a field on the path is absent or not an object. */
export const at = (value: Json, ...path: ReadonlyArray<string>): Json =>
  path.reduce<Json>((parent, field) => (ObjectMeta.isJsonObject(parent) ? parent[field] : undefined), value)

/** The objects of a list. Other elements are left out; a value that is no list counts as empty. */
export const objects = (value: Json): ReadonlyArray<ObjectMeta.JsonObject> =>
  Array.isArray(value) ? value.filter(ObjectMeta.isJsonObject) : []
