/** What an object waits for, as it is stored in `.status.waiting` (INV-12). */
import * as Schema from "effect/Schema"
import type { JsonObject } from "./ObjectMeta.ts"

export const Wait = Schema.Struct({
  /** The same words as long as it is the same wait. */
  for: Schema.String,
  /** What was last heard about it: an error, what a kubelet says. */
  detail: Schema.optionalKey(Schema.String),
  since: Schema.String,
  /** When it should be over. Later than that the object says so in its condition `Degraded`, and waits on. */
  until: Schema.String
})
export type Wait = typeof Wait.Type

const isWait = Schema.is(Wait)

/** The wait in a status; `undefined` when there is none or it cannot be read. */
export const find = ({ waiting }: JsonObject): Wait | undefined => (isWait(waiting) ? waiting : undefined)
