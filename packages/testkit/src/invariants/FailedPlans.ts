/** INV-4: a failed plan without a failed phase is rebuilt after a back-off that the object shows. */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { conditionOf, isRetried, type Plan, planOf, statusOf } from "./StoredStatus.ts"

export const failedPlanIsRetried: Invariant = {
  name: "INV-4",
  statement:
    "A plan without a `failedPhase` that fails leaves the phase as it was and is rebuilt, with a bounded, visible back-off.",
  needs: ["states", "plans", "failedPlans"],
  check: (calls) =>
    History.statusWrites(calls).flatMap((call) => [...onFailure(call), ...whileFailed(call), ...onRebuild(call)])
}

const FIRST_BACK_OFF_MS = 5_000
const LONGEST_BACK_OFF_MS = 300_000

/**
 * When a failed plan may be built again: 5 s after its failure, doubled for each failure before it, at most 5 min. A plan
 * without the time of its failure may be built again at once.
 */
const nextAttemptAt = ({ attempt = 0, failedAt }: Plan): number =>
  failedAt === undefined || Number.isNaN(Date.parse(failedAt))
    ? 0
    : Date.parse(failedAt) + Math.min(FIRST_BACK_OFF_MS * 2 ** attempt, LONGEST_BACK_OFF_MS)

const report = (call: Call, message: string): Violation => violation("INV-4", `${call.target}: ${message}`, [call])

/** `2026-01-01T00:00:05Z`, as a condition's message shows a time. */
const shown = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

const onFailure = (call: Call): ReadonlyArray<Violation> => {
  const plan = planOf(call.after)
  if (!isRetried(plan) || planOf(call.before)?.phase !== "Active") return []
  const [before, after] = [statusOf(call.before), statusOf(call.after)]
  return Json.equal(before.phase, after.phase)
    ? []
    : [report(call, `the phase changed from ${String(before.phase)} to ${String(after.phase)} when the plan failed`)]
}

/** As long as a failed plan is stored, the object shows that it is built again, and when. */
const whileFailed = (call: Call): ReadonlyArray<Violation> => {
  const plan = planOf(call.after)
  if (!isRetried(plan) || isBeingDeleted(call)) return []
  const degraded = conditionOf(call.after, "Degraded")
  if (degraded?.status !== "True") return [report(call, "the plan failed and condition Degraded is not True")]
  // The spec was edited to one that cannot be planned, and the condition says so first.
  if (degraded.reason === "PlanRefused") return []
  if (degraded.reason !== "PlanRetrying") {
    const message = `the plan failed without a failedPhase and condition Degraded has reason ${degraded.reason} instead of PlanRetrying`
    return [report(call, message)]
  }
  const due = nextAttemptAt(plan)
  return due === 0 || degraded.message.includes(shown(due))
    ? []
    : [report(call, `condition Degraded does not show the next attempt at ${shown(due)}: ${degraded.message}`)]
}

const isBeingDeleted = ({ after }: Call): boolean => after?.metadata.deletionTimestamp !== undefined

const onRebuild = (call: Call): ReadonlyArray<Violation> => {
  const [failed, next] = [planOf(call.before), planOf(call.after)]
  if (next === undefined || !isRetried(failed) || !History.isPlanCreation(call)) return []
  const failedGeneration = conditionOf(call.before, "Degraded")?.observedGeneration ?? 0
  const isEdited = (call.before?.metadata.generation ?? 0) > failedGeneration
  const isEarly = !isEdited && call.at < nextAttemptAt(failed)
  const isCounted = isEdited || (next.attempt ?? 0) === (failed.attempt ?? 0) + 1
  return [
    ...(isEarly ? [report(call, "a failed plan was rebuilt before its back-off was over")] : []),
    ...(isCounted ? [] : [report(call, "a rebuilt plan does not count the failed attempts before it")])
  ]
}
