/** INV-12: nobody has to guess why nothing happens. */
import { Condition, Degraded, type ObjectMeta, Plan, Retry, type TaskPlan, Wait } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

/** How long an object may take to say that its wait is overdue. */
const LATE_MS = 60_000

export const invariant: Invariant = {
  name: "INV-12",
  text: "Every wait has a deadline and shows its reason on the object.",
  needs: ["passes", "states"],
  check: (calls) => [
    ...calls.filter(History.isWritten).flatMap((call) => [...onClaim(call), ...onSame(call)]),
    ...History.passes(calls).flatMap((pass) => onOverdue(calls, pass))
  ]
}

const says = (call: Call, message: string): Violation => violation("INV-12", `${call.target}: ${message}`, [call])

const waitOf = (object: ObjectMeta.KubernetesObject | undefined): Wait.Wait | undefined =>
  Wait.find(History.statusOf(object))

const millis = (text: string): number => DateTime.toEpochMillis(Retry.timeOf(text))

/** The id of the task that is claimed and has not ended; `undefined` when none is. */
const claimOf = (plan: TaskPlan.TaskPlan | undefined): string | undefined =>
  plan?.phase === "Active"
    ? Option.getOrUndefined(Plan.current(plan).pipe(Option.filter((task) => Plan.stateOf(task)._tag === "Submitted")))
        ?.id
    : undefined

/** Whoever claims a task waits for it from then on. */
const onClaim = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [History.planOf(call.before), History.planOf(call.after)]
  if (claimOf(after) === undefined || claimOf(before) === claimOf(after)) return []
  const wait = waitOf(call.after)
  if (wait === undefined) return [says(call, "a task was claimed and the object does not say that it waits")]
  return Date.parse(wait.since) <= Date.parse(wait.until)
    ? []
    : [says(call, `a wait from ${wait.since} until ${wait.until} is none`)]
}

const onSame = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [waitOf(call.before), waitOf(call.after)]
  const isMoved = before !== undefined && before.for === after?.for && before.since !== after.since
  return isMoved ? [says(call, `the wait for ${before.for} forgot when it began`)] : []
}

/**
 * A turn that asks on, long after its object should have said that it waits too long, and ends without saying so. A turn
 * that lost its write, the last one of a process, which may have been killed in it, and one that let its object go show
 * nothing.
 */
const onOverdue = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> => {
  const seen = History.objectAt(calls, pass.key, pass.observedVersion)
  const wait = waitOf(seen)
  const asked = pass.calls.find(({ verb }) => verb === "poll")
  const begun = pass.calls[0]?.at ?? 0
  if (wait === undefined || asked === undefined || begun < millis(wait.until) + LATE_MS) return []
  const isDeleted = seen?.metadata.deletionTimestamp !== undefined
  if (isDeleted && pass.calls.some(({ verb }) => verb === "setFinalizers")) return []
  const write = pass.calls.find(({ verb }) => verb === "patchStatus")
  const isCutOff = write === undefined ? History.isLast(calls, pass) : !History.isWritten(write)
  const left = write === undefined ? seen : write.after
  const isNotified = Condition.isTrue(History.statusOf(left), Degraded.TYPE) || waitOf(left)?.since !== wait.since
  return isCutOff || isNotified
    ? []
    : [says(asked, `the wait for ${wait.for} is overdue since ${wait.until} and the object does not say so`)]
}
