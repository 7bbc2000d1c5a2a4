/**
 * Where the old value of a part of an object is, so that what was wrong before and did not change is tolerated, and so
 * that rules can look back.
 */
import type { Json } from "../Json.ts"
import { equal, isArray, isObject, own } from "../Json.ts"
import type { Structural } from "./Structural.ts"
import { fieldOf } from "./Structural.ts"

/** A part of an object next to what it was. */
export interface Correlation {
  readonly value: Json
  readonly old: Json
  readonly schema: Structural
}

export const isUnchanged = (correlation: Correlation | undefined): boolean =>
  correlation !== undefined && equal(correlation.value, correlation.old)

/** A field of an object; `undefined` when it was not there before. */
export const atField = (correlation: Correlation | undefined, name: string): Correlation | undefined => {
  if (correlation === undefined || !isObject(correlation.value) || !isObject(correlation.old)) return undefined
  const schema = fieldOf(correlation.schema, name)
  const value = own(correlation.value, name)
  const old = own(correlation.old, name)
  return schema === undefined || value === undefined || old === undefined ? undefined : { schema, value, old }
}

/** An item of a list. Only items of lists that are maps are found again. */
export const atItem = (correlation: Correlation | undefined, index: number): Correlation | undefined => {
  if (correlation === undefined || !isArray(correlation.value)) return undefined
  const schema = correlation.schema.items
  const value = correlation.value[index]
  const old = value === undefined ? undefined : oldItem(correlation.schema, correlation.old, value)
  return schema === undefined || value === undefined || old === undefined ? undefined : { schema, value, old }
}

/** The item of an old list that has the keys of a new item. */
export const oldItem = (list: Structural, old: Json | undefined, item: Json): Json | undefined => {
  if (list.listType !== "map" || !isArray(old) || !isObject(item)) return undefined
  return old.find((one) => isObject(one) && list.listMapKeys.every((key) => equal(own(one, key), own(item, key))))
}
