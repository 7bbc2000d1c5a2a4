/** A short name for content: equal when the content is, whatever the order of its fields. */
import { createHash } from "node:crypto"

/** The first 16 hex digits of the SHA-256 of the value as JSON with sorted fields; an absent field is as good as none. */
export const of = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex").slice(0, 16)

const sorted = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
    : value
