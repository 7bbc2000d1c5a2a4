/** One column of a table. */
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, textOf } from "../apiserver/Json.ts"
import * as Age from "./Age.ts"

export interface Column {
  readonly name: string
  /** `string` by default. */
  readonly type?: string
  readonly format?: string
  readonly description?: string
  /** Columns above 0 appear in wide output only. */
  readonly priority?: number
  /** The value of the cell at the time `now`; `undefined` is an empty cell. */
  readonly cell: (object: JsonObject, now: string) => Json | undefined
}

export const name: Column = {
  name: "Name",
  format: "name",
  description: "The name of the object, unique among its kind in its namespace.",
  cell: (object) => textOf(at(object, "metadata", "name"))
}

export const age: Column = {
  name: "Age",
  description: "How long ago the object was created.",
  cell: (object, now) => Age.since(textOf(at(object, "metadata", "creationTimestamp")), now)
}
