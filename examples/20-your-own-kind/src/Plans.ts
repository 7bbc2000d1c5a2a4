/** Decides which plan a Backup needs. Pure: equal Backups get equal plans. */
import { PlanBuilder, Reconciler, type TaskPlan } from "@portolan/planner"
import * as Result from "effect/Result"
import type { Backup } from "./Backup.ts"

const template = (
  name: string,
  reason: string,
  tasks: ReadonlyArray<PlanBuilder.TaskTemplate>
): PlanBuilder.PlanTemplate => ({ name, reason, tasks, targetPhase: "Ready", onFailure: PlanBuilder.retry })

/** Publishes the location before the dump starts, so that the owner of an incomplete copy is known. */
const copyPlan = (copy: string) =>
  template("copy", "a backup without a copy", [
    { type: "publish", params: { copy, isComplete: false } },
    { type: "dump", params: { copy }, maxRetries: 2 },
    { type: "verify", params: { copy } },
    { type: "publish", params: { copy, isComplete: true } }
  ])

const restorePlan = (copy: string, to: string) =>
  template("restore", `a copy to restore to ${to}`, [
    { type: "restore", params: { copy, to } },
    { type: "record", params: { restoredTo: to } }
  ])

/** Called when no plan is active. */
export const decide = ({ location, spec, status = {} }: Backup) => {
  if (status.copy === undefined) return Result.succeed(Reconciler.createPlan(copyPlan(location), "Copying"))
  return spec.restoreTo === undefined || spec.restoreTo === status.restoredTo
    ? Result.succeed(Reconciler.nothing)
    : Result.succeed(Reconciler.createPlan(restorePlan(location, spec.restoreTo), "Restoring"))
}

/** Called while a plan is active. An edit never interrupts a restore, which would leave the database inconsistent. */
export const supersede = ({ spec }: Backup, { tasks }: TaskPlan.TaskPlan): Reconciler.Supersession => {
  const restore = tasks.find(({ type }) => type === "restore")
  return restore === undefined || Object(restore.params).to === spec.restoreTo
    ? Reconciler.keep
    : Reconciler.hold("a restore that has begun is finished first")
}
