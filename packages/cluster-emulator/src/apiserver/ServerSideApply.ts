/**
 * Server-side apply: a manager says all it wants, fields it no longer wants and owned alone go away, and fields that
 * others own are a conflict unless forced.
 */
import { applyConflict } from "./Failure.ts"
import * as FieldSet from "./FieldSet.ts"
import { compare, fieldsOf, merge, remove, withParents } from "./FieldWalk.ts"
import type { JsonObject } from "./Json.ts"
import { equal } from "./Json.ts"
import { apiVersionOf } from "./Kinds.ts"
import type { Entry, Writer } from "./ManagedFields.ts"
import { isSameManager, ownable } from "./ManagedFields.ts"
import type { Shape } from "./Shape.ts"
import * as Shapes from "./Shape.ts"

export interface ApplyResult {
  readonly object: JsonObject
  readonly entries: ReadonlyArray<Entry>
}

/** The same, ready to be stored. */
export interface AppliedObject extends ApplyResult {
  /** Something in it is stored that never shows. */
  readonly isNonCanonical: boolean
}

/**
 * Lays an applied configuration over a live object (an empty one, to create).
 *
 * Fails with 409 and one `FieldManagerConflict` cause per field when others own what would change, unless `force`.
 */
export const apply = (
  live: JsonObject,
  entries: ReadonlyArray<Entry>,
  config: JsonObject,
  writer: Writer,
  force: boolean
): ApplyResult => {
  const shape = Shapes.ofKind(writer.kind)
  const before = entries.find((entry) => isOfWriter(entry, writer))
  const applied = fieldsOf(config, shape)
  const wanted = ownable(applied, writer)
  const mine = entryOf(writer, wanted, before?.time ?? "")
  const managers = before === undefined ? [...entries, mine] : entries.map((entry) => (entry === before ? mine : entry))
  const merged = merge(live, config, shape)
  const object = prune(merged, managers, before?.fields ?? FieldSet.empty, applied, shape)
  return updateOwners(live, object, managers, mine, writer, force)
}

const isOfWriter = (entry: Entry, writer: Writer): boolean => isSameManager(entry, entryOf(writer, FieldSet.empty, ""))

const entryOf = ({ kind, manager, subresource }: Writer, fields: FieldSet.FieldSet, time: string): Entry => ({
  manager,
  operation: "Apply",
  apiVersion: apiVersionOf(kind),
  subresource,
  time,
  fields
})

/** Removes what this manager applied last time, does not apply now, and nobody else owns. Its name stays, unowned. */
const prune = (
  merged: JsonObject,
  managers: ReadonlyArray<Entry>,
  last: FieldSet.FieldSet,
  wanted: FieldSet.FieldSet,
  shape: Shape
): JsonObject => {
  if (FieldSet.isEmpty(FieldSet.difference(last, wanted))) return merged
  const parents = (fields: FieldSet.FieldSet) => withParents(fields, shape)
  const lastAll = parents(last)
  const all = parents(fieldsOf(merged, shape))
  const owned = managers.reduce((fields, entry) => FieldSet.union(fields, entry.fields), wanted)
  const without = remove(merged, lastAll, shape)
  const kept = FieldSet.union(parents(fieldsOf(without, shape)), parents(owned))
  const withOwned = remove(merged, FieldSet.difference(all, kept), shape)
  const pruned = parents(fieldsOf(withOwned, shape))
  return remove(merged, FieldSet.intersection(FieldSet.difference(all, pruned), lastAll), shape)
}

/** Takes what changed from the other managers, or refuses. */
const updateOwners = (
  live: JsonObject,
  object: JsonObject,
  managers: ReadonlyArray<Entry>,
  mine: Entry,
  writer: Writer,
  force: boolean
): ApplyResult => {
  if (equal(live, object)) return { object: live, entries: managers.filter((entry) => !FieldSet.isEmpty(entry.fields)) }
  const { added, changed, removed: gone } = compare(live, object, Shapes.ofKind(writer.kind))
  const written = ownable(FieldSet.union(changed, added), writer)
  const removed = ownable(gone, writer)
  const conflicts: Array<{ readonly manager: string; readonly field: string }> = []
  const converged = managers.flatMap((entry): ReadonlyArray<Entry> => {
    if (entry === mine) return FieldSet.isEmpty(mine.fields) ? [] : [{ ...mine, time: writer.now }]
    const contested = FieldSet.intersection(entry.fields, written)
    for (const field of FieldSet.paths(contested)) conflicts.push({ manager: managerText(entry), field })
    const fields = FieldSet.difference(FieldSet.difference(entry.fields, contested), removed)
    return FieldSet.isEmpty(fields) ? [] : [fields === entry.fields ? entry : { ...entry, fields }]
  })
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts)
  return { object, entries: converged }
}

/** An updater is named with the version it wrote in, as a real server names it in a conflict. */
const managerText = ({ apiVersion, manager, operation, subresource }: Entry): string => {
  const sub = subresource === "" ? "" : ` with subresource "${subresource}"`
  return operation === "Apply" ? `"${manager}"${sub}` : `"${manager}"${sub} using ${apiVersion}`
}
