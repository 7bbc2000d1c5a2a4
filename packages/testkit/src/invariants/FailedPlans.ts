/** INV-4: a plan without a failed phase that fails is built again, later and visibly. */
import { Condition, MergePatch, Plan, Retry } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import type { Invariant, Violation } from "./Invariant.ts"

export const invariant: Invariant = {
  name: "INV-4",
  text: "A plan with no `failedPhase` that fails leaves the phase as it was and is rebuilt, with a bounded, visible back-off.",
  needs: ["states", "plans"],
  check: (calls) => calls.filter(History.isWritten).flatMap((call) => [...onFailure(call), ...onRebuild(call)])
}

const violation = (call: Call, message: string): Violation => ({
  invariant: "INV-4",
  message: `${call.target}: ${message}`,
  calls: [call.index]
})

const isRetried = (plan: ReturnType<typeof History.planOf>) =>
  plan?.phase === "Failed" && Plan.onFailure(plan)._tag === "Retry"

const onFailure = (call: Call): ReadonlyArray<Violation> => {
  const plan = History.planOf(call.after)
  if (!isRetried(plan) || History.planOf(call.before)?.phase !== "Active") return []
  const [before, after] = [History.statusOf(call.before), History.statusOf(call.after)]
  const shown = Condition.find(after, "Degraded")
  return [
    ...(MergePatch.same(before.phase, after.phase)
      ? []
      : [violation(call, `the phase went from ${String(before.phase)} to ${String(after.phase)} with a failed plan`)]),
    ...(shown?.status === "True" && shown.reason === "PlanRetrying"
      ? []
      : [violation(call, "a plan failed and the object does not say that it is retried")])
  ]
}

const onRebuild = (call: Call): ReadonlyArray<Violation> => {
  const [failed, next] = [History.planOf(call.before), History.planOf(call.after)]
  if (failed === undefined || next === undefined || !isRetried(failed) || !History.isCreation(call)) return []
  const notified = Condition.find(History.statusOf(call.before), "Degraded")?.observedGeneration ?? 0
  const isEdited = (call.before?.metadata.generation ?? 0) > notified
  const isEarly = !isEdited && call.at < DateTime.toEpochMillis(Retry.planDue(failed))
  const counts = isEdited || (next.attempt ?? 0) === (failed.attempt ?? 0) + 1
  return [
    ...(isEarly ? [violation(call, "a failed plan was rebuilt before its back-off was over")] : []),
    ...(counts ? [] : [violation(call, "a rebuilt plan does not count the failures before it")])
  ]
}
