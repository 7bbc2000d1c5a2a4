/**
 * Correlates the parts of an object with their old values, for ratcheting (unchanged invalid values are accepted) and
 * for transition rules (`oldSelf`).
 */
import type { Json } from "../Json.ts"
import { equal, isArray, isObject, own } from "../Json.ts"
import type { Structural } from "./Structural.ts"
import { fieldOf } from "./Structural.ts"

/** A part of an object with its old value. */
export interface Correlation {
  readonly value: Json
  readonly old: Json
  readonly schema: Structural
}

export const isUnchanged = (correlation: Correlation | undefined): boolean =>
  correlation !== undefined && equal(correlation.value, correlation.old)

/** Correlates a field; `undefined` when the old object does not have it. */
export const atField = (correlation: Correlation | undefined, name: string): Correlation | undefined => {
  if (correlation === undefined || !isObject(correlation.value) || !isObject(correlation.old)) return undefined
  const schema = fieldOf(correlation.schema, name)
  const value = own(correlation.value, name)
  const old = own(correlation.old, name)
  return schema === undefined || value === undefined || old === undefined ? undefined : { schema, value, old }
}

/** Correlates a list item. Only items of `x-kubernetes-list-type: map` are correlatable. */
export const atItem = (correlation: Correlation | undefined, index: number): Correlation | undefined => {
  if (correlation === undefined || !isArray(correlation.value)) return undefined
  const schema = correlation.schema.items
  const value = correlation.value[index]
  const old = value === undefined ? undefined : oldItem(correlation.schema, correlation.old, value)
  return schema === undefined || value === undefined || old === undefined ? undefined : { schema, value, old }
}

/** The item of the old list with the same map keys. */
export const oldItem = (list: Structural, old: Json | undefined, item: Json): Json | undefined => {
  if (list.listType !== "map" || !isArray(old) || !isObject(item)) return undefined
  return old.find((one) => isObject(one) && list.listMapKeys.every((key) => equal(own(one, key), own(item, key))))
}
