/**
 * The typed schema of a custom resource for server-side apply.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray } from "../Json.ts"
import type { ListType, MapShape, Shape } from "../Shape.ts"
import * as Shapes from "../Shape.ts"
import type { Structural } from "./Structural.ts"

/** The shape of a resource. `apiVersion`, `kind` and `metadata` are always declared. */
export const shapeOf = (schema: Structural): Shape => mapOf({ ...schema, embedded: true })

const valueShape = (schema: Structural): Shape => {
  if (schema.intOrString) return Shapes.scalar("any scalar")
  switch (schema.types[0]) {
    case "array":
      return {
        _tag: "List",
        list: listTypeOf(schema),
        items: schema.items === undefined ? Shapes.untyped : valueShape(schema.items)
      }
    case "boolean":
      return Shapes.scalar("boolean")
    case "integer":
    case "number":
      return Shapes.scalar("numeric")
    case "string":
      return Shapes.scalar("string")
    case "object":
      return mapOf(schema)
    default:
      return Shapes.untyped
  }
}

const mapOf = (schema: Structural): MapShape => {
  const shapes = new Map<string, Shape>(schema.embedded ? resourceFields : [])
  for (const [name, property] of schema.properties) if (!shapes.has(name)) shapes.set(name, valueShape(property))
  const map = { _tag: "Map", isAtomic: schema.isAtomicMap, named: (name: string) => shapes.get(name) } as const
  const { additional, preserve } = schema
  if (additional?.values !== undefined) return { ...map, others: valueShape(additional.values) }
  return additional === undefined && !preserve ? map : { ...map, others: Shapes.untyped }
}

const resourceFields: ReadonlyArray<readonly [string, Shape]> = [
  ["apiVersion", Shapes.scalar("string")],
  ["kind", Shapes.scalar("string")],
  ["metadata", Shapes.ofStruct("ObjectMeta")]
]

const listTypeOf = (schema: Structural): ListType => {
  switch (schema.listType) {
    case "set":
      return { type: "set" }
    case "map":
      return { type: "map", keys: schema.listMapKeys, ...keyDefaultsOf(schema) }
    default:
      return { type: "atomic" }
  }
}

const keyDefaultsOf = ({ items, listMapKeys }: Structural): { readonly keyDefaults?: JsonObject } => {
  const defaults: Record<string, Json> = {}
  for (const key of listMapKeys) {
    const value = items?.properties.get(key)?.default
    if (value !== undefined && !isArray(value)) defaults[key] = value
  }
  return Object.keys(defaults).length === 0 ? {} : { keyDefaults: defaults }
}
