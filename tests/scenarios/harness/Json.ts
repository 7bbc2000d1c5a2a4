/** Reads JSON of unknown shape in assertions. */
import { ObjectMeta } from "@portolan/planner"
import type * as Schema from "effect/Schema"

export type Json = ObjectMeta.JsonObject

/** The value when it is an object; otherwise an empty object, so that a path can be read in one expression. */
export const asObject = (value: Schema.Json | undefined): Json => (ObjectMeta.isJsonObject(value) ? value : {})

/** The objects of an array; empty when the value is no array. */
export const asObjects = (value: Schema.Json | undefined): ReadonlyArray<Json> =>
  Array.isArray(value) ? value.map((item: Schema.Json) => asObject(item)) : []

/** A value as it would arrive in a request body. */
export const asJson = (value: unknown): Json => asObject(JSON.parse(JSON.stringify(value ?? null)))
