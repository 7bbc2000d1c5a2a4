/**
 * Strategic merge patches of built-in kinds: a merge patch that knows which lists are keyed.
 *
 * Directives understood: `$patch: delete | replace` in an object or a list item, `$deleteFromPrimitiveList/<field>`,
 * and `$setElementOrder/<field>`. `$retainKeys` keeps the named fields only.
 */
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, equal, isArray, isObject, none, own, stringsOf, without } from "./Json.ts"

/** The object with a strategic patch applied. */
export const apply = (object: JsonObject, patch: JsonObject): JsonObject => applyAt(object, patch, [])

type Path = ReadonlyArray<string>

const order = "$setElementOrder/"
const deletion = "$deleteFromPrimitiveList/"

const applyAt = (object: JsonObject, patch: JsonObject, path: Path): JsonObject => {
  if (patch.$patch === "replace") return without(patch, "$patch")
  const retained = own(patch, "$retainKeys")
  const start = isArray(retained) ? onlyFields(object, stringsOf(retained)) : object
  const patched: Record<string, Json> = { ...start }
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith("$")) continue
    const here = [...path, field]
    const before = own(start, field)
    if (value === null || (isObject(value) && value.$patch === "delete")) delete patched[field]
    else if (isObject(value)) patched[field] = applyAt(isObject(before) ? before : none, value, here)
    else patched[field] = isArray(value) ? applyList(arrayOf(before), value, here) : value
  }
  for (const [field, value] of Object.entries(patch)) {
    const name = field.slice(field.indexOf("/") + 1)
    if (field.startsWith(deletion)) {
      patched[name] = arrayOf(patched[name]).filter((item) => !arrayOf(value).some((gone) => equal(gone, item)))
    } else if (field.startsWith(order)) {
      patched[name] = ordered(arrayOf(patched[name]), arrayOf(value), mergeKey([...path, name]))
    }
  }
  return patched
}

const onlyFields = (object: JsonObject, fields: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([field]) => fields.includes(field)))

const mergeKeys: { readonly [field: string]: string } = {
  conditions: "type",
  containers: "name",
  env: "name",
  ephemeralContainers: "name",
  hostAliases: "ip",
  hostIPs: "ip",
  imagePullSecrets: "name",
  initContainers: "name",
  ownerReferences: "uid",
  podIPs: "ip",
  resourceClaims: "name",
  schedulingGates: "name",
  secrets: "name",
  topologySpreadConstraints: "topologyKey",
  volumeDevices: "devicePath",
  volumeMounts: "mountPath",
  volumes: "name"
}

/** The key of a merging list; `""` for a merging set; `undefined` for a list that is replaced. */
const mergeKey = (path: Path): string | undefined => {
  const field = path[path.length - 1] ?? ""
  if (field === "ports") return path.length === 2 ? "port" : "containerPort"
  if (field === "finalizers") return path[0] === "metadata" ? "" : undefined
  return Object.hasOwn(mergeKeys, field) ? mergeKeys[field] : undefined
}

const applyList = (before: ReadonlyArray<Json>, patch: ReadonlyArray<Json>, path: Path): Json => {
  const key = mergeKey(path)
  if (key === undefined) return patch
  if (key === "") return [...before, ...patch.filter((item) => !before.some((one) => equal(one, item)))]
  const items = patch.filter(isObject)
  if (items.some((item) => item.$patch === "replace" && own(item, key) === undefined)) {
    return items.filter((item) => item.$patch !== "replace")
  }
  return items.reduce((list, item) => applyItem(list, item, key, path), before)
}

const applyItem = (list: ReadonlyArray<Json>, item: JsonObject, key: string, path: Path): ReadonlyArray<Json> => {
  const isSame = (one: Json) => isObject(one) && equal(own(one, key), own(item, key))
  if (item.$patch === "delete") return list.filter((one) => !isSame(one))
  if (!list.some(isSame)) return [...list, without(item, "$patch")]
  return list.map((one) => (isObject(one) && isSame(one) ? applyAt(one, item, path) : one))
}

const ordered = (list: ReadonlyArray<Json>, wanted: ReadonlyArray<Json>, key: string | undefined): Json => {
  const keyOf = (item: Json) => (isObject(item) && key !== undefined ? own(item, key) : item)
  const rank = (item: Json) => wanted.findIndex((one) => equal(keyOf(one), keyOf(item)))
  const known = list.filter((item) => rank(item) >= 0).toSorted((left, right) => rank(left) - rank(right))
  return [...known, ...list.filter((item) => rank(item) < 0)]
}
