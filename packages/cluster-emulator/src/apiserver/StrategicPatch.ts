/**
 * Strategic merge patch for built-in kinds: a merge patch in which some lists merge by a key (`patchMergeKey`).
 *
 * Supported directives: `$patch: replace | delete` in objects and list items, `$deleteFromPrimitiveList/<field>`,
 * `$setElementOrder/<field>` and `$retainKeys`.
 */
import { badRequest, internal } from "./Failure.ts"
import { printed } from "./GoJson.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, equal, isArray, isObject, own, without } from "./Json.ts"
import type { Shape } from "./Shape.ts"
import * as Shapes from "./Shape.ts"

/** Applies a strategic merge patch. Fails with 400 or 500 when a directive is invalid. */
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
  const remaining = new Map(Object.entries(without(patch, retainKeys)))
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(setElementOrder)) continue
    const field = directive.slice(setElementOrder.length)
    put(field, mergeOrdered(own(merged, field), own(patch, field), listOf(order), under(shape, field)))
    remaining.delete(directive)
    remaining.delete(field)
  }
  for (const [field, value] of remaining) {
    if (!field.startsWith(deleteFromPrimitiveList)) {
      put(field, mergeValues(own(merged, field), value, under(shape, field)))
      continue
    }
    const listField = field.slice(deleteFromPrimitiveList.length)
    put(listField, value === null ? undefined : withoutItems(own(merged, listField), arrayOf(value)))
  }
  return merged
}

/** The result of merging an object with a `$patch` directive. */
const applyDirective = (patch: JsonObject): JsonObject => {
  if (patch.$patch === "replace") return without(patch, "$patch")
  if (patch.$patch === "delete") return {}
  throw internal(`unknown patch type: ${printed(patch.$patch ?? null)} in map: ${printed(patch)}`)
}

/** The object with the fields in `$retainKeys` only. Fails when the patch sets other fields. */
const withRetainedKeys = (object: JsonObject, patch: JsonObject): JsonObject => {
  if (!(retainKeys in patch)) return object
  const fields = patch[retainKeys]
  const isNamed = (field: string) => arrayOf(fields).includes(field)
  const isExempt = ([field, value]: readonly [string, Json]) =>
    field === retainKeys ||
    value === null ||
    field.startsWith(setElementOrder) ||
    field.startsWith(deleteFromPrimitiveList)
  const isValid = Object.entries(patch).every((entry) => isExempt(entry) || isNamed(entry[0]))
  if (!isArray(fields) || !isValid) throw badRequest("invalid patch format of retainKeys")
  return Object.fromEntries(Object.entries(object).filter(([field]) => isNamed(field)))
}

const withoutItems = (before: Json | undefined, deleted: List): Json | undefined =>
  isArray(before) ? before.filter((item) => !deleted.some((one) => equal(one, item))) : before

const mergeValues = (before: Json | undefined, value: Json, shape: Shape): Json | undefined => {
  if (value === null) return undefined
  if (isObject(before) && isObject(value)) return mergeMaps(before, value, shape)
  return isArray(before) && isArray(value) ? mergeLists(before, value, shape) : withoutDirectives(value)
}

/** A value without a counterpart to merge with: its nulls and its objects with a `$patch` directive are dropped. */
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

/** `patchMergeKey` of a list; `""` for lists that merge by value; `undefined` for lists that are replaced. */
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
  const patchItems = items.filter((item) => !isDirective(item))
  if (isReplaced) return sortedByOrder(patchItems, [], patchItems, key)
  const live = items.filter(isDirective).reduce((list, item) => withoutItem(list, item, key), before)
  const merged = patchItems.reduce((list, item) => withItem(list, item, key, shape), live)
  return sortedByOrder(merged, patchItems, live, key)
}

const asObject = (item: Json): JsonObject => (isObject(item) ? item : {})

const isDirective = (item: JsonObject): boolean => "$patch" in item

/** Fails unless all items of a merging list are objects, or all are scalars. */
const checkItems = (before: List, patch: List, areScalars: boolean): void => {
  if ([...before, ...patch].every((item) => isObject(item) !== areScalars)) return
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
  const deleted = keyOf(item, key)
  return list.filter((one) => own(asObject(one), key) !== deleted)
}

const withItem = (list: List, item: JsonObject, key: string, shape: Shape): List => {
  const name = keyOf(item, key)
  const position = list.findIndex((one) => own(asObject(one), key) === name)
  if (position < 0) return [...list, item]
  return list.map((one, index) => (index === position ? mergeMaps(asObject(one), item, itemsOf(shape)) : one))
}

/** Merges a list with `$setElementOrder`; `undefined` when neither the object nor the patch has the list. */
const mergeOrdered = (
  before: Json | undefined,
  patch: Json | undefined,
  order: List,
  shape: Shape
): Json | undefined => {
  const key = mergeKey(shape) ?? ""
  if (before === undefined && patch === undefined) return undefined
  const [left, right] = [listOf(before ?? []), listOf(patch ?? [])]
  checkOrder(right, order, key)
  const merged =
    patch === undefined
      ? left
      : before === undefined
        ? arrayOf(withoutDirectives(right))
        : mergeLists(left, right, shape)
  return sortedByOrder(merged, order, left, key)
}

const goTypes: { readonly [type: string]: string } = { string: "string", number: "int64", boolean: "bool" }

const listOf = (value: Json): List => {
  if (isArray(value)) return value
  const type = isObject(value) ? "map[string]interface {}" : goTypes[typeof value]
  throw internal(`expected a []interface {}, but received a ${type}`)
}

/** Fails unless the items of the patch are in `$setElementOrder`, in the same order. */
const checkOrder = (patch: List, order: List, key: string): void => {
  if (patch.length === 0 || order.length === 0) return
  let next = 0
  const isOrdered = patch
    .filter((item) => !isDirective(asObject(item)))
    .every((item) => {
      const position = order.findIndex((one, index) => index >= next && nameOf(one, key) === nameOf(item, key))
      next = position + 1
      return position >= 0
    })
  if (isOrdered) return
  const [patchText, orderText] = [printed(patch), printed(order)]
  throw internal(`The order in patch list:\n${patchText}\n doesn't match $setElementOrder list:\n${orderText}\n`)
}

const nameOf = (item: Json, key: string): Json => (isObject(item) ? keyOf(item, key) : item)

/**
 * Sorts items by the given order. An item that is not in the order stays before the next item that follows it in the
 * live list.
 */
const sortedByOrder = (items: List, order: List, live: List, key: string): List => {
  const positionIn = (list: List) => {
    const names = list.map((item) => nameOf(item, key))
    return (item: Json) => names.indexOf(nameOf(item, key))
  }
  const [rank, position] = [positionIn(order), positionIn(live)]
  const orderedItems = items.filter((item) => rank(item) >= 0).toSorted((left, right) => rank(left) - rank(right))
  const others = items.filter((item) => rank(item) < 0).toSorted((left, right) => position(left) - position(right))
  const isEarlier = (left: Json, right: Json) => position(left) >= 0 && position(left) < position(right)
  const result: Array<Json> = []
  for (const item of orderedItems) {
    while (others[0] !== undefined && isEarlier(others[0], item)) result.push(...others.splice(0, 1))
    result.push(item)
  }
  return [...result, ...others]
}
