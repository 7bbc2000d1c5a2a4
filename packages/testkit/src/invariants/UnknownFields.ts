/** INV-13: a status write keeps every field that it does not know. */
import { Condition, MergePatch, ObjectMeta, TaskPlan } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

type Json = ObjectMeta.JsonObject

export const unknownFieldsSurvive: Invariant = {
  name: "INV-13",
  statement: "Unknown fields survive.",
  needs: ["states"],
  check: (calls) => calls.filter(History.isStatusWrite).flatMap(onWrite)
}

const PLAN_FIELDS = new Set(Object.keys(TaskPlan.TaskPlan.fields))
const TASK_FIELDS = new Set(Object.keys(TaskPlan.PlannedTask.fields))
const CONDITION_FIELDS = new Set(Object.keys(Condition.Condition.fields))

const onWrite = (call: Call): ReadonlyArray<Violation> => {
  if (call.before === undefined || call.after === undefined) return []
  const [before, after] = [History.statusOf(call.before), History.statusOf(call.after)]
  const [plan, nextPlan] = [objectOf(before.plan), objectOf(after.plan)]
  const changed = [
    ...outsideStatus(call.before, call.after),
    ...outsidePatch(before, after, Object(call.sent)),
    ...(plan.id === nextPlan.id
      ? [
          ...unknownChanges(plan, nextPlan, PLAN_FIELDS, "plan"),
          ...inItems(plan.tasks, nextPlan.tasks, "id", TASK_FIELDS)
        ]
      : []),
    ...inItems(before.conditions, after.conditions, "type", CONDITION_FIELDS)
  ]
  return changed.map((field) => violation("INV-13", `${call.target}: a status write changed ${field}`, [call]))
}

/** Changed fields outside of `status` and of the metadata that the API server maintains. */
const outsideStatus = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject) => {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  const differs = (left: Json[string] | undefined, right: Json[string] | undefined) => !MergePatch.same(left, right)
  return [
    ...[...fields].filter((name) => name !== "status" && name !== "metadata" && differs(before[name], after[name])),
    ...["labels", "annotations"].filter((name) => differs(before.metadata[name], after.metadata[name]))
  ]
}

/** Changed status fields that the patch does not name. */
const outsidePatch = (before: Json, after: Json, patch: object): ReadonlyArray<string> =>
  Object.keys(before)
    .filter((name) => Reflect.get(patch, name) === undefined && !MergePatch.same(before[name], after[name]))
    .map((name) => `status.${name}`)

const unknownChanges = (before: Json, after: Json, known: ReadonlySet<string>, path: string): ReadonlyArray<string> =>
  Object.keys(before)
    .filter((name) => !known.has(name) && !MergePatch.same(before[name], after[name]))
    .map((name) => `${path}.${name}`)

/** Changed unknown fields of the list items that stay in the list, matched by the field `key`. */
const inItems = (
  before: Json[string] | undefined,
  after: Json[string] | undefined,
  key: string,
  known: ReadonlySet<string>
): ReadonlyArray<string> => {
  const items = objectsOf(after)
  return objectsOf(before).flatMap((item) => {
    const next = items.find((candidate) => candidate[key] === item[key])
    return next === undefined ? [] : unknownChanges(item, next, known, String(item[key]))
  })
}

const objectOf = (value: Json[string] | undefined): Json => (ObjectMeta.isJsonObject(value) ? value : {})

const objectsOf = (value: Json[string] | undefined): ReadonlyArray<Json> =>
  Array.isArray(value) ? value.filter(ObjectMeta.isJsonObject) : []
