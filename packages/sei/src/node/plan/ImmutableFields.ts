/**
 * What a node is once it is made: its chain, its mode and its volume. Admission lets an edit of them pass, because it always
 * has; a pod of the new kind on the data of the old one would be worse than none. Pure.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { mode } from "../kinds/SeiNode.ts"
import { claimName, labels } from "../resources/Identity.ts"
import { at, isRunning, type Observation, objects, owns, statusOf } from "./Observation.ts"
import * as TaskTemplates from "./TaskTemplates.ts"

/**
 * Fails with the field that says something else than the StatefulSet that exists; where there is none and data is there, than
 * the node's own claim, which was made with it.
 */
export const check = (observation: Observation): Result.Result<void, Reconciler.PlanRejected> => {
  const { node } = observation
  const { plan } = node.status
  const hasData = isRunning(statusOf(node)) || (plan !== undefined && TaskTemplates.dataMadeBy(plan) !== undefined)
  const claimed = hasData && owns(observation, observation.ownPvc) ? observation.ownPvc : undefined
  const exists = owns(observation, observation.statefulSet) ? observation.statefulSet : claimed
  if (exists === undefined) return Result.void
  const wanted = labels(node)
  const made = (label: string) => at(exists.metadata.labels, label)
  const volumes = objects(at(exists.spec, "template", "spec", "volumes"))
  const mounted = volumes.find(({ name }) => name === "data")
  const claim = at(mounted, "persistentVolumeClaim", "claimName") ?? claimed?.metadata.name
  const facts: ReadonlyArray<readonly [string, string, unknown, string]> = [
    ["spec.chainId", "chain", made("sei.io/chain"), wanted["sei.io/chain"] ?? ""],
    [`spec.${mode(node.spec)}`, "mode", made("sei.io/role"), wanted["sei.io/role"] ?? ""],
    ["spec.dataVolume", "volume", claim, claimName(node)]
  ]
  const changed = facts.find(([, , is, wants]) => typeof is === "string" && is !== wants)
  if (changed === undefined) return Result.void
  const [field, what, is, wants] = changed
  const message = `the ${what} of a node cannot change from ${is} to ${wants}; undo the edit, or make another node`
  return Result.fail(new Reconciler.PlanRejected({ field, message }))
}
