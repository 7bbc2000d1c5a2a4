/**
 * Pruning: removes the fields that a structural schema does not specify.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject } from "../Json.ts"
import type { Structural } from "./Structural.ts"

export interface Pruned {
  readonly object: JsonObject
  /** Sorted paths of the pruned fields, without `apiVersion`, `kind` and `metadata` of the root. */
  readonly unknown: ReadonlyArray<string>
}

/** Prunes a resource. `apiVersion`, `kind` and `metadata` of the root are kept as they are. */
export const prune = (object: JsonObject, schema: Structural): Pruned => {
  const unknown: Array<string> = []
  const pruned = pruneObject(object, { ...schema, embedded: true }, "", unknown)
  return { object: pruned, unknown: unknown.sort() }
}

const resourceFields = new Set(["apiVersion", "kind", "metadata"])

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
    const fieldPath = path === "" ? field : `${path}.${field}`
    const fieldSchema = schema === undefined ? undefined : knownField(schema, field)
    if (fieldSchema === undefined) {
      changed = true
      if (!resourceFields.has(field) || path !== "") unknown.push(fieldPath)
      continue
    }
    const inner = fieldSchema === "keep" ? value : pruneValue(value, fieldSchema.schema, fieldPath, unknown)
    if (inner !== value) changed = true
    kept[field] = inner
  }
  return changed ? kept : object
}

/** A field that is kept: entirely, or pruned by a schema. */
type KnownField = "keep" | { readonly schema: Structural | undefined }

const knownField = (schema: Structural, field: string): KnownField | undefined => {
  if (schema.embedded && resourceFields.has(field)) return "keep"
  const property = schema.properties.get(field)
  if (property !== undefined) return { schema: property }
  if (schema.additional !== undefined) return { schema: schema.additional.values }
  return schema.preserve ? "keep" : undefined
}

/** `x-kubernetes-preserve-unknown-fields` of a list extends to its items. */
const itemsOf = (schema: Structural): Structural | undefined =>
  schema.preserve && schema.items !== undefined ? { ...schema.items, preserve: true } : schema.items
