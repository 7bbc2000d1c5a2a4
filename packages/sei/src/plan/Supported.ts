/**
 * What a spec may ask for and this version does not do yet. Such a node is refused and left as it is, with a plan that
 * another controller may have begun.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { mode, type SeiNode, snapshotSource } from "../kinds/SeiNode.ts"

/** Fails with the field that asks for too much. */
export const check = ({ spec }: SeiNode): Result.Result<void, Reconciler.PlanRefused> => {
  const chosen = mode(spec)
  if (chosen !== "fullNode") return refuse(`spec.${chosen}`, "this mode is not supported yet; only fullNode is")
  if (snapshotSource(spec) !== undefined) {
    return refuse(
      "spec.fullNode.snapshot",
      "snapshot sources are not supported yet; without one a node syncs from genesis"
    )
  }
  if (spec.dataVolume?.import !== undefined) {
    return refuse("spec.dataVolume.import", "imported volumes are not supported yet")
  }
  const looked = (spec.peers ?? []).findIndex((source) => source.static === undefined)
  if (looked >= 0) return refuse(`spec.peers[${looked}]`, "only static peers are supported yet")
  return Result.void
}

const refuse = (field: string, message: string) => Result.fail(new Reconciler.PlanRefused({ field, message }))
