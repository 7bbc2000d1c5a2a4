/** INV-12: an object that waits says for what, since when and until when. */
import { Condition, Degraded, type ObjectMeta, Plan, Retry, type TaskPlan, Wait } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

/** How long after its deadline a wait may go unreported. */
const TOLERANCE_MS = 60_000

export const waitsHaveDeadlines: Invariant = {
  name: "INV-12",
  statement: "Every wait has a deadline and shows its reason on the object.",
  needs: ["passes", "states"],
  check: (calls) => [
    ...calls.filter(History.isStatusWrite).flatMap((call) => [...onClaim(call), ...onSameWait(call)]),
    ...History.passes(calls).flatMap((pass) => onOverdue(calls, pass))
  ]
}

const report = (call: Call, message: string): Violation => violation("INV-12", `${call.target}: ${message}`, [call])

const waitOf = (object: ObjectMeta.KubernetesObject | undefined): Wait.Wait | undefined =>
  Wait.find(History.statusOf(object))

const millis = (text: string): number => DateTime.toEpochMillis(Retry.timeOf(text))

/** The id of the submitted task of an active plan; `undefined` when there is none. */
const submittedTaskOf = (plan: TaskPlan.TaskPlan | undefined): string | undefined =>
  plan?.phase === "Active"
    ? Option.getOrUndefined(Plan.current(plan).pipe(Option.filter((task) => Plan.stateOf(task)._tag === "Submitted")))
        ?.id
    : undefined

/** A write that claims a task starts a wait for it. */
const onClaim = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [History.planOf(call.before), History.planOf(call.after)]
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
const isSameWait = (before: Wait.Wait | undefined, after: Wait.Wait | undefined): boolean => {
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
  if (wait === undefined || poll === undefined || start < millis(wait.until) + TOLERANCE_MS) return []
  const isDeleted = observed?.metadata.deletionTimestamp !== undefined
  if (isDeleted && pass.calls.some(({ verb }) => verb === "setFinalizers")) return []
  const write = pass.calls.find(({ verb }) => verb === "patchStatus")
  const isCutOff = write === undefined ? History.isLastPass(calls, pass) : !History.isStatusWrite(write)
  const result = write === undefined ? observed : write.after
  const isReported = Condition.isTrue(History.statusOf(result), Degraded.TYPE) || waitOf(result)?.since !== wait.since
  return isCutOff || isReported
    ? []
    : [report(poll, `the wait for ${wait.for} is overdue since ${wait.until} and condition Degraded is not True`)]
}
