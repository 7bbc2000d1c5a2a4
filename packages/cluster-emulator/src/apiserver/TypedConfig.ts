/**
 * Checks an applied configuration against the typed schema of its kind. kube-apiserver does so before anything else.
 */
import { elementText } from "./FieldSet.ts"
import { printed } from "./GoJson.ts"
import type { Json, JsonObject } from "./Json.ts"
import { isArray, isObject } from "./Json.ts"
import type { ListShape, MapShape, Shape } from "./Shape.ts"
import * as Shapes from "./Shape.ts"

/** The errors in the words of `structured-merge-diff`; `undefined` when the configuration matches. */
export const typeError = (config: JsonObject, shape: Shape): string | undefined => {
  const errors = valueErrors(config, shape, "")
  return errors.length > 1 ? ["errors:", ...errors.map((one) => `  ${one}`)].join("\n") : errors[0]
}

type Errors = ReadonlyArray<string>

const valueErrors = (value: Json, shape: Shape, path: string): Errors => {
  if (value === null) return []
  const resolved = Shapes.at(shape, value)
  const expected = (type: string, found: string): Errors => [`${path}: expected ${type}, got ${found}`]
  switch (resolved._tag) {
    case "Map":
      return isObject(value) ? mapErrors(value, resolved, path) : expected("map", printedStruct(value))
    case "List":
      return isArray(value) ? listErrors(value, resolved, path) : expected("list", printedStruct(value))
    case "Scalar":
      switch (resolved.is) {
        case "string":
          return typeof value === "string"
            ? []
            : expected("string", `&value.valueUnstructured{Value:${literal(value)}}`)
        case "numeric":
          return typeof value === "number" ? [] : expected("numeric (int or float)", typeName(value))
        case "boolean":
          return typeof value === "boolean" ? [] : expected("boolean", printedStruct(value))
        case "any scalar":
          return typeof value === "object" ? expected("any scalar", printedStruct(value)) : []
      }
  }
}

const printedStruct = (value: Json): string => `&{${printed(value)}}`

const typeName = (value: Json): string =>
  isArray(value)
    ? "[]interface {}"
    : isObject(value)
      ? "map[string]interface {}"
      : typeof value === "boolean"
        ? "bool"
        : "string"

/** A value in Go syntax, as `%#v` prints it. */
const literal = (value: Json): string => {
  if (isArray(value)) return `${typeName(value)}{${value.map(literal).join(", ")}}`
  if (!isObject(value)) return value === null ? "interface {}(nil)" : JSON.stringify(value)
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${literal(inner)}`)
  return `${typeName(value)}{${fields.toSorted().join(", ")}}`
}

/** The errors of a map. An undeclared field ends the check of its map. */
const mapErrors = (map: JsonObject, shape: MapShape, path: string): Errors => {
  const errors: Array<string> = []
  for (const [name, value] of Object.entries(map)) {
    const fieldPath = `${path}.${name}`
    const field = shape.named(name) ?? shape.others
    if (field === undefined) return [...errors, `${fieldPath}: field not declared in schema`]
    errors.push(...valueErrors(value, field, fieldPath))
  }
  return errors
}

/** The errors of a list. An item that cannot be identified ends the check of its list. */
const listErrors = (list: ReadonlyArray<Json>, { items, list: type }: ListShape, path: string): Errors => {
  const errors: Array<string> = []
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    const error = type.type === "atomic" ? undefined : itemError(item, type.type === "map")
    if (error !== undefined) return [...errors, `${path}: element ${index}: ${error}`]
    const element = Shapes.elementOf(type, item)
    const name = element === undefined ? `[${index}]` : elementText(element)
    if (element !== undefined && seen.has(element)) errors.push(`${path}: duplicate entries for key ${name}`)
    seen.add(element ?? name)
    errors.push(...valueErrors(item, items, `${path}${name}`))
  }
  return errors
}

const itemError = (item: Json, isKeyed: boolean): string | undefined => {
  if (isKeyed) {
    if (isObject(item)) return undefined
    return `associative list with keys may not have ${item === null ? "a null element" : "non-map elements"}`
  }
  if (item === null) return "associative list without keys has an element that's an explicit null"
  if (isObject(item)) return "associative list without keys has an element that's a map type"
  return isArray(item) ? "not supporting associative list with lists as elements" : undefined
}
