/** The state of a SeiNode's bootstrap Job. Pure. */
import { at, objects } from "../../shared/Unstructured.ts"
import { type Observation, owns } from "./Observation.ts"

export type BootstrapState =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Active" }
  | { readonly _tag: "Complete" }
  | { readonly _tag: "Failed"; readonly message: string }

/** A Job of that name with another owner counts as absent. */
export const of = (observation: Observation): BootstrapState => {
  const { bootstrapJob } = observation
  if (!owns(observation, bootstrapJob)) return { _tag: "Absent" }
  const conditions = objects(at(bootstrapJob.status, "conditions"))
  const trueCondition = (type: string) =>
    conditions.find((condition) => condition.type === type && condition.status === "True")
  if (trueCondition("Complete") !== undefined) return { _tag: "Complete" }
  const failed = trueCondition("Failed")
  return failed === undefined ? { _tag: "Active" } : { _tag: "Failed", message: String(failed.message ?? "") }
}
