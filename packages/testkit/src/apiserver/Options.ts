/**
 * The options that every write takes as query parameters; a wrong one refuses the request before anything is looked at.
 */
import type { Cause } from "./Failure.ts"
import { invalidOptions } from "./Failure.ts"
import type { ApiRequest } from "./Request.ts"

const names: { readonly [verb in ApiRequest["verb"]]?: string } = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions"
}

/** Fails with 422 when `dryRun`, `fieldManager` or `fieldValidation` of a write cannot be. */
export const check = ({ query, verb }: ApiRequest): void => {
  const name = names[verb]
  const cause = name === undefined ? undefined : firstOf(query)
  if (name !== undefined && cause !== undefined) throw invalidOptions(name, cause)
}

const firstOf = ({ dryRun = "", fieldManager = "", fieldValidation = "" }: ApiRequest["query"]): Cause | undefined =>
  dryRunCause(dryRun) ?? managerCause(fieldManager) ?? validationCause(fieldValidation)

const dryRunCause = (text: string): Cause | undefined =>
  text === "" || text === "All" ? undefined : notSupported("dryRun", JSON.stringify([text]), `"All"`)

const MANAGER_BYTES_MAX = 128

const managerCause = (text: string): Cause | undefined => {
  const field = "fieldManager"
  if (Buffer.byteLength(text) > MANAGER_BYTES_MAX) {
    return { reason: "FieldValueTooLong", field, message: `Too long: may not be more than ${MANAGER_BYTES_MAX} bytes` }
  }
  const position = [...text].findIndex((letter) => /\p{C}/u.test(letter))
  if (position < 0) return undefined
  const code = (text.codePointAt(position) ?? 0).toString(16).toUpperCase().padStart(4, "0")
  const why = `invalid character U+${code} (at position ${position})`
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${quoted(text)}: ${why}` }
}

/** As Go quotes text. */
const quoted = (text: string): string =>
  JSON.stringify(text)
    .replaceAll("\\u0007", "\\a")
    .replaceAll(/\\u00([01][0-9a-f])/gu, "\\x$1")

const validations = ["", "Ignore", "Strict", "Warn"]

const validationCause = (text: string): Cause | undefined =>
  validations.includes(text)
    ? undefined
    : notSupported("fieldValidation", JSON.stringify(text), validations.map((one) => JSON.stringify(one)).join(", "))

const notSupported = (field: string, value: string, supported: string): Cause => ({
  reason: "FieldValueNotSupported",
  field,
  message: `Unsupported value: ${value}: supported values: ${supported}`
})
