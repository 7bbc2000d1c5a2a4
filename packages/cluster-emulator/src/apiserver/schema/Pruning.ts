/**
 * Removing what a schema does not know.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject } from "../Json.ts"
import type { Structural } from "./Structural.ts"

export interface Pruned {
  readonly object: JsonObject
  /** Paths of what was removed, sorted. Identity of the root is removed silently, never named here. */
  readonly unknown: ReadonlyArray<string>
}

/** Prunes a whole resource: its `apiVersion`, `kind` and `metadata` are always known, and not looked into. */
export const prune = (object: JsonObject, schema: Structural): Pruned => {
  const unknown: Array<string> = []
  const pruned = pruneObject(object, { ...schema, embedded: true }, "", unknown)
  return { object: pruned, unknown: unknown.sort() }
}

const identity = new Set(["apiVersion", "kind", "metadata"])

const pruneValue = (value: Json, schema: Structural | undefined, path: string, unknown: Array<string>): Json => {
  if (isObject(value)) return pruneObject(value, schema, path, unknown)
  if (!isArray(value) || (schema?.preserve === true && schema.items === undefined)) return value
  const items = schema === undefined ? undefined : itemsOf(schema)
  const pruned = value.map((item, index) => pruneValue(item, items, `${path}[${index}]`, unknown))
  return pruned.every((item, index) => item === value[index]) ? value : pruned
}

const pruneObject = (
  object: JsonObject,
  schema: Structural | undefined,
  path: string,
  unknown: Array<string>
): JsonObject => {
  const kept: Record<string, Json> = {}
  let changed = false
  for (const [field, value] of Object.entries(object)) {
    const here = path === "" ? field : `${path}.${field}`
    const known = schema === undefined ? undefined : knownField(schema, field)
    if (known === undefined) {
      changed = true
      if (!identity.has(field) || path !== "") unknown.push(here)
      continue
    }
    const inner = known === "as it is" ? value : pruneValue(value, known.schema, here, unknown)
    if (inner !== value) changed = true
    kept[field] = inner
  }
  return changed ? kept : object
}

/** What a schema knows of a field: its own schema, that anything goes, or nothing. */
type Known = "as it is" | { readonly schema: Structural | undefined }

const knownField = (schema: Structural, field: string): Known | undefined => {
  if (schema.embedded && identity.has(field)) return "as it is"
  const property = schema.properties.get(field)
  if (property !== undefined) return { schema: property }
  if (schema.additional !== undefined) return { schema: schema.additional.values }
  return schema.preserve ? "as it is" : undefined
}

/** A list that keeps everything keeps everything of its items too. */
const itemsOf = (schema: Structural): Structural | undefined =>
  schema.preserve && schema.items !== undefined ? { ...schema.items, preserve: true } : schema.items
