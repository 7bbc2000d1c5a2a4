/**
 * Constructors of `Status` causes for the validation of custom resources and CustomResourceDefinitions.
 */
import type { Json } from "../Json.ts"
import { isArray, isObject } from "../Json.ts"

export interface Cause {
  readonly reason: string
  readonly field: string
  readonly message: string
}

/** The field of an error about the object as a whole: Go's text for a nil path. */
export const NO_FIELD = "<nil>"

export const required = (field: string, detail = ""): Cause => ({
  reason: "FieldValueRequired",
  field,
  message: detail === "" ? "Required value" : `Required value: ${detail}`
})

/** The message omits a `value` that is `undefined`. */
export const invalid = (field: string, value: Json | undefined, detail: string): Cause => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${value === undefined ? "" : `${shown(value)}: `}${detail}`
})

export const typeInvalid = (field: string, found: string, detail: string): Cause => ({
  reason: "FieldValueTypeInvalid",
  field,
  message: `Invalid value: ${shown(found)}: ${detail}`
})

export const notSupported = (field: string, value: Json, supported: ReadonlyArray<Json>): Cause => {
  const values = supported.map((one) => shown(typeof one === "string" ? one : JSON.stringify(one))).join(", ")
  return {
    reason: "FieldValueNotSupported",
    field,
    message: `Unsupported value: ${shown(value)}: supported values: ${values}`
  }
}

export const forbidden = (field: string, detail: string): Cause => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${detail}`
})

export const duplicate = (field: string, value: Json | undefined): Cause => ({
  reason: "FieldValueDuplicate",
  field,
  message: value === undefined ? "Duplicate value" : `Duplicate value: ${shown(value)}`
})

export const tooLong = (field: string, max: number): Cause => ({
  reason: "FieldValueTooLong",
  field,
  message: `Too long: may not be more than ${max} bytes`
})

export const tooMany = (field: string, found: number, max: number): Cause => ({
  reason: "FieldValueTooMany",
  field,
  message: `Too many: ${found}: must have at most ${max} items`
})

/** `spec` and `size` → `spec.size`. The path of the root is empty. */
export const child = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`)

/** A value in messages: JSON with sorted fields. */
const shown = (value: Json): string => {
  if (isArray(value)) return `[${value.map(shown).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value).sort()
  return `{${fields.map((field) => `${JSON.stringify(field)}:${shown(value[field] ?? null)}`).join(",")}}`
}
