/** INV-8 and INV-9: a task attempt is submitted once, and a failure is stored before anything is submitted again. */
import { MergePatch, ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const once: Invariant = {
  name: "INV-8",
  text: "A task attempt is submitted once. Waiting polls.",
  needs: ["passes", "agents"],
  check: (calls) => {
    const passes = History.passes(calls)
    return [...repeated(calls), ...passes.flatMap((pass) => [...asksFirst(pass), ...claimsFirst(pass)])]
  }
}

/** Submissions of a task in an attempt that an earlier one was made in, to an agent that had not forgotten it since. */
const repeated = (calls: ReadonlyArray<Call>): ReadonlyArray<Violation> => {
  const attempts = new Map<string, Call>()
  return calls.flatMap((call) => {
    if (call.verb !== "submit" || call.result !== "ok") return []
    const id = History.taskIdOf(call)
    const attempt = `${call.target} ${id} ${attemptAt(calls, call)}`
    const twin = attempts.get(attempt)
    attempts.set(attempt, call)
    if (twin === undefined || overlap(calls, twin, call)) return []
    if (isForgotten(calls, twin, call)) return []
    return [violation("INV-8", `task ${id} was submitted twice in one attempt`, [twin, call])]
  })
}

/** Whether the agent said between two submissions that it does not know the task. */
const isForgotten = (calls: ReadonlyArray<Call>, twin: Call, call: Call): boolean =>
  calls.some(
    (each) =>
      each.index > twin.index &&
      each.index < call.index &&
      each.verb === "poll" &&
      each.result === "ok" &&
      each.isLost !== true &&
      each.answer === undefined &&
      History.taskIdOf(each) === History.taskIdOf(call)
  )

/** Retries that were recorded for a task before a call. */
const attemptAt = (calls: ReadonlyArray<Call>, call: Call): number => {
  const object = call.pass === undefined ? undefined : History.lastBefore(calls, call.pass.key, call.index)
  return History.taskOf(object, History.taskIdOf(call))?.retryCount ?? 0
}

/**
 * True when the turn of `later` had begun when `earlier` was sent. Of two turns that overlap both may send: a signal has no
 * claim, and a process that is paused between its claim and its submission is late with it. That harms nobody, because an
 * agent takes a known id once.
 */
const overlap = (calls: ReadonlyArray<Call>, earlier: Call, later: Call): boolean =>
  earlier.process !== later.process &&
  calls.some(
    (each) => each.index < earlier.index && each.process === later.process && each.pass?.number === later.pass?.number
  )

const asksFirst = (pass: History.PassCalls): ReadonlyArray<Violation> =>
  pass.calls
    .filter(({ verb }) => verb === "submit")
    .filter(
      (call) =>
        !pass.calls.some(
          (each) => each.verb === "poll" && each.index < call.index && History.taskIdOf(each) === History.taskIdOf(call)
        )
    )
    .map((call) => violation("INV-8", `${History.nameOf(pass)} submitted a task that it had not asked for`, [call]))

/** What is taken before the turn's write may only be a signal, which that write records as complete. */
const claimsFirst = (pass: History.PassCalls): ReadonlyArray<Violation> =>
  pass.calls
    .filter(({ isLost, result, verb }) => verb === "submit" && result === "ok" && isLost !== true)
    .flatMap((call) => {
      const write = pass.calls.find(History.isWritten)
      if (write === undefined) return unclaimed(pass, call)
      if (write.index < call.index) return []
      return History.taskOf(write.after, History.taskIdOf(call))?.status === "Complete"
        ? []
        : [violation("INV-8", `${History.nameOf(pass)} submitted a task before it had claimed it`, [call, write])]
    })

/** A turn whose write failed has claimed nothing, so it may submit nothing after it. */
const unclaimed = (pass: History.PassCalls, submission: Call): ReadonlyArray<Violation> => {
  const failed = pass.calls.find(({ index, verb }) => verb === "patchStatus" && index < submission.index)
  const message = `${History.nameOf(pass)} submitted a task although the write of its claim failed`
  return failed === undefined ? [] : [violation("INV-8", message, [failed, submission])]
}

export const durable: Invariant = {
  name: "INV-9",
  text: "A failure that was observed is durable before anything is submitted again.",
  needs: ["passes", "agents"],
  check: (calls) => {
    const observed = new Map<string, Array<Call>>()
    return calls.flatMap((call) => {
      if (call.pass === undefined) return []
      const observer = `${call.process} ${ObjectMeta.keyText(call.pass.key)}`
      const failures = observed.get(observer) ?? []
      if (failedRun(call) !== undefined) observed.set(observer, [...failures, call])
      if (call.verb !== "submit") return []
      observed.delete(observer)
      return failures.flatMap((failure) => afterFailure(calls, failure, call))
    })
  }
}

/** A failure that was seen since the last submission has to be recorded by now. */
const afterFailure = (calls: ReadonlyArray<Call>, failure: Call, submission: Call): ReadonlyArray<Violation> => {
  const id = History.taskIdOf(failure)
  const message = `a failure of task ${id} was seen and not stored before the next submission`
  return isRecorded(calls, failure, submission) ? [] : [violation("INV-9", message, [failure, submission])]
}

/** The run that an answer reports as failed. */
const failedRun = ({ answer, isLost }: Call): number | undefined =>
  isLost !== true &&
  typeof answer === "object" &&
  answer !== null &&
  "_tag" in answer &&
  answer._tag === "Failed" &&
  "run" in answer
    ? Number(answer.run)
    : undefined

/**
 * Recorded: the stored object counts the failed run, or one more failure since that run was first seen; says that the task
 * failed; or has moved on to another plan.
 */
const isRecorded = (calls: ReadonlyArray<Call>, failure: Call, submission: Call): boolean => {
  const key = failure.pass === undefined ? "" : ObjectMeta.keyText(failure.pass.key)
  return calls.some((call) => {
    if (!History.isWritten(call) || call.target !== key || call.index > submission.index) return false
    const task = History.taskOf(call.after, History.taskIdOf(failure))
    if (task === undefined)
      return call.index > failure.index && !MergePatch.same(planId(call.after), planId(call.before))
    const retries = task.retryCount ?? 0
    const isCounted =
      retries > (History.taskOf(call.before, task.id)?.retryCount ?? 0) && isSeenBefore(calls, failure, call)
    return task.status === "Failed" || retries >= (failedRun(failure) ?? 0) || isCounted
  })
}

/** The same run was reported as failed before a write. */
const isSeenBefore = (calls: ReadonlyArray<Call>, failure: Call, write: Call): boolean =>
  calls.some(
    (each) =>
      each.index < write.index &&
      History.taskIdOf(each) === History.taskIdOf(failure) &&
      failedRun(each) === failedRun(failure)
  )

const planId = (object: ObjectMeta.KubernetesObject | undefined): string => History.planOf(object)?.id ?? ""
