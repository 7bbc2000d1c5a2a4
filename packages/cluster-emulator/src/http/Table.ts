/** Tables: the default output of `kubectl get`. */
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { isArray, none, objectOf, objectsOf } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import * as BuiltInColumns from "./BuiltInColumns.ts"
import type { Column } from "./Column.ts"
import * as CustomColumns from "./CustomColumns.ts"
import type { Address } from "./Route.ts"

export interface TableOptions {
  /** What a row includes beside its cells: the object, its metadata, or nothing. */
  readonly includeObject: "Object" | "Metadata" | "None"
  /** The time that ages are relative to. */
  readonly now: string
}

export const optionsOf = ({ includeObject }: Address["query"], now: string): TableOptions => ({
  includeObject: includeObject === "Object" || includeObject === "None" ? includeObject : "Metadata",
  now
})

export const columnsOf = (kind: ServedKind): ReadonlyArray<Column> =>
  kind.custom === undefined ? BuiltInColumns.of(kind) : CustomColumns.of(kind, kind.custom.definition)

/** A table of one object or of a list. */
export const make = (kind: ServedKind, body: JsonObject, options: TableOptions): JsonObject =>
  withColumns(columnsOf(kind), body, options)

/** {@link make} with given columns. */
export const withColumns = (columns: ReadonlyArray<Column>, body: JsonObject, options: TableOptions): JsonObject => {
  const isList = isArray(body.items)
  const { continue: token, remainingItemCount, resourceVersion } = objectOf(body.metadata)
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: {
      ...(resourceVersion === undefined ? none : { resourceVersion }),
      ...(isList && token !== undefined ? { continue: token } : none),
      ...(isList && remainingItemCount !== undefined ? { remainingItemCount } : none)
    },
    columnDefinitions: columns.map(definitionOf),
    rows: (isList ? objectsOf(body.items) : [body]).map((object) => rowOf(columns, object, options))
  }
}

const definitionOf = ({ description = "", format = "", name, priority = 0, type = "string" }: Column): JsonObject => ({
  name,
  type,
  format,
  description,
  priority
})

const rowOf = (
  columns: ReadonlyArray<Column>,
  object: JsonObject,
  { includeObject, now }: TableOptions
): JsonObject => {
  const cells: ReadonlyArray<Json> = columns.map(({ cell }) => cell(object, now) ?? null)
  return includeObject === "None" ? { cells } : { cells, object: includedObject(object, includeObject) }
}

const includedObject = (object: JsonObject, include: "Object" | "Metadata"): JsonObject =>
  include === "Object"
    ? object
    : { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: objectOf(object.metadata) }
