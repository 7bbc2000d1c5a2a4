/**
 * Strategic merge patches of built-in kinds: a merge patch that knows which lists merge, and by which key.
 *
 * Directives understood: `$patch: replace | delete` in an object, `$patch: replace | delete` in an item of a list,
 * `$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>` and `$retainKeys`.
 */
import { badRequest, internal } from "./Failure.ts"
import { printed } from "./GoJson.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, equal, isArray, isObject, own, without } from "./Json.ts"
import type { Shape } from "./Shape.ts"
import * as Shapes from "./Shape.ts"

/** The object with a strategic patch applied. Fails with 400 or 500 when directives are used wrongly. */
export const apply = (object: JsonObject, patch: JsonObject, shape: Shape): JsonObject =>
  mergeMaps(object, patch, shape)

type List = ReadonlyArray<Json>

const setElementOrder = "$setElementOrder/"
const deleteFromPrimitiveList = "$deleteFromPrimitiveList/"
const retainKeys = "$retainKeys"

const mergeMaps = (object: JsonObject, patch: JsonObject, shape: Shape): JsonObject => {
  if ("$patch" in patch) return applyDirective(patch)
  const merged: Record<string, Json> = { ...withRetainedKeys(object, patch) }
  const put = (field: string, value: Json | undefined): void => {
    if (value === undefined) delete merged[field]
    else merged[field] = value
  }
  const rest = new Map(Object.entries(without(patch, retainKeys)))
  for (const [directive, wanted] of Object.entries(patch)) {
    if (!directive.startsWith(setElementOrder)) continue
    const field = directive.slice(setElementOrder.length)
    put(field, mergeOrdered(own(merged, field), own(patch, field), listOf(wanted), under(shape, field)))
    rest.delete(directive)
    rest.delete(field)
  }
  for (const [field, value] of rest) {
    if (!field.startsWith(deleteFromPrimitiveList))
      put(field, mergeValues(own(merged, field), value, under(shape, field)))
    else if (value === null) put(field.slice(deleteFromPrimitiveList.length), undefined)
    else
      put(
        field.slice(deleteFromPrimitiveList.length),
        withoutItems(own(merged, field.slice(deleteFromPrimitiveList.length)), arrayOf(value))
      )
  }
  return merged
}

/** What an object with a `$patch` makes of the object it meets. */
const applyDirective = (patch: JsonObject): JsonObject => {
  if (patch.$patch === "replace") return without(patch, "$patch")
  if (patch.$patch === "delete") return {}
  throw internal(`unknown patch type: ${printed(patch.$patch ?? null)} in map: ${printed(patch)}`)
}

/** The fields that `$retainKeys` lets stay; a patch of others is refused. */
const withRetainedKeys = (object: JsonObject, patch: JsonObject): JsonObject => {
  if (!(retainKeys in patch)) return object
  const fields = patch[retainKeys]
  const isNamed = (field: string) => arrayOf(fields).includes(field)
  const isExempt = ([field, value]: readonly [string, Json]) =>
    field === retainKeys ||
    value === null ||
    field.startsWith(setElementOrder) ||
    field.startsWith(deleteFromPrimitiveList)
  const isGood = Object.entries(patch).every((entry) => isExempt(entry) || isNamed(entry[0]))
  if (!isArray(fields) || !isGood) throw badRequest("invalid patch format of retainKeys")
  return Object.fromEntries(Object.entries(object).filter(([field]) => isNamed(field)))
}

const withoutItems = (before: Json | undefined, gone: List): Json | undefined =>
  isArray(before) ? before.filter((item) => !gone.some((one) => equal(one, item))) : before

const mergeValues = (before: Json | undefined, value: Json, shape: Shape): Json | undefined => {
  if (value === null) return undefined
  if (isObject(before) && isObject(value)) return mergeMaps(before, value, shape)
  return isArray(before) && isArray(value) ? mergeLists(before, value, shape) : withoutDirectives(value)
}

/** A value that meets nothing to merge with: without fields that are `null`, and without what bears a `$patch`. */
const withoutDirectives = (value: Json): Json | undefined => {
  if (isArray(value)) return value.flatMap((item) => withoutDirectives(item) ?? [])
  if (!isObject(value)) return value
  if ("$patch" in value) return undefined
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => {
      const kept = inner === null ? undefined : withoutDirectives(inner)
      return kept === undefined ? [] : [[field, kept]]
    })
  )
}

const under = (shape: Shape, field: string): Shape =>
  shape._tag === "Map" ? Shapes.fieldOf(shape, field) : Shapes.untyped

const itemsOf = (shape: Shape): Shape => (shape._tag === "List" ? shape.items : Shapes.untyped)

/** The key by which a list merges; `""` when it merges by value; `undefined` when it is replaced. */
const mergeKey = (shape: Shape): string | undefined => {
  if (shape._tag !== "List") return undefined
  const { list } = shape
  return list.type === "atomic" ? list.patchKey : list.type === "set" ? "" : list.keys[0]
}

const mergeLists = (before: List, patch: List, shape: Shape): List => {
  const key = mergeKey(shape)
  if (key === undefined) return patch
  if (before.length + patch.length === 0) return before
  checkItems(before, patch, key === "")
  if (key === "") {
    const added = patch.filter((item, index) => !before.includes(item) && patch.indexOf(item) === index)
    return sortedByOrder([...before, ...added], patch, before, key)
  }
  const items = patch.map(asObject)
  const isReplaced = items.some((item) => item.$patch === "replace")
  const given = items.filter((item) => !isDirective(item))
  if (isReplaced) return sortedByOrder(given, [], given, key)
  const kept = items.filter(isDirective).reduce((list, item) => withoutItem(list, item, key), before)
  const merged = given.reduce((list, item) => withItem(list, item, key, shape), kept)
  return sortedByOrder(merged, given, kept, key)
}

const asObject = (item: Json): JsonObject => (isObject(item) ? item : {})

const isDirective = (item: JsonObject): boolean => "$patch" in item

/** All items of a list that merges are of one type, and none is a list. */
const checkItems = (before: List, patch: List, isPlain: boolean): void => {
  if ([...before, ...patch].every((item) => isObject(item) !== isPlain)) return
  throw internal(`list element types are not identical: ${printed([before, patch])}`)
}

const keyOf = (item: JsonObject, key: string): Json => {
  const value = own(item, key)
  if (value !== undefined) return value
  throw internal(`map: ${printed(item)} does not contain declared merge key: ${key}`)
}

const withoutItem = (list: List, item: JsonObject, key: string): List => {
  if (item.$patch === "merge") throw internal("merging lists cannot yet be specified in the patch")
  if (item.$patch !== "delete")
    throw internal(`unknown patch type: ${printed(item.$patch ?? null)} in map: ${printed(item)}`)
  const gone = keyOf(item, key)
  return list.filter((one) => own(asObject(one), key) !== gone)
}

const withItem = (list: List, item: JsonObject, key: string, shape: Shape): List => {
  const name = keyOf(item, key)
  const place = list.findIndex((one) => own(asObject(one), key) === name)
  if (place < 0) return [...list, item]
  return list.map((one, index) => (index === place ? mergeMaps(asObject(one), item, itemsOf(shape)) : one))
}

/** A list whose `$setElementOrder` is given. `undefined` when there is no such list. */
const mergeOrdered = (
  before: Json | undefined,
  patch: Json | undefined,
  wanted: List,
  shape: Shape
): Json | undefined => {
  const key = mergeKey(shape) ?? ""
  if (before === undefined && patch === undefined) return undefined
  const [left, right] = [listOf(before ?? []), listOf(patch ?? [])]
  checkOrder(right, wanted, key)
  const merged =
    patch === undefined
      ? left
      : before === undefined
        ? arrayOf(withoutDirectives(right))
        : mergeLists(left, right, shape)
  return sortedByOrder(merged, wanted, left, key)
}

const goTypes: { readonly [type: string]: string } = { string: "string", number: "int64", boolean: "bool" }

const listOf = (value: Json): List => {
  if (isArray(value)) return value
  const type = isObject(value) ? "map[string]interface {}" : goTypes[typeof value]
  throw internal(`expected a []interface {}, but received a ${type}`)
}

/** The items of a patch must come in the order that it asks for, and all be in it. */
const checkOrder = (patch: List, wanted: List, key: string): void => {
  if (patch.length === 0 || wanted.length === 0) return
  let next = 0
  const isOrdered = patch
    .filter((item) => !isDirective(asObject(item)))
    .every((item) => {
      const place = wanted.findIndex((one, index) => index >= next && nameOf(one, key) === nameOf(item, key))
      next = place + 1
      return place >= 0
    })
  if (isOrdered) return
  const [given, asked] = [printed(patch), printed(wanted)]
  throw internal(`The order in patch list:\n${given}\n doesn't match $setElementOrder list:\n${asked}\n`)
}

const nameOf = (item: Json, key: string): Json => (isObject(item) ? keyOf(item, key) : item)

/**
 * The items that a patch names in the order it names them. An item that it does not name stays before the next one that
 * came after it in the live list.
 */
const sortedByOrder = (items: List, wanted: List, live: List, key: string): List => {
  const placeIn = (list: List) => {
    const names = list.map((item) => nameOf(item, key))
    return (item: Json) => names.indexOf(nameOf(item, key))
  }
  const [rank, place] = [placeIn(wanted), placeIn(live)]
  const ours = items.filter((item) => rank(item) >= 0).toSorted((left, right) => rank(left) - rank(right))
  const others = items.filter((item) => rank(item) < 0).toSorted((left, right) => place(left) - place(right))
  const isEarlier = (left: Json, right: Json) => place(left) >= 0 && place(left) < place(right)
  const all: Array<Json> = []
  for (const item of ours) {
    while (others[0] !== undefined && isEarlier(others[0], item)) all.push(...others.splice(0, 1))
    all.push(item)
  }
  return [...all, ...others]
}
