/** INV-13: what others wrote into an object is theirs. */
import { Condition, MergePatch, ObjectMeta, TaskPlan } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

type Json = ObjectMeta.JsonObject

export const invariant: Invariant = {
  name: "INV-13",
  text: "Fields we do not know survive us.",
  needs: ["states"],
  check: (calls) => calls.filter(History.isWritten).flatMap(onWrite)
}

const PLAN = new Set(Object.keys(TaskPlan.TaskPlan.fields))
const TASK = new Set(Object.keys(TaskPlan.PlannedTask.fields))
const CONDITION = new Set(Object.keys(Condition.Condition.fields))

const onWrite = (call: Call): ReadonlyArray<Violation> => {
  if (call.before === undefined || call.after === undefined) return []
  const [before, after] = [History.statusOf(call.before), History.statusOf(call.after)]
  const [plan, next] = [objectOf(before.plan), objectOf(after.plan)]
  const lost = [
    ...besidesStatus(call.before, call.after),
    ...unnamed(before, after, Object(call.sent)),
    ...(plan.id === next.id
      ? [...unknown(plan, next, PLAN, "plan"), ...inList(plan.tasks, next.tasks, "id", TASK)]
      : []),
    ...inList(before.conditions, after.conditions, "type", CONDITION)
  ]
  return lost.map((what) => violation("INV-13", `${call.target}: a status write changed ${what}`, [call]))
}

/** Only `status` and what a server counts may differ. */
const besidesStatus = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject) => {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  const differs = (left: Json[string] | undefined, right: Json[string] | undefined) => !MergePatch.same(left, right)
  return [
    ...[...fields].filter((name) => name !== "status" && name !== "metadata" && differs(before[name], after[name])),
    ...["labels", "annotations"].filter((name) => differs(before.metadata[name], after.metadata[name]))
  ]
}

/** Fields of the status that the patch does not name. */
const unnamed = (before: Json, after: Json, patch: object): ReadonlyArray<string> =>
  Object.keys(before)
    .filter((name) => Reflect.get(patch, name) === undefined && !MergePatch.same(before[name], after[name]))
    .map((name) => `status.${name}`)

const unknown = (before: Json, after: Json, known: ReadonlySet<string>, where: string): ReadonlyArray<string> =>
  Object.keys(before)
    .filter((name) => !known.has(name) && !MergePatch.same(before[name], after[name]))
    .map((name) => `${where}.${name}`)

/** Unknown fields of the items of a list that stay in it. */
const inList = (
  before: Json[string] | undefined,
  after: Json[string] | undefined,
  by: string,
  known: ReadonlySet<string>
): ReadonlyArray<string> => {
  const later = objectsOf(after)
  return objectsOf(before).flatMap((item) => {
    const same = later.find((each) => each[by] === item[by])
    return same === undefined ? [] : unknown(item, same, known, String(item[by]))
  })
}

const objectOf = (value: Json[string] | undefined): Json => (ObjectMeta.isJsonObject(value) ? value : {})

const objectsOf = (value: Json[string] | undefined): ReadonlyArray<Json> =>
  Array.isArray(value) ? value.filter(ObjectMeta.isJsonObject) : []
