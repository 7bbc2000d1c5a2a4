/** Which plan a backup needs. Pure: the same backup needs the same. */
import { PlanBuilder, Reconciler, type TaskPlan } from "@portolan/planner"
import * as Result from "effect/Result"
import type { Backup } from "./Backup.ts"

const plan = (
  name: string,
  because: string,
  steps: ReadonlyArray<PlanBuilder.TaskTemplate>
): PlanBuilder.PlanTemplate => ({
  name,
  reason: because,
  tasks: steps,
  targetPhase: "Ready",
  onFailure: PlanBuilder.retry
})

/** The copy is published before there is one, so that nobody wonders whose half a copy it is. */
const copying = (copy: string) =>
  plan("copy", "a backup without a copy", [
    { type: "publish", params: { copy, isComplete: false } },
    { type: "dump", params: { copy }, maxRetries: 2 },
    { type: "verify", params: { copy } },
    { type: "publish", params: { copy, isComplete: true } }
  ])

const restoring = (copy: string, to: string) =>
  plan("restore", `a copy to restore to ${to}`, [
    { type: "restore", params: { copy, to } },
    { type: "remember", params: { restoredTo: to } }
  ])

/** Asked when no plan is active. */
export const decide = ({ place, spec, status = {} }: Backup) => {
  if (status.copy === undefined) return Result.succeed(Reconciler.createPlan(copying(place), "Copying"))
  return spec.restoreTo === undefined || spec.restoreTo === status.restoredTo
    ? Result.succeed(Reconciler.nothing)
    : Result.succeed(Reconciler.createPlan(restoring(place, spec.restoreTo), "Restoring"))
}

/** Asked while one is. Half a restored database is worse than a late one. */
export const supersede = ({ spec }: Backup, { tasks }: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const restore = tasks.find(({ type }) => type === "restore")
  return restore === undefined || Object(restore.params).to === spec.restoreTo
    ? Reconciler.keep
    : Reconciler.hold("a restore that has begun is finished first")
}
