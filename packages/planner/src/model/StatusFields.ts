/** The fields of `.status` that a pass writes, for the schema of a kind: the API server prunes fields that a schema lacks. */
import * as Schema from "effect/Schema"
import * as Condition from "./Condition.ts"
import * as CustomKind from "./CustomKind.ts"
import * as TaskPlan from "./TaskPlan.ts"
import * as Wait from "./Wait.ts"

/** Parameters of a task are any JSON. */
const StoredTask = TaskPlan.PlannedTask.mapFields((fields) => ({
  ...fields,
  params: Schema.optionalKey(CustomKind.extend(Schema.Json, { "x-kubernetes-preserve-unknown-fields": true }))
}))

export const conditions = Schema.optionalKey(
  CustomKind.extend(Schema.Array(Condition.Condition), {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"]
  })
)

export const plan = Schema.optionalKey(
  TaskPlan.TaskPlan.mapFields((fields) => ({ ...fields, tasks: Schema.Array(StoredTask) }))
)

export const waiting = Schema.optionalKey(Wait.Wait)

/** All of them but `phase`, whose values are the kind's own; `Terminating` must be one of them. */
export const all = { conditions, plan, waiting }
