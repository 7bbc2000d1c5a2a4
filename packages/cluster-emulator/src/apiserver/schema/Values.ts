/**
 * Value validations of a schema: type, bounds, pattern, format and enum.
 */
import type { Json } from "../Json.ts"
import { equal, isArray } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { invalid, NO_FIELD, notSupported, tooLong, tooMany, typeInvalid } from "./Causes.ts"
import * as Formats from "./Formats.ts"
import type { Structural } from "./Structural.ts"

/** The OpenAPI type of a value. Numbers without a fraction are integers. */
const typeOf = (value: Json): string => {
  if (value === null) return "null"
  if (isArray(value)) return "array"
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number"
  return typeof value
}

/** The format that kube-apiserver enforces; empty when there is none. */
export const enforcedFormat = ({ format, types }: Structural): string => {
  const only = types.length === 1 ? types[0] : ""
  if (only === "integer") return format === "int32" || format === "int64" ? format : ""
  if (only === "number") return format === "float" || format === "double" ? format : ""
  return (only === "string" || only === "") && Formats.isKnown(format) ? format : ""
}

/** Validates the type. For an invalid `null`, this is the only cause besides `enum`. */
export const checkType = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  const { nullable, types } = schema
  const found = typeOf(value)
  const expected = types.join(",")
  if (value === null) return types.length === 0 || nullable ? [] : [wrongType(path, expected, found)]
  const format = enforcedFormat(schema)
  if (types.length === 0 && format === "") return []
  const isNumeric = types.includes("integer") || types.includes("number")
  const fits = types.includes(found) || (found === "integer" && types.includes("number"))
  if (format !== "" && typeof value !== "string" && !isArray(value) && !fits) {
    return [wrongType(path, format, found === "integer" ? "int64" : found === "number" ? "float64" : "")]
  }
  if (!isNumeric && format !== "" && (typeof value === "string" || isArray(value))) return []
  return fits ? [] : [wrongType(path, expected, found)]
}

export const checkString = (text: string, { bounds, pattern }: Structural, path: string): ReadonlyArray<Cause> => {
  const length = [...text].length
  if (bounds.maxLength !== undefined && length > bounds.maxLength) return [tooLong(path, bounds.maxLength)]
  if (bounds.minLength !== undefined && length < bounds.minLength) {
    return [invalid(path, text, `${path} in body should be at least ${bounds.minLength} chars long`)]
  }
  if (pattern === undefined || pattern.regexp?.matcher(text).find() === true) return []
  return [invalid(path, text, `${path} in body should match '${pattern.text}'`)]
}

/** Validates the format of a string. */
export const checkFormat = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> => {
  const format = enforcedFormat(schema)
  if (typeof value !== "string" || Formats.matches(format, value) !== false) return []
  return [wrongType(path, format, value)]
}

export const checkNumber = (value: number, schema: Structural, path: string): ReadonlyArray<Cause> => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = schema.bounds
  const bound = (limit: number) => (Number.isInteger(value) ? `${limit}` : floatText(limit))
  const causes = [...checkInteger(value, schema, path)]
  const addCause = (detail: string) => causes.push(invalid(path, value, `${path} in body should be ${detail}`))
  if (multipleOf !== undefined && Number.isInteger(value) && Math.trunc(multipleOf) <= 0) {
    const why = `factor MultipleOf declared for ${path} must be positive: ${Math.trunc(multipleOf)}`
    causes.push(invalid(path, Math.trunc(multipleOf), why))
  } else if (multipleOf !== undefined && !isMultiple(value, multipleOf)) addCause(`a multiple of ${bound(multipleOf)}`)
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    addCause(`${exclusiveMinimum ? "greater than" : "greater than or equal to"} ${bound(minimum)}`)
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    addCause(`${exclusiveMaximum ? "less than" : "less than or equal to"} ${bound(maximum)}`)
  }
  return causes
}

export const checkSize = (size: number, schema: Structural, path: string, of: "items" | "properties") => {
  const { maxItems, maxProperties, minItems, minProperties } = schema.bounds
  const [min, max] = of === "items" ? [minItems, maxItems] : [minProperties, maxProperties]
  const causes: Array<Cause> = []
  if (min !== undefined && size < min) {
    causes.push(invalid(path, size, `${path} in body should have at least ${min} ${of}`))
  }
  if (max !== undefined && size > max) causes.push(tooMany(path, size, max))
  return causes
}

export const checkUnique = (items: ReadonlyArray<Json>, path: string): ReadonlyArray<Cause> =>
  items.some((item, index) => items.slice(0, index).some((before) => equal(before, item)))
    ? [invalid(path, "", `${path} in body shouldn't contain duplicates`)]
    : []

export const checkEnum = (value: Json, schema: Structural, path: string): ReadonlyArray<Cause> =>
  schema.enum.length === 0 || (value !== null && schema.enum.some((one) => equal(one, value)))
    ? []
    : [notSupported(path, value, schema.enum)]

const wrongType = (path: string, expected: string, found: string): Cause =>
  typeInvalid(path, found, `${path} in body must be of type ${expected}: ${JSON.stringify(found)}`)

const INT32_MAX = 2 ** 31 - 1

/** Validates that a number is an integer of the format. The cause has no field, only a path in its message. */
const checkInteger = (value: number, schema: Structural, path: string): ReadonlyArray<Cause> => {
  if (schema.types.length !== 1 || schema.types[0] !== "integer") return []
  const format = enforcedFormat(schema)
  const fits = Number.isInteger(value) && (format !== "int32" || (value <= INT32_MAX && value >= -INT32_MAX - 1))
  if (fits) return []
  const of = format === "" ? "(default format)" : `with format ${format}`
  return [invalid(NO_FIELD, "", `Checked value must be of type integer ${of} in ${path}`)]
}

/** Compares with a tolerance, because fractions do not divide exactly. */
const isMultiple = (value: number, factor: number): boolean => {
  const times = factor < 1 ? (1 / factor) * value : value / factor
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times))
}

/** A float as Go prints it: integers from a million on with an exponent. */
const floatText = (value: number): string => {
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -4 && exponent < 21 && !(exponent >= 6 && Number.isInteger(value))) return `${value}`
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2")
}
