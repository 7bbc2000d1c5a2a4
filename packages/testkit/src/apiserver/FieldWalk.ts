/**
 * Walks over values and sets together: which fields a value has, how two values differ, what merging two values gives,
 * and a value without some fields. What `FieldTypes` calls one value is never looked into.
 */
import * as FieldSet from "./FieldSet.ts"
import type { FieldTypes, ListType, Path } from "./FieldTypes.ts"
import { elementOf } from "./FieldTypes.ts"
import type { Json, JsonObject } from "./Json.ts"
import { equal, isArray, isObject, isSet, none, own } from "./Json.ts"

/** The fields of a value: leaves, list items, and empty maps. */
export const fieldsOf = (value: JsonObject, types: FieldTypes): FieldSet.FieldSet => fieldsWithin(value, [], types)

const fieldsWithin = (value: JsonObject, path: Path, types: FieldTypes): FieldSet.FieldSet => {
  const fields: Record<string, Json> = {}
  for (const [field, inner] of Object.entries(value)) {
    const node = fieldNode(inner, [...path, field], types, inner === null || (isObject(inner) && isEmptyMap(inner)))
    if (node !== undefined) fields[`f:${field}`] = node
  }
  return fields
}

const isEmptyMap = (value: JsonObject): boolean => FieldSet.isEmpty(value)

const fieldNode = (value: Json, path: Path, types: FieldTypes, isMember: boolean): FieldSet.FieldSet | undefined => {
  if (isObject(value)) {
    return types.isAtomicMap(path) ? FieldSet.empty : FieldSet.node(isMember, fieldsWithin(value, path, types))
  }
  if (!isArray(value)) return FieldSet.empty
  const type = types.list(path)
  if (type.type === "atomic") return FieldSet.empty
  const items: Record<string, Json> = {}
  for (const item of value) {
    const element = elementOf(type, item)
    if (element === undefined) continue
    const inner = isObject(item) && !types.isAtomicMap(path) ? fieldsWithin(item, path, types) : FieldSet.empty
    items[element] = FieldSet.node(true, inner) ?? FieldSet.empty
  }
  return FieldSet.node(isMember, items)
}

/** How a value became another. */
export interface Comparison {
  readonly added: FieldSet.FieldSet
  readonly changed: FieldSet.FieldSet
  readonly removed: FieldSet.FieldSet
}

interface Difference {
  readonly added: Record<string, Json>
  readonly changed: Record<string, Json>
  readonly removed: Record<string, Json>
}

export const compare = (before: JsonObject, after: JsonObject, types: FieldTypes): Comparison =>
  compareMaps(before, after, [], types)

const newDifference = (): Difference => ({ added: {}, changed: {}, removed: {} })

const compareMaps = (
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  path: Path,
  types: FieldTypes
): Difference => {
  const difference = newDifference()
  for (const field of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    const left = before === undefined ? undefined : own(before, field)
    const right = after === undefined ? undefined : own(after, field)
    compareValues(difference, `f:${field}`, left, right, [...path, field], types)
  }
  return difference
}

const compareValues = (
  into: Difference,
  element: string,
  before: Json | undefined,
  after: Json | undefined,
  path: Path,
  types: FieldTypes
): void => {
  if (before === after) return
  const inner = compareInside(before, after, path, types)
  if (inner === undefined) {
    if (before === undefined) into.added[element] = FieldSet.empty
    else if (after === undefined) into.removed[element] = FieldSet.empty
    else if (!equal(before, after)) into.changed[element] = FieldSet.empty
    return
  }
  note(into.added, element, FieldSet.node(before === undefined, inner.added))
  note(into.changed, element, FieldSet.node(false, inner.changed))
  note(into.removed, element, FieldSet.node(after === undefined, inner.removed))
}

const note = (into: Record<string, Json>, element: string, node: FieldSet.FieldSet | undefined): void => {
  if (node !== undefined) into[element] = node
}

/** The difference below two values; `undefined` when they are leaves, or as good as leaves. */
const compareInside = (
  before: Json | undefined,
  after: Json | undefined,
  path: Path,
  types: FieldTypes
): Difference | undefined => {
  const some = before ?? after
  if (isObject(some) && isMapOr(before) && isMapOr(after)) {
    if (types.isAtomicMap(path) || (isNothing(before) && isNothing(after))) return undefined
    return compareMaps(isObject(before) ? before : undefined, isObject(after) ? after : undefined, path, types)
  }
  if (isArray(some) && isListOr(before) && isListOr(after)) {
    const type = types.list(path)
    if (type.type === "atomic" || (isNothing(before) && isNothing(after))) return undefined
    return compareLists(before ?? [], after ?? [], path, types, type)
  }
  return undefined
}

/** What is `null` is there, and as empty as what is not. */
const isMapOr = (value: Json | undefined): boolean => !isSet(value) || isObject(value)

const isListOr = (value: Json | undefined): value is ReadonlyArray<Json> | null | undefined =>
  !isSet(value) || isArray(value)

const isNothing = (value: Json | undefined): boolean =>
  !isSet(value) || (isArray(value) ? value.length === 0 : isObject(value) && isEmptyMap(value))

const compareLists = (
  before: ReadonlyArray<Json>,
  after: ReadonlyArray<Json>,
  path: Path,
  types: FieldTypes,
  type: ListType
): Difference => {
  const difference = newDifference()
  const left = byElement(before, type)
  const right = byElement(after, type)
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    compareValues(difference, element, left.get(element), right.get(element), path, types)
  }
  return difference
}

const byElement = (list: ReadonlyArray<Json>, type: ListType): Map<string, Json> =>
  new Map(
    list.flatMap((item): ReadonlyArray<[string, Json]> => {
      const element = elementOf(type, item)
      return element === undefined ? [] : [[element, item]]
    })
  )

/** What is there, with what is applied laid over it. */
export const merge = (live: JsonObject, applied: JsonObject, types: FieldTypes): JsonObject =>
  mergeMaps(live, applied, [], types)

const mergeMaps = (live: JsonObject, applied: JsonObject, path: Path, types: FieldTypes): JsonObject => {
  const merged: Record<string, Json> = { ...live }
  for (const [field, value] of Object.entries(applied)) {
    merged[field] = mergeValues(own(live, field), value, [...path, field], types)
  }
  return equal(merged, live) ? live : merged
}

const mergeValues = (live: Json | undefined, applied: Json, path: Path, types: FieldTypes): Json => {
  if (isObject(live) && isObject(applied) && !types.isAtomicMap(path)) return mergeMaps(live, applied, path, types)
  if (!isArray(live) || !isArray(applied)) return equal(live, applied) && live !== undefined ? live : applied
  const type = types.list(path)
  return type.type === "atomic" ? (equal(live, applied) ? live : applied) : mergeLists(live, applied, path, types, type)
}

/** Applied items keep their order; items that only the live list has stay before the item they stood before. */
const mergeLists = (
  live: ReadonlyArray<Json>,
  applied: ReadonlyArray<Json>,
  path: Path,
  types: FieldTypes,
  type: ListType
): Json => {
  const liveItems = byElement(live, type)
  const wanted = byElement(applied, type)
  const done = new Set<string>()
  const merged: Array<Json> = []
  let at = 0
  const takeLive = () => {
    for (; at < live.length; at++) {
      const item = live[at] ?? null
      const element = elementOf(type, item) ?? ""
      if (wanted.has(element)) {
        if (done.has(element)) continue
        return
      }
      merged.push(item)
    }
  }
  for (const [element, item] of wanted) {
    takeLive()
    merged.push(mergeValues(liveItems.get(element), item, path, types))
    done.add(element)
  }
  takeLive()
  return equal(merged, live) ? live : merged
}

/** The value without the fields of a set. Members go whole; of a map or list that loses everything, `null` stays. */
export const remove = (value: JsonObject, set: FieldSet.FieldSet, types: FieldTypes): JsonObject => {
  const kept = removeFrom(value, set, [], types)
  return isObject(kept) ? kept : none
}

const removeFrom = (value: Json, set: FieldSet.FieldSet, path: Path, types: FieldTypes): Json => {
  if (FieldSet.isEmpty(set)) return value
  if (isObject(value)) return types.isAtomicMap(path) ? value : removeFromMap(value, set, path, types)
  return isArray(value) ? removeFromList(value, set, path, types) : value
}

const removeFromMap = (value: JsonObject, set: FieldSet.FieldSet, path: Path, types: FieldTypes): Json => {
  const kept: Record<string, Json> = {}
  for (const [field, inner] of Object.entries(value)) {
    const element = `f:${field}`
    if (FieldSet.has(set, element)) continue
    kept[field] = removeFrom(inner, FieldSet.below(set, element), [...path, field], types)
  }
  return FieldSet.isEmpty(kept) ? null : kept
}

const removeFromList = (value: ReadonlyArray<Json>, set: FieldSet.FieldSet, path: Path, types: FieldTypes): Json => {
  const type = types.list(path)
  if (type.type === "atomic") return value
  const kept = value.flatMap((item) => {
    const element = elementOf(type, item)
    if (element === undefined) return [item]
    if (FieldSet.has(set, element)) return []
    return [removeFrom(item, FieldSet.below(set, element), path, types)]
  })
  return kept.length === 0 ? null : kept
}
