/**
 * The causes that rules of built-in kinds give, in a real server's words.
 */
import type { Cause } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { canonical, objectOf } from "./Json.ts"

export const required = (field: string, more = ""): Cause => ({
  reason: "FieldValueRequired",
  field,
  message: more === "" ? "Required value" : `Required value: ${more}`
})

export const invalid = (field: string, value: Json, why: string): Cause => invalidStruct(field, canonical(value), why)

/** A value that is told as the text of a Go struct, whose fields have an order. */
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

/** A name of something that is not there. */
export const notFound = (field: string, name: string): Cause => ({
  reason: "FieldValueNotFound",
  field,
  message: `Not found: ${JSON.stringify(name)}`
})

/** A value that is none of those that there are, which are told in their order. */
export const unsupported = (field: string, value: string, known: ReadonlyArray<string>): Cause => {
  const values = known.map((one) => JSON.stringify(one)).join(", ")
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`
  return { reason: "FieldValueNotSupported", field, message }
}

/** What is wanted. */
export const specOf = (object: JsonObject): JsonObject => objectOf(object.spec)
