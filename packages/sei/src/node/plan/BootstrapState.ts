/** How a node's bootstrap Job stands. Pure. */
import { at, type Observation, objects, owns } from "./Observation.ts"

export type BootstrapState =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Active" }
  | { readonly _tag: "Complete" }
  | { readonly _tag: "Failed"; readonly message: string }

/** A Job of that name that is not the node's counts as none. */
export const of = (observation: Observation): BootstrapState => {
  const { bootstrapJob } = observation
  if (!owns(observation, bootstrapJob)) return { _tag: "Absent" }
  const condition = (type: string) =>
    objects(at(bootstrapJob.status, "conditions")).find((each) => each.type === type && each.status === "True")
  if (condition("Complete") !== undefined) return { _tag: "Complete" }
  const failed = condition("Failed")
  return failed === undefined ? { _tag: "Active" } : { _tag: "Failed", message: String(failed.message ?? "") }
}
