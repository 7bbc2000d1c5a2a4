/** Conditions by the Kubernetes API conventions: once set they stay, and `lastTransitionTime` moves only when `status` flips (INV-7). */
import * as DateTime from "effect/DateTime"
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"
import { isJsonObject, type JsonObject } from "./ObjectMeta.ts"

export const Condition = Schema.Struct({
  type: Schema.String,
  status: Schema.Literals(["True", "False", "Unknown"]),
  reason: Schema.String,
  message: Schema.String,
  lastTransitionTime: Schema.String,
  observedGeneration: Schema.optionalKey(Schema.Int)
})
export type Condition = typeof Condition.Type

/** A new value of one condition; {@link set} adds transition time and generation. */
export const ConditionUpdate = Schema.Struct({
  type: Condition.fields.type,
  status: Condition.fields.status,
  reason: Condition.fields.reason,
  message: Condition.fields.message
})
export type ConditionUpdate = typeof ConditionUpdate.Type

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (at: DateTime.Utc): string => `${DateTime.formatIso(at).slice(0, 19)}Z`

const isCondition = Schema.is(Condition)
/** A pass reads the same list once per condition. Lists are immutable, so the result is memoized by identity. */
const readable = memoize((list: ReadonlyArray<unknown>): ReadonlyArray<Condition> => list.filter(isCondition))

/** The conditions of a status that decode. */
export const all = (status: JsonObject): ReadonlyArray<Condition> =>
  Array.isArray(status.conditions) ? readable(status.conditions) : []

export const find = (status: JsonObject, type: string): Condition | undefined =>
  all(status).find((condition) => condition.type === type)

/** True when the status carries the condition with status `True`. */
export const isTrue = (status: JsonObject, type: string): boolean => find(status, type)?.status === "True"

/**
 * The status with conditions updated. Existing conditions keep their order and new ones go last. `lastTransitionTime` moves
 * only when `status` flips, and an update that changes nothing leaves its condition as it is. Conditions that do not
 * decode stay too (INV-13).
 */
export const set = (
  status: JsonObject,
  updates: ReadonlyArray<ConditionUpdate>,
  now: DateTime.Utc,
  generation: number
): JsonObject => {
  const conditions: Array<Schema.Json> = Array.isArray(status.conditions) ? [...status.conditions] : []
  for (const update of updates) {
    const at = conditions.findIndex((each: Schema.Json) => isJsonObject(each) && each.type === update.type)
    const old = isJsonObject(conditions[at]) ? conditions[at] : {}
    const isSame = isCondition(old) && old.status === update.status
    const lastTransitionTime = isSame ? old.lastTransitionTime : timestamp(now)
    const next = { ...old, ...update, observedGeneration: generation, lastTransitionTime }
    conditions.splice(at === -1 ? conditions.length : at, 1, next)
  }
  return conditions.length === 0 ? status : { ...status, conditions }
}
