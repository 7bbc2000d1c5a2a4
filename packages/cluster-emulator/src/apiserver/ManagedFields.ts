/**
 * `metadata.managedFields`: field ownership, updated on every write.
 *
 * A manager is identified by name, operation and subresource, and for updates also by API version. Changing a field
 * takes its ownership from all other managers; applying the same value shares the ownership.
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

/** The field manager of a request. */
export interface Writer {
  readonly kind: ServedKind
  readonly manager: string
  readonly subresource: "" | "status"
  readonly now: string
}

/** Decoded entries and their JSON, both ways. A write that does not change an entry keeps the same JSON object. */
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

/** The entries before an apply. The fields of an object without managers belong to `before-first-apply`. */
export const beforeApply = (object: JsonObject, writer: Writer): ReadonlyArray<Entry> => {
  const entries = decode(object)
  if (entries.length > 0) return entries
  return updated([], Defaults.empty(writer.kind), object, { ...writer, manager: "before-first-apply" })
}

/** Sets the managed fields of an object, in the order of kube-apiserver. */
export const encode = (object: JsonObject, entries: ReadonlyArray<Entry>): JsonObject => {
  const metadata = metadataOf(object)
  if (entries.length === 0) return { ...object, metadata: without(metadata, "managedFields") }
  return { ...object, metadata: { ...metadata, managedFields: entries.toSorted(compareEntries).map(entryJson) } }
}

/** Structural equality that ignores the times of managed fields entries. */
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
  const cached = cache.objects.get(entry)
  if (cached !== undefined) return cached
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

/**
 * Removes the fields that no manager owns: identity, server-set metadata, and fields that this endpoint does not write.
 */
export const ownable = (fields: FieldSet.FieldSet, { kind, subresource }: Writer): FieldSet.FieldSet => {
  const { "f:metadata": _, ...others } = without(fields, "f:apiVersion", "f:kind")
  const isPodStatus = subresource === "status" && kind.custom === undefined && kind.plural === "pods"
  const unowned = isPodStatus ? [...serverFields, "f:ownerReferences"] : serverFields
  const metadata = without(FieldSet.below(fields, "f:metadata"), ...unowned)
  const all = FieldSet.isEmpty(metadata) ? others : { ...others, "f:metadata": metadata }
  if (subresource === "status") {
    if (kind.custom === undefined) return without(all, "f:spec")
    const status = FieldSet.child(all, "f:status")
    return status === undefined ? FieldSet.empty : { "f:status": status }
  }
  return kind.hasStatus ? without(all, "f:status") : all
}

/** The entries after a create, update or patch. `before` is absent on create. */
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
  const changed = FieldSet.union(difference.changed, difference.added)
  const written = ownable(changed, writer)
  const removed = difference.removed
  if (FieldSet.isEmpty(written) && FieldSet.isEmpty(removed)) return entries
  const others = entries.flatMap((entry) => {
    const disowned = isOfWriter(entry, writer) ? removed : FieldSet.union(changed, removed)
    return withFields(entry, FieldSet.difference(entry.fields, disowned))
  })
  return FieldSet.isEmpty(written) ? others : withOwned(others, written, writer)
}

/** `managedFields` itself has no owner. */
const withoutManagedFields = (object: JsonObject): JsonObject => {
  const metadata = metadataOf(object)
  return "managedFields" in metadata ? { ...object, metadata: without(metadata, "managedFields") } : object
}

const isOfWriter = (entry: Entry, writer: Writer): boolean => isSameManager(entry, entryOf(writer, FieldSet.empty))

const withFields = (entry: Entry, fields: FieldSet.FieldSet): ReadonlyArray<Entry> => {
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

const withOwned = (entries: ReadonlyArray<Entry>, owned: FieldSet.FieldSet, writer: Writer): ReadonlyArray<Entry> => {
  const mine = entries.find((entry) => isOfWriter(entry, writer))
  if (mine === undefined) return capped([...entries, entryOf(writer, owned)], writer)
  return entries.map((entry) =>
    entry === mine ? { ...entry, time: writer.now, fields: FieldSet.union(entry.fields, owned) } : entry
  )
}

/** The number of update managers. The oldest entries beyond it are merged into `ancient-changes`. */
const UPDATERS_MAX = 10

const capped = (entries: ReadonlyArray<Entry>, writer: Writer): ReadonlyArray<Entry> => {
  const updaters = entries.filter((entry) => entry.operation === "Update").sort(compareEntries)
  if (updaters.length <= UPDATERS_MAX) return entries
  const oldest = updaters.slice(0, updaters.length - UPDATERS_MAX + 1)
  const fields = oldest.reduce((all, entry) => FieldSet.union(all, entry.fields), FieldSet.empty)
  const time = oldest.reduce((latest, entry) => (entry.time > latest ? entry.time : latest), "")
  const ancient = { ...entryOf(writer, fields), manager: "ancient-changes", time, subresource: "" }
  return [...entries.filter((entry) => !oldest.includes(entry)), ancient]
}

/**
 * The entries that an update starts from: those of the request, or else of the stored object.
 *
 * A request clears them with one empty entry, and for built-in kinds also with an empty list. Requests to a subresource
 * cannot set them.
 */
export const startingFrom = (
  incoming: JsonObject,
  current: JsonObject,
  { kind, subresource }: Writer
): ReadonlyArray<Entry> => {
  if (subresource !== "") return decode(current)
  const { managedFields } = metadataOf(incoming)
  const [first, ...others] = objectsOf(managedFields)
  const isEmptyList = isArray(managedFields) && first === undefined && kind.custom === undefined
  if (isEmptyList || (first !== undefined && FieldSet.isEmpty(first) && others.length === 0)) return []
  const entries = decode(incoming)
  return entries.length === 0 ? decode(current) : entries
}
