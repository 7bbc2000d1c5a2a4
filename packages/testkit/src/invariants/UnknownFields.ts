/** INV-13: a status write keeps every field that it does not know. */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import type { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { KNOWN_FIELDS, statusOf } from "./StoredStatus.ts"

type JsonObject = ObjectMeta.JsonObject

export const unknownFieldsSurvive: Invariant = {
  name: "INV-13",
  statement: "Unknown fields survive.",
  needs: ["states"],
  check: (calls) => History.statusWrites(calls).flatMap(onWrite)
}

const onWrite = (call: Call): ReadonlyArray<Violation> => {
  if (call.before === undefined || call.after === undefined) return []
  const [before, after] = [statusOf(call.before), statusOf(call.after)]
  const [plan, nextPlan] = [Json.objectOf(before.plan), Json.objectOf(after.plan)]
  const changed = [
    ...outsideStatus(call.before, call.after),
    ...(call.verb === "patchStatus" ? outsidePatch(before, after, Object(call.sent)) : []),
    ...(plan.id === nextPlan.id
      ? [
          ...unknownChanges(plan, nextPlan, KNOWN_FIELDS.plan, "plan"),
          ...inItems(plan.tasks, nextPlan.tasks, "id", KNOWN_FIELDS.task)
        ]
      : []),
    ...inItems(before.conditions, after.conditions, "type", KNOWN_FIELDS.condition)
  ]
  return changed.map((field) => violation("INV-13", `${call.target}: a status write changed ${field}`, [call]))
}

/** Changed fields outside of `status` and of the metadata that the API server maintains. */
const outsideStatus = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject) => {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  const differs = (left: JsonObject[string] | undefined, right: JsonObject[string] | undefined) =>
    !Json.equal(left, right)
  return [
    ...[...fields].filter((name) => name !== "status" && name !== "metadata" && differs(before[name], after[name])),
    ...["labels", "annotations"].filter((name) => differs(before.metadata[name], after.metadata[name]))
  ]
}

/** Changed status fields that the patch does not name. */
const outsidePatch = (before: JsonObject, after: JsonObject, patch: object): ReadonlyArray<string> =>
  Object.keys(before)
    .filter((name) => Reflect.get(patch, name) === undefined && !Json.equal(before[name], after[name]))
    .map((name) => `status.${name}`)

const unknownChanges = (
  before: JsonObject,
  after: JsonObject,
  known: ReadonlySet<string>,
  path: string
): ReadonlyArray<string> =>
  Object.keys(before)
    .filter((name) => !known.has(name) && !Json.equal(before[name], after[name]))
    .map((name) => `${path}.${name}`)

/** Changed unknown fields of the list items that stay in the list, matched by the field `key`. */
const inItems = (
  before: JsonObject[string] | undefined,
  after: JsonObject[string] | undefined,
  key: string,
  known: ReadonlySet<string>
): ReadonlyArray<string> => {
  const items = Json.objectsOf(after)
  return Json.objectsOf(before).flatMap((item) => {
    const next = items.find((candidate) => candidate[key] === item[key])
    return next === undefined ? [] : unknownChanges(item, next, known, String(item[key]))
  })
}
