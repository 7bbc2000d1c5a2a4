/** The printer columns of custom kinds. */
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, isSet, objectsOf, textOf } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import * as Age from "./Age.ts"
import type { Column } from "./Column.ts"
import { age, name } from "./Column.ts"
import * as JsonPath from "./JsonPath.ts"

/** The name, then `additionalPrinterColumns` of the version; the age when it declares none. */
export const of = ({ version }: ServedKind, definition: JsonObject): ReadonlyArray<Column> => {
  const versions = objectsOf(at(definition, "spec", "versions"))
  const declared = objectsOf(versions.find((one) => one.name === version)?.additionalPrinterColumns)
  return [name, ...(declared.length === 0 ? [{ ...age, type: "date" }] : declared.map(columnOf))]
}

const columnOf = (declared: JsonObject): Column => {
  const type = textOf(declared.type)
  const jsonPath = textOf(declared.jsonPath)
  const path = JsonPath.parse(jsonPath)
  return {
    name: textOf(declared.name),
    type,
    format: textOf(declared.format),
    description: textOf(declared.description) || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: typeof declared.priority === "number" ? declared.priority : 0,
    cell: (object, now) => {
      const [first] = path?.(object) ?? []
      return isSet(first) ? format(type, first, now) : undefined
    }
  }
}

/** Formats a value for the type of its column. A value of another type is an empty cell. */
const format = (type: string, value: Json, now: string): Json | undefined => {
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : undefined
    case "number":
      return typeof value === "number" ? value : undefined
    case "boolean":
      return typeof value === "boolean" ? value : undefined
    case "date":
      return typeof value === "string" ? Age.since(value, now) : undefined
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value)
  }
}
