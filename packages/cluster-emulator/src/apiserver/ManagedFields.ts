/**
 * Who set which field: `metadata.managedFields`, kept for every write.
 *
 * A manager is known by name, operation and subresource (an updater also by the version it wrote in). Whoever changes a
 * field takes it from the others; whoever applies the same value shares it.
 */
import * as Defaults from "./Defaults.ts"
import * as FieldSet from "./FieldSet.ts"
import { compare } from "./FieldWalk.ts"
import type { JsonObject } from "./Json.ts"
import { equal, isArray, isObject, objectsOf, textOf, without } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { apiVersionOf } from "./Kinds.ts"
import { metadataOf } from "./Metadata.ts"
import * as Shapes from "./Shape.ts"

export interface Entry {
  readonly manager: string
  readonly operation: "Apply" | "Update"
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string
  readonly fields: FieldSet.FieldSet
}

/** Who writes now. */
export interface Writer {
  readonly kind: ServedKind
  readonly manager: string
  readonly subresource: "" | "status"
  readonly now: string
}

/** Entries and how they are written: one that a write does not touch stays the very same. */
const cache = { entries: new WeakMap<JsonObject, Entry>(), objects: new WeakMap<Entry, JsonObject>() }

const decode = (object: JsonObject): ReadonlyArray<Entry> =>
  objectsOf(metadataOf(object).managedFields).flatMap((entry) => cache.entries.get(entry) ?? read(entry) ?? [])

const read = ({ apiVersion, fieldsV1, manager, operation, subresource, time }: JsonObject): Entry | undefined => {
  if (operation !== "Apply" && operation !== "Update") return undefined
  return {
    manager: textOf(manager),
    operation,
    apiVersion: textOf(apiVersion),
    subresource: textOf(subresource),
    time: textOf(time),
    fields: isObject(fieldsV1) ? fieldsV1 : FieldSet.empty
  }
}

/** The entries that an apply meets: an object that nobody manages is owned by whoever was there before. */
export const beforeApply = (object: JsonObject, writer: Writer): ReadonlyArray<Entry> => {
  const entries = decode(object)
  if (entries.length > 0) return entries
  return updated([], Defaults.empty(writer.kind), object, { ...writer, manager: "before-first-apply" })
}

/** The object with these entries as its managed fields, in the order a real server gives them. */
export const encode = (object: JsonObject, entries: ReadonlyArray<Entry>): JsonObject => {
  const metadata = metadataOf(object)
  if (entries.length === 0) return { ...object, metadata: without(metadata, "managedFields") }
  return { ...object, metadata: { ...metadata, managedFields: entries.toSorted(compareEntries).map(entryJson) } }
}

/** Whether two objects differ in nothing but the times of their managers. */
export const equalIgnoringTimes = (left: JsonObject, right: JsonObject): boolean => {
  const entriesOf = (object: JsonObject) => objectsOf(metadataOf(object).managedFields)
  const [entries, others] = [entriesOf(left), entriesOf(right)]
  const isSame = (entry: JsonObject, other: JsonObject = {}) =>
    entry === other || equal(without(entry, "time"), without(other, "time"))
  return (
    entries.length === others.length &&
    entries.every((entry, index) => isSame(entry, others[index])) &&
    equal(withoutManagedFields(left), withoutManagedFields(right))
  )
}

const entryJson = (entry: Entry): JsonObject => {
  const known = cache.objects.get(entry)
  if (known !== undefined) return known
  const object = {
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === "" ? {} : { time: entry.time }),
    fieldsType: "FieldsV1",
    fieldsV1: entry.fields,
    ...(entry.subresource === "" ? {} : { subresource: entry.subresource })
  }
  cache.entries.set(object, entry)
  cache.objects.set(entry, object)
  return object
}

const compareEntries = (left: Entry, right: Entry): number =>
  compareText(left.operation, right.operation) ||
  compareText(left.time, right.time) ||
  compareText(left.manager, right.manager) ||
  compareText(left.apiVersion, right.apiVersion) ||
  compareText(left.subresource, right.subresource)

const compareText = (left: string, right: string): number => (left === right ? 0 : left < right ? -1 : 1)

export const isSameManager = (left: Entry, right: Entry): boolean =>
  left.manager === right.manager &&
  left.operation === right.operation &&
  left.subresource === right.subresource &&
  (left.operation === "Apply" || left.apiVersion === right.apiVersion)

const serverFields = [
  "f:name",
  "f:namespace",
  "f:creationTimestamp",
  "f:selfLink",
  "f:uid",
  "f:generation",
  "f:managedFields",
  "f:resourceVersion",
  "."
]

/** A set without what nobody owns: identity, bookkeeping, and what this endpoint does not write. */
export const ownable = (fields: FieldSet.FieldSet, { kind, subresource }: Writer): FieldSet.FieldSet => {
  const { "f:metadata": _, ...rest } = without(fields, "f:apiVersion", "f:kind")
  const isPodStatus = subresource === "status" && kind.custom === undefined && kind.plural === "pods"
  const unowned = isPodStatus ? [...serverFields, "f:ownerReferences"] : serverFields
  const metadata = without(FieldSet.below(fields, "f:metadata"), ...unowned)
  const all = FieldSet.isEmpty(metadata) ? rest : { ...rest, "f:metadata": metadata }
  if (subresource === "status") {
    if (kind.custom === undefined) return without(all, "f:spec")
    const status = FieldSet.child(all, "f:status")
    return status === undefined ? FieldSet.empty : { "f:status": status }
  }
  return kind.hasStatus ? without(all, "f:status") : all
}

/** The entries after a create, update or patch turned one object into another. `before` is absent on create. */
export const updated = (
  entries: ReadonlyArray<Entry>,
  before: JsonObject | undefined,
  after: JsonObject,
  writer: Writer
): ReadonlyArray<Entry> => {
  const difference = compare(
    withoutManagedFields(before ?? {}),
    withoutManagedFields(after),
    Shapes.ofKind(writer.kind)
  )
  const taken = ownable(FieldSet.union(difference.changed, difference.added), writer)
  const removed = difference.removed
  if (FieldSet.isEmpty(taken) && FieldSet.isEmpty(removed)) return entries
  const others = entries.flatMap((entry) => {
    const mine = isOfWriter(entry, writer)
    const lost = mine ? removed : FieldSet.union(FieldSet.union(difference.changed, difference.added), removed)
    return kept(entry, FieldSet.difference(entry.fields, lost))
  })
  return FieldSet.isEmpty(taken) ? others : withOwned(others, taken, writer)
}

/** Managed fields do not manage themselves. */
const withoutManagedFields = (object: JsonObject): JsonObject => {
  const metadata = metadataOf(object)
  return "managedFields" in metadata ? { ...object, metadata: without(metadata, "managedFields") } : object
}

const isOfWriter = (entry: Entry, writer: Writer): boolean => isSameManager(entry, entryOf(writer, FieldSet.empty))

const kept = (entry: Entry, fields: FieldSet.FieldSet): ReadonlyArray<Entry> => {
  if (fields === entry.fields) return [entry]
  return FieldSet.isEmpty(fields) ? [] : [{ ...entry, fields }]
}

const entryOf = ({ kind, manager, now, subresource }: Writer, fields: FieldSet.FieldSet): Entry => ({
  manager,
  operation: "Update",
  apiVersion: apiVersionOf(kind),
  subresource,
  time: now,
  fields
})

const withOwned = (entries: ReadonlyArray<Entry>, taken: FieldSet.FieldSet, writer: Writer): ReadonlyArray<Entry> => {
  const mine = entries.find((entry) => isOfWriter(entry, writer))
  if (mine === undefined) return capped([...entries, entryOf(writer, taken)], writer)
  return entries.map((entry) =>
    entry === mine ? { ...entry, time: writer.now, fields: FieldSet.union(entry.fields, taken) } : entry
  )
}

/** Updaters are remembered one by one up to this many; older ones become one manager. */
const UPDATERS_MAX = 10

const capped = (entries: ReadonlyArray<Entry>, writer: Writer): ReadonlyArray<Entry> => {
  const updaters = entries.filter((entry) => entry.operation === "Update").sort(compareEntries)
  if (updaters.length <= UPDATERS_MAX) return entries
  const old = updaters.slice(0, updaters.length - UPDATERS_MAX + 1)
  const fields = old.reduce((all, entry) => FieldSet.union(all, entry.fields), FieldSet.empty)
  const time = old.reduce((latest, entry) => (entry.time > latest ? entry.time : latest), "")
  const ancient = { ...entryOf(writer, fields), manager: "ancient-changes", time, subresource: "" }
  return [...entries.filter((entry) => !old.includes(entry)), ancient]
}

/**
 * The entries an update starts from: the object's own, unless the request brings others or clears them with one empty
 * entry. No entry clears them, too, but of a custom object nobody sees an empty list. A subresource cannot bring any.
 */
export const startingFrom = (
  incoming: JsonObject,
  current: JsonObject,
  { kind, subresource }: Writer
): ReadonlyArray<Entry> => {
  if (subresource !== "") return decode(current)
  const { managedFields } = metadataOf(incoming)
  const [first, ...more] = objectsOf(managedFields)
  const isNone = isArray(managedFields) && first === undefined && kind.custom === undefined
  if (isNone || (first !== undefined && FieldSet.isEmpty(first) && more.length === 0)) return []
  const entries = decode(incoming)
  return entries.length === 0 ? decode(current) : entries
}
