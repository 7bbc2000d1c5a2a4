/** INV-12: an object that waits says for what, since when and until when. */
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { conditionOf, currentTask, isClaimed, millisOf, type Plan, planOf, type Wait, waitOf } from "./StoredStatus.ts"

/** How long after its deadline a wait may go unreported. */
const TOLERANCE_MS = 60_000

export const waitsHaveDeadlines: Invariant = {
  name: "INV-12",
  statement: "Every wait has a deadline and shows its reason on the object.",
  needs: ["passes", "states", "waits"],
  check: (calls) => [
    ...History.statusWrites(calls).flatMap((call) => [...onClaim(call), ...onSameWait(call)]),
    ...History.passes(calls).flatMap((pass) => onOverdue(calls, pass))
  ]
}

const report = (call: Call, message: string): Violation => violation("INV-12", `${call.target}: ${message}`, [call])

/** The id of the submitted task of an active plan; `undefined` when there is none. */
const submittedTaskOf = (plan: Plan | undefined): string | undefined => {
  const task = plan?.phase === "Active" ? currentTask(plan) : undefined
  return task !== undefined && isClaimed(task) ? task.id : undefined
}

/** A write that claims a task starts a wait for it. */
const onClaim = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [planOf(call.before), planOf(call.after)]
  if (submittedTaskOf(after) === undefined || submittedTaskOf(before) === submittedTaskOf(after)) return []
  const wait = waitOf(call.after)
  if (wait === undefined) return [report(call, "a task was claimed and status.waiting is empty")]
  return Date.parse(wait.since) <= Date.parse(wait.until)
    ? []
    : [report(call, `the wait since ${wait.since} ends before it starts, at ${wait.until}`)]
}

const onSameWait = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [waitOf(call.before), waitOf(call.after)]
  const isMoved = isSameWait(before, after) && before?.since !== after?.since
  return isMoved ? [report(call, `the wait for ${before?.for} changed its start time`)] : []
}

/** Waits are the same by reason and task, or by text where the first was stored without a reason. */
const isSameWait = (before: Wait | undefined, after: Wait | undefined): boolean => {
  if (before === undefined || after === undefined) return false
  if (before.reason === undefined) return before.for === after.for
  return before.reason === after.reason && before.task === after.task
}

/**
 * A pass that polls after the deadline and leaves the object without a sign of it. Not reported: a pass whose write
 * failed, the last pass of a process, which may have been killed, and a pass that removed the finalizer of a deleted
 * object.
 */
const onOverdue = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> => {
  const observed = History.objectAt(calls, pass.key, pass.observedVersion)
  const wait = waitOf(observed)
  const poll = pass.calls.find(({ verb }) => verb === "poll")
  const start = pass.calls[0]?.at ?? 0
  if (wait === undefined || poll === undefined || start < millisOf(wait.until) + TOLERANCE_MS) return []
  const isDeleted = observed?.metadata.deletionTimestamp !== undefined
  if (isDeleted && pass.calls.some(({ verb }) => verb === "setFinalizers")) return []
  const write = pass.calls.find(({ verb }) => verb === "patchStatus")
  const isCutOff = write === undefined ? History.isLastPass(calls, pass) : write.result !== "ok"
  const result = write === undefined ? observed : write.after
  const isReported = conditionOf(result, "Degraded")?.status === "True" || waitOf(result)?.since !== wait.since
  return isCutOff || isReported
    ? []
    : [report(poll, `the wait for ${wait.for} is overdue since ${wait.until} and condition Degraded is not True`)]
}
