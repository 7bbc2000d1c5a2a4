/** A short hash of JSON content, for comparing a generated object with the one that was applied. */
import { createHash } from "node:crypto"

/** The first 16 hex digits of the SHA-256 of the value as JSON. The order of fields and absent fields do not count. */
export const of = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value, sortFields)).digest("hex").slice(0, 16)

const sortFields = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
    : value
