/** INV-4: a failed plan without a failed phase is rebuilt after a back-off that the object shows. */
import { Condition, MergePatch, Plan, Retry, type TaskPlan } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const failedPlanIsRetried: Invariant = {
  name: "INV-4",
  statement:
    "A plan without a `failedPhase` that fails leaves the phase as it was and is rebuilt, with a bounded, visible back-off.",
  needs: ["states", "plans"],
  check: (calls) => calls.filter(History.isStatusWrite).flatMap((call) => [...onFailure(call), ...onRebuild(call)])
}

const report = (call: Call, message: string): Violation => violation("INV-4", `${call.target}: ${message}`, [call])

const isRetried = (plan: TaskPlan.TaskPlan | undefined) =>
  plan?.phase === "Failed" && Plan.onFailure(plan)._tag === "Retry"

const onFailure = (call: Call): ReadonlyArray<Violation> => {
  const plan = History.planOf(call.after)
  if (!isRetried(plan) || History.planOf(call.before)?.phase !== "Active") return []
  const [before, after] = [History.statusOf(call.before), History.statusOf(call.after)]
  const degraded = Condition.find(after, "Degraded")
  return [
    ...(MergePatch.same(before.phase, after.phase)
      ? []
      : [
          report(call, `the phase changed from ${String(before.phase)} to ${String(after.phase)} when the plan failed`)
        ]),
    ...(degraded?.status === "True" && degraded.reason === "PlanRetrying"
      ? []
      : [report(call, "the plan failed and condition Degraded is not True with reason PlanRetrying")])
  ]
}

const onRebuild = (call: Call): ReadonlyArray<Violation> => {
  const [failed, next] = [History.planOf(call.before), History.planOf(call.after)]
  if (failed === undefined || next === undefined || !isRetried(failed) || !History.isPlanCreation(call)) return []
  const failedGeneration = Condition.find(History.statusOf(call.before), "Degraded")?.observedGeneration ?? 0
  const isEdited = (call.before?.metadata.generation ?? 0) > failedGeneration
  const isEarly = !isEdited && call.at < DateTime.toEpochMillis(Retry.planDue(failed))
  const isCounted = isEdited || (next.attempt ?? 0) === (failed.attempt ?? 0) + 1
  return [
    ...(isEarly ? [report(call, "a failed plan was rebuilt before its back-off was over")] : []),
    ...(isCounted ? [] : [report(call, "a rebuilt plan does not count the failed attempts before it")])
  ]
}
