/**
 * Server-side apply: merges the applied configuration, removes fields that the manager no longer applies and no other
 * manager owns, and fails with a conflict when it would change fields of other managers without `force`.
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

/** The result of an apply after decoding and defaulting. */
export interface AppliedObject extends ApplyResult {
  /** The stored encoding differs from what a read returns. */
  readonly isNonCanonical: boolean
}

/**
 * Applies a configuration to a live object, which is empty on create.
 *
 * Without `force`, fails with 409 and one `FieldManagerConflict` cause for each changed field of another manager.
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
  const mine = entryOf(writer, ownable(applied, writer), before?.time ?? "")
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

/** Removes the fields that this manager applied last, does not apply now, and no other manager owns. */
const prune = (
  merged: JsonObject,
  managers: ReadonlyArray<Entry>,
  last: FieldSet.FieldSet,
  applied: FieldSet.FieldSet,
  shape: Shape
): JsonObject => {
  if (FieldSet.isEmpty(FieldSet.difference(last, applied))) return merged
  const parents = (fields: FieldSet.FieldSet) => withParents(fields, shape)
  const lastAll = parents(last)
  const all = parents(fieldsOf(merged, shape))
  const owned = managers.reduce((fields, entry) => FieldSet.union(fields, entry.fields), applied)
  const without = remove(merged, lastAll, shape)
  const kept = FieldSet.union(parents(fieldsOf(without, shape)), parents(owned))
  const withOwned = remove(merged, FieldSet.difference(all, kept), shape)
  const pruned = parents(fieldsOf(withOwned, shape))
  return remove(merged, FieldSet.intersection(FieldSet.difference(all, pruned), lastAll), shape)
}

/** Moves ownership of the changed fields to the writer. Fails with a conflict when other managers own them. */
const updateOwners = (
  live: JsonObject,
  object: JsonObject,
  managers: ReadonlyArray<Entry>,
  mine: Entry,
  writer: Writer,
  force: boolean
): ApplyResult => {
  if (equal(live, object)) return { object: live, entries: managers.filter((entry) => !FieldSet.isEmpty(entry.fields)) }
  const difference = compare(live, object, Shapes.ofKind(writer.kind))
  const written = ownable(FieldSet.union(difference.changed, difference.added), writer)
  const removed = ownable(difference.removed, writer)
  const conflicts: Array<{ readonly manager: string; readonly field: string }> = []
  const entries = managers.flatMap((entry): ReadonlyArray<Entry> => {
    if (entry === mine) return FieldSet.isEmpty(mine.fields) ? [] : [{ ...mine, time: writer.now }]
    const conflicting = FieldSet.intersection(entry.fields, written)
    for (const field of FieldSet.paths(conflicting)) conflicts.push({ manager: managerText(entry), field })
    const fields = FieldSet.difference(FieldSet.difference(entry.fields, conflicting), removed)
    return FieldSet.isEmpty(fields) ? [] : [fields === entry.fields ? entry : { ...entry, fields }]
  })
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts)
  return { object, entries }
}

/** The manager as conflict messages name it: managers of updates with the API version of their entry. */
const managerText = ({ apiVersion, manager, operation, subresource }: Entry): string => {
  const sub = subresource === "" ? "" : ` with subresource "${subresource}"`
  return operation === "Apply" ? `"${manager}"${sub}` : `"${manager}"${sub} using ${apiVersion}`
}
