/**
 * Operations of typed values, as in `structured-merge-diff`: the field set of a value, comparison, merge, and removal
 * of fields. Atomic values are treated as leaves.
 */
import * as FieldSet from "./FieldSet.ts"
import type { Json, JsonObject } from "./Json.ts"
import { equal, isArray, isObject, isSet, none, own } from "./Json.ts"
import type { ListShape, ListType, MapShape, Shape } from "./Shape.ts"
import * as Shapes from "./Shape.ts"

/** The field set of a value: leaves, list items, empty maps, and keys of maps that the schema does not declare. */
export const fieldsOf = (value: Json, shape: Shape): FieldSet.FieldSet => {
  const resolved = Shapes.at(shape, value)
  const children: Record<string, Json> = {}
  if (resolved._tag === "Map" && isObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const isMember = inner === null || isEmptyMap(inner) || resolved.named(name) === undefined
      const node = nodeOf(inner, Shapes.fieldOf(resolved, name), isMember)
      if (node !== undefined) children[`f:${name}`] = node
    }
  }
  if (resolved._tag === "List" && isArray(value)) {
    for (const item of value) {
      const element = Shapes.elementOf(resolved.list, item)
      if (element !== undefined) children[element] = nodeOf(item, resolved.items, true) ?? FieldSet.empty
    }
  }
  return children
}

const nodeOf = (value: Json, shape: Shape, isMember: boolean): FieldSet.FieldSet | undefined =>
  FieldSet.node(isMember || isLeaf(value, shape), isLeaf(value, shape) ? FieldSet.empty : fieldsOf(value, shape))

const isLeaf = (value: Json, shape: Shape): boolean => {
  const resolved = Shapes.at(shape, value)
  if (resolved._tag === "List") return resolved.list.type === "atomic"
  return resolved._tag === "Scalar" || resolved.isAtomic
}

const isEmptyMap = (value: Json): boolean => isObject(value) && FieldSet.isEmpty(value)

/** Adds the declared fields on the path to each member. */
export const withParents = (set: FieldSet.FieldSet, shape: Shape): FieldSet.FieldSet =>
  Object.fromEntries(
    FieldSet.elements(set).map((element): [string, Json] => {
      const name = element.slice(2)
      const map = shape._tag === "Map" && element.startsWith("f:") ? shape : undefined
      const below = map !== undefined ? Shapes.fieldOf(map, name) : shape._tag === "List" ? shape.items : Shapes.untyped
      const inner = withParents(FieldSet.below(set, element), below)
      const isMember = FieldSet.has(set, element) || map?.named(name) !== undefined
      return [element, FieldSet.node(isMember, inner) ?? FieldSet.empty]
    })
  )

/** The difference between two values, as field sets. */
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

export const compare = (before: JsonObject, after: JsonObject, shape: Shape): Comparison =>
  compareInside(before, after, shape) ?? newDifference()

const newDifference = (): Difference => ({ added: {}, changed: {}, removed: {} })

const compareValues = (
  into: Difference,
  element: string,
  before: Json | undefined,
  after: Json | undefined,
  shape: Shape
): void => {
  if (before === after) return
  const inner = compareInside(before, after, shape)
  if (inner === undefined) {
    if (before === undefined) into.added[element] = FieldSet.empty
    else if (after === undefined) into.removed[element] = FieldSet.empty
    else if (!equal(before, after)) into.changed[element] = FieldSet.empty
    return
  }
  setIfDefined(into.added, element, FieldSet.node(before === undefined, inner.added))
  setIfDefined(into.changed, element, FieldSet.node(changesForm(before, after), inner.changed))
  setIfDefined(into.removed, element, FieldSet.node(after === undefined, inner.removed))
}

const setIfDefined = (into: Record<string, Json>, element: string, node: FieldSet.FieldSet | undefined): void => {
  if (node !== undefined) into[element] = node
}

/** True when only one of the values is a map. `null` has the form of the other value. */
const changesForm = (before: Json | undefined, after: Json | undefined): boolean =>
  isSet(before) && isSet(after) && isObject(before) !== isObject(after)

/** The difference below two values; `undefined` when they are leaves or both empty. */
const compareInside = (before: Json | undefined, after: Json | undefined, shape: Shape): Difference | undefined => {
  const value = isObject(after) ? after : (before ?? after ?? null)
  const resolved = Shapes.at(shape, value)
  if (isLeaf(value, resolved)) return undefined
  const difference = newDifference()
  if (resolved._tag === "Map") {
    const left = mapOf(before)
    const right = mapOf(after)
    const names = new Set([...Object.keys(left), ...Object.keys(right)])
    for (const name of names) {
      compareValues(difference, `f:${name}`, own(left, name), own(right, name), Shapes.fieldOf(resolved, name))
    }
    return names.size === 0 ? undefined : difference
  }
  if (resolved._tag !== "List") return undefined
  const left = byElement(before, resolved.list)
  const right = byElement(after, resolved.list)
  const elements = new Set([...left.keys(), ...right.keys()])
  for (const element of elements) {
    compareValues(difference, element, left.get(element), right.get(element), resolved.items)
  }
  return elements.size === 0 ? undefined : difference
}

const mapOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : none)

const byElement = (list: Json | undefined, type: ListType): Map<string, Json> =>
  new Map(
    (isArray(list) ? list : []).flatMap((item): ReadonlyArray<[string, Json]> => {
      const element = Shapes.elementOf(type, item)
      return element === undefined ? [] : [[element, item]]
    })
  )

/** Merges the applied value into the live value. An applied `null` does not change a map or list that is not empty. */
export const merge = (live: JsonObject, applied: JsonObject, shape: Shape): JsonObject =>
  mapOf(mergeValues(live, applied, shape))

const mergeValues = (live: Json | undefined, applied: Json, shape: Shape): Json => {
  const resolved = Shapes.at(shape, applied)
  if (live === undefined || isLeaf(applied, resolved)) return equal(live, applied) ? (live ?? applied) : applied
  const areEmpty = isEmpty(live) && isEmpty(applied)
  if (areEmpty || resolved._tag === "Scalar") return applied
  return resolved._tag === "Map"
    ? mergeMaps(mapOf(live), mapOf(applied), resolved)
    : mergeLists(isArray(live) ? live : [], isArray(applied) ? applied : [], resolved)
}

const isEmpty = (value: Json): boolean => !(isObject(value) ? !isEmptyMap(value) : isArray(value) && value.length > 0)

const mergeMaps = (live: JsonObject, applied: JsonObject, shape: MapShape): JsonObject => {
  const merged: Record<string, Json> = { ...live }
  for (const [name, value] of Object.entries(applied)) {
    merged[name] = mergeValues(own(live, name), value, Shapes.fieldOf(shape, name))
  }
  return equal(merged, live) ? live : merged
}

/**
 * Merges two associative lists. Applied items keep their order, and so do items that only the live list has. Those are
 * inserted before the next item of both lists that they preceded.
 */
const mergeLists = (live: ReadonlyArray<Json>, applied: ReadonlyArray<Json>, { items, list }: ListShape): Json => {
  const nameOf = (item: Json) => Shapes.elementOf(list, item) ?? ""
  const liveItems = byElement(live, list)
  const appliedItems = byElement(applied, list)
  const shared = [...appliedItems.keys()].filter((element) => liveItems.has(element))
  const merged: Array<Json> = []
  let at = 0
  const takeLive = (next: string) => {
    for (; at < live.length; at++) {
      const item = live[at] ?? null
      const element = nameOf(item)
      if (!appliedItems.has(element)) merged.push(item)
      else if (element === shared[0] && element !== next) return
      else if (element === next || shared.length === 0) break
    }
    at += 1
  }
  for (const [element, item] of appliedItems) {
    takeLive(element)
    merged.push(mergeValues(liveItems.get(element), item, items))
    if (shared[0] === element) shared.shift()
  }
  merged.push(...live.slice(at).filter((item) => !appliedItems.has(nameOf(item))))
  return equal(merged, live) ? live : merged
}

/**
 * Removes the fields of a set. Members are removed with their content. A map or list that becomes empty becomes `null`.
 */
export const remove = (value: JsonObject, set: FieldSet.FieldSet, shape: Shape): JsonObject =>
  mapOf(removeFrom(value, set, shape))

const removeFrom = (value: Json, set: FieldSet.FieldSet, shape: Shape): Json => {
  const resolved = Shapes.at(shape, value)
  if (FieldSet.isEmpty(set) || isLeaf(value, resolved)) return value
  if (resolved._tag === "Map" && isObject(value)) return removeFromMap(value, set, resolved)
  return resolved._tag === "List" && isArray(value) ? removeFromList(value, set, resolved) : value
}

const removeFromMap = (value: JsonObject, set: FieldSet.FieldSet, shape: MapShape): Json => {
  const kept: Record<string, Json> = {}
  for (const [name, inner] of Object.entries(value)) {
    const element = `f:${name}`
    if (FieldSet.has(set, element)) continue
    kept[name] = removeFrom(inner, FieldSet.below(set, element), Shapes.fieldOf(shape, name))
  }
  return FieldSet.isEmpty(kept) ? null : kept
}

const removeFromList = (value: ReadonlyArray<Json>, set: FieldSet.FieldSet, { items, list }: ListShape): Json => {
  const kept = value.flatMap((item) => {
    const element = Shapes.elementOf(list, item)
    if (element === undefined) return [item]
    if (FieldSet.has(set, element)) return []
    return [removeFrom(item, FieldSet.below(set, element), items)]
  })
  return kept.length === 0 ? null : kept
}
