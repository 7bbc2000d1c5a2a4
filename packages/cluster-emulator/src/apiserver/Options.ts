/**
 * Validates the options of create, update and patch requests. Validation comes before the object is decoded.
 */
import type { Cause } from "./Failure.ts"
import { badRequest, invalid } from "./Failure.ts"
import { quoted } from "./GoText.ts"
import type { Json } from "./Json.ts"
import type { ApiRequest, Verb } from "./Request.ts"

const kinds: { readonly [verb in Verb]?: string } = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions"
}

/** Rejects invalid options with 422 and one cause per error, and an invalid timeout with 400. */
export const check = ({ query, verb }: ApiRequest): void => {
  checkTimeout(query.timeout ?? "")
  const kind = kinds[verb]
  if (kind === undefined) return
  const causes = [
    ...managerCauses(query.fieldManager ?? ""),
    ...dryRunCauses(query.dryRun === undefined ? [] : [query.dryRun]),
    ...validationCauses(query.fieldValidation ?? "")
  ]
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", plural: "", kind }, "", causes)
}

/** Whether a boolean parameter is true: present, and neither `false` nor `0`. */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["false", "0"].includes(value.toLowerCase())

/** Parses a 64-bit integer parameter. Fails with 400. */
export const integerOf = (text: string): number => {
  const isWhole = /^[-+]?\d+$/u.test(text)
  const value = isWhole ? BigInt(text.replace("+", "")) : 0n
  if (isWhole && BigInt.asIntN(64, value) === value) return Number(value)
  throw badRequest(`strconv.ParseInt: parsing ${quoted(text)}: ${isWhole ? "value out of range" : "invalid syntax"}`)
}

const checkTimeout = (text: string): void => {
  const why = text === "" ? undefined : durationError(text)
  if (why !== undefined) throw badRequest(`invalid timeout specified in the request URL - time: ${why}`)
}

const units: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n
}

/** The error of Go's `time.ParseDuration` for text that is not a duration like `1h30m`, or is out of range. */
const durationError = (text: string): string | undefined => {
  const quotedText = quotedBytes(text)
  let remaining = text.replace(/^[-+]/u, "")
  if (remaining === "0") return undefined
  let total = 0n
  do {
    const [amount = "", integer = "", , unit = ""] = /^(\d*)(\.\d*)?([^.\d]*)/u.exec(remaining) ?? []
    if (!/^\.?\d/u.test(remaining)) return `invalid duration ${quotedText}`
    if (unit === "") return `missing unit in duration ${quotedText}`
    const size = units[unit]
    if (size === undefined) return `unknown unit ${quotedBytes(unit)} in duration ${quotedText}`
    total += BigInt(integer) * size
    remaining = remaining.slice(amount.length)
  } while (remaining !== "")
  return BigInt.asIntN(64, total) === total ? undefined : `invalid duration ${quotedText}`
}

/** Quotes text as Go's `time` package does: bytes outside of printable ASCII as `\x` escapes. */
const quotedBytes = (text: string): string => {
  const bytes = Buffer.from(text).toString("latin1").replaceAll(/["\\]/gu, "\\$&")
  return `"${bytes.replaceAll(/[^ -\x7f]/gu, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`
}

const FIELD_MANAGER_BYTES_MAX = 128

const managerCauses = (manager: string): ReadonlyArray<Cause> => {
  const field = "fieldManager"
  const size = Buffer.byteLength(manager)
  const message = `Too long: may not be more than ${FIELD_MANAGER_BYTES_MAX} bytes`
  const tooLong = size > FIELD_MANAGER_BYTES_MAX ? [{ reason: "FieldValueTooLong", field, message }] : []
  const unprintable = [...manager.matchAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu)].map(({ 0: character, index }) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
    const where = Buffer.byteLength(manager.slice(0, index))
    const why = `Invalid value: ${quoted(manager)}: invalid character U+${code} (at position ${where})`
    return { reason: "FieldValueInvalid", field, message: why }
  })
  return [...tooLong, ...unprintable]
}

export const dryRunCauses = (values: ReadonlyArray<Json>): ReadonlyArray<Cause> => {
  if (values.every((value) => value === "All")) return []
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  return [{ reason: "FieldValueNotSupported", field: "dryRun", message }]
}

const fieldValidations = ["", "Ignore", "Strict", "Warn"]

const validationCauses = (value: string): ReadonlyArray<Cause> => {
  if (fieldValidations.includes(value)) return []
  const supported = fieldValidations.map(quoted).join(", ")
  const message = `Unsupported value: ${quoted(value)}: supported values: ${supported}`
  return [{ reason: "FieldValueNotSupported", field: "fieldValidation", message }]
}
