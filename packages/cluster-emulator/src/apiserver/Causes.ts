/**
 * Constructors of `Status` causes for the validation of built-in kinds: the `field.Error` types of apimachinery.
 */
import type { Cause } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { canonical, objectOf } from "./Json.ts"

export const required = (field: string, detail = ""): Cause => ({
  reason: "FieldValueRequired",
  field,
  message: detail === "" ? "Required value" : `Required value: ${detail}`
})

export const invalid = (field: string, value: Json, why: string): Cause => invalidStruct(field, canonical(value), why)

/** An invalid value given as text, because Go prints the fields of a struct in declaration order. */
export const invalidStruct = (field: string, text: string, why: string): Cause => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${text}: ${why}`
})

export const forbidden = (field: string, why: string): Cause => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${why}`
})

/** A reference to a name that does not exist. */
export const notFound = (field: string, name: string): Cause => ({
  reason: "FieldValueNotFound",
  field,
  message: `Not found: ${JSON.stringify(name)}`
})

/** A value outside of an enum. */
export const unsupported = (field: string, value: string, supported: ReadonlyArray<string>): Cause => {
  const values = supported.map((one) => JSON.stringify(one)).join(", ")
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`
  return { reason: "FieldValueNotSupported", field, message }
}

export const specOf = (object: JsonObject): JsonObject => objectOf(object.spec)
