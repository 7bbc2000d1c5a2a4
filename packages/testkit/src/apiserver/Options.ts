/**
 * The parameters that every write takes. They are checked before anybody looks at the object.
 */
import type { Cause } from "./Failure.ts"
import { badRequest, invalid } from "./Failure.ts"
import type { Json } from "./Json.ts"
import type { ApiRequest, Verb } from "./Request.ts"

const kinds: { readonly [verb in Verb]?: string } = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions"
}

/** Refuses a write whose parameters are none: 422 with one cause per mistake. A timeout that is none is 400. */
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

/** Whether a parameter is on: there, and not `false` or `0`. */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["false", "0"].includes(value.toLowerCase())

/** A parameter that is a whole number. Fails with 400. */
export const integerOf = (text: string): number => {
  if (/^[-+]?\d+$/u.test(text)) return Number(text)
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
}

const duration = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/u

const checkTimeout = (text: string): void => {
  if (text === "" || duration.test(text)) return
  const why = /^[-+]?[\d.]*\d[\d.]*$/u.test(text) ? "missing unit in duration" : "invalid duration"
  throw badRequest(`invalid timeout specified in the request URL - time: ${why} ${JSON.stringify(text)}`)
}

/** What a field manager may be called at most. */
const FIELD_MANAGER_BYTES_MAX = 128

const managerCauses = (manager: string): ReadonlyArray<Cause> => {
  const field = "fieldManager"
  const size = Buffer.byteLength(manager)
  const message = `Too long: may not be more than ${FIELD_MANAGER_BYTES_MAX} bytes`
  const long = size > FIELD_MANAGER_BYTES_MAX ? [{ reason: "FieldValueTooLong", field, message }] : []
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(manager)
  if (odd === null) return long
  const code = (odd[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
  const where = Buffer.byteLength(manager.slice(0, odd.index))
  const why = `Invalid value: ${goQuoted(manager)}: invalid character U+${code} (at position ${where})`
  return [...long, { reason: "FieldValueInvalid", field, message: why }]
}

/** Quoted as Go quotes text, as far as control characters go. */
const goQuoted = (text: string): string =>
  JSON.stringify(text).replaceAll(/\\u00([0-9a-f]{2})/gu, (_, code: string) => goEscapes[code] ?? `\\x${code}`)

const goEscapes: { readonly [code: string]: string } = { "07": "\\a", "0b": "\\v" }

export const dryRunCauses = (values: ReadonlyArray<Json>): ReadonlyArray<Cause> => {
  if (values.every((value) => value === "All")) return []
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  return [{ reason: "FieldValueNotSupported", field: "dryRun", message }]
}

const validations = ["", "Ignore", "Strict", "Warn"]

const validationCauses = (value: string): ReadonlyArray<Cause> => {
  if (validations.includes(value)) return []
  const known = validations.map((one) => JSON.stringify(one)).join(", ")
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${known}`
  return [{ reason: "FieldValueNotSupported", field: "fieldValidation", message }]
}
