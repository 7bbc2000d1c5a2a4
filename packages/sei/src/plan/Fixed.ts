/**
 * What a node is once it is made: its chain, its mode and its volume. Admission lets an edit of them pass, because it always
 * has; a pod of the new kind on the data of the old one would be worse than none. Pure.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { mode } from "../kinds/SeiNode.ts"
import { claimName, labels } from "../resources/Identity.ts"
import { at, objects, owns, type Seen } from "./Seen.ts"

/** Fails with the field that says something else than the StatefulSet that exists. */
export const check = (seen: Seen): Result.Result<void, Reconciler.PlanRefused> => {
  const { node, statefulSet } = seen
  if (!owns(seen, statefulSet)) return Result.void
  const wanted = labels(node)
  const made = (label: string) => at(statefulSet.metadata.labels, label)
  const volumes = objects(at(statefulSet.spec, "template", "spec", "volumes"))
  const claim = at(
    volumes.find(({ name }) => name === "data"),
    "persistentVolumeClaim",
    "claimName"
  )
  const facts: ReadonlyArray<readonly [string, string, unknown, string]> = [
    ["spec.chainId", "chain", made("sei.io/chain"), wanted["sei.io/chain"] ?? ""],
    [`spec.${mode(node.spec)}`, "mode", made("sei.io/role"), wanted["sei.io/role"] ?? ""],
    ["spec.dataVolume", "volume", claim, claimName(node)]
  ]
  const changed = facts.find(([, , is, wants]) => typeof is === "string" && is !== wants)
  if (changed === undefined) return Result.void
  const [field, what, is, wants] = changed
  const message = `the ${what} of a node cannot change from ${is} to ${wants}; undo the edit, or make another node`
  return Result.fail(new Reconciler.PlanRefused({ field, message }))
}
