/** INV-8 and INV-9: a task attempt is submitted once, and a failure is stored before anything is submitted again. */
import { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { planOf, taskOf } from "./StoredStatus.ts"

export const oneSubmissionPerAttempt: Invariant = {
  name: "INV-8",
  statement: "A task attempt is submitted once. Waiting polls.",
  needs: ["passes", "submissions"],
  check: (calls) => {
    const passes = History.passes(calls)
    return [...repeated(calls), ...passes.flatMap((pass) => [...withoutPoll(pass), ...withoutClaim(pass)])]
  }
}

/** Second submissions of one attempt, except to an agent that reported in between that it does not know the task. */
const repeated = (calls: ReadonlyArray<Call>): ReadonlyArray<Violation> => {
  const attempts = new Map<string, Call>()
  return calls.flatMap((call) => {
    if (call.verb !== "submit" || call.result !== "ok") return []
    const id = History.taskIdOf(call)
    const attempt = `${call.target} ${id} ${retriesAt(calls, call)}`
    const earlier = attempts.get(attempt)
    attempts.set(attempt, call)
    if (earlier === undefined || isConcurrent(calls, earlier, call) || isForgotten(calls, earlier, call)) return []
    return [violation("INV-8", `task ${id} was submitted twice in one attempt`, [earlier, call])]
  })
}

/** True when the agent reported between two submissions that it does not know the task. */
const isForgotten = (calls: ReadonlyArray<Call>, earlier: Call, later: Call): boolean =>
  calls.some(
    (call) =>
      call.index > earlier.index &&
      call.index < later.index &&
      call.verb === "poll" &&
      call.result === "ok" &&
      call.isLost !== true &&
      call.answer === undefined &&
      History.taskIdOf(call) === History.taskIdOf(later)
  )

/** The retries of a task that were stored before a call. */
const retriesAt = (calls: ReadonlyArray<Call>, call: Call): number => {
  const object = call.pass === undefined ? undefined : History.lastBefore(calls, call.pass.key, call.index)
  return taskOf(object, History.taskIdOf(call))?.retryCount ?? 0
}

/**
 * True when the pass of `later` had started before `earlier` was sent. Two concurrent passes may both submit: a signal
 * has no claim, and a process that is paused between claim and submission submits late. Neither does harm, because an
 * agent runs a known task id once.
 */
const isConcurrent = (calls: ReadonlyArray<Call>, earlier: Call, later: Call): boolean =>
  earlier.process !== later.process &&
  calls.some(
    (call) => call.index < earlier.index && call.process === later.process && call.pass?.number === later.pass?.number
  )

const withoutPoll = (pass: History.PassCalls): ReadonlyArray<Violation> =>
  pass.calls
    .filter(({ verb }) => verb === "submit")
    .filter(
      (submission) =>
        !pass.calls.some(
          (call) =>
            call.verb === "poll" &&
            call.index < submission.index &&
            History.taskIdOf(call) === History.taskIdOf(submission)
        )
    )
    .map((submission) =>
      violation("INV-8", `${History.describePass(pass)} submitted a task without polling it first`, [submission])
    )

/** Submissions before the status write of their pass. Only a signal may be: that write records it as complete. */
const withoutClaim = (pass: History.PassCalls): ReadonlyArray<Violation> =>
  pass.calls
    .filter(({ isLost, result, verb }) => verb === "submit" && result === "ok" && isLost !== true)
    .flatMap((submission) => {
      const write = pass.calls.find(({ result, verb }) => verb === "patchStatus" && result === "ok")
      if (write === undefined) return afterFailedClaim(pass, submission)
      if (write.index < submission.index) return []
      const message = `${History.describePass(pass)} submitted a task before its claim was stored`
      return taskOf(write.after, History.taskIdOf(submission))?.status === "Complete"
        ? []
        : [violation("INV-8", message, [submission, write])]
    })

/** A pass whose status write failed has no claim, so it must not submit after that write. */
const afterFailedClaim = (pass: History.PassCalls, submission: Call): ReadonlyArray<Violation> => {
  const failed = pass.calls.find(({ index, verb }) => verb === "patchStatus" && index < submission.index)
  const message = `${History.describePass(pass)} submitted a task although the write of its claim failed`
  return failed === undefined ? [] : [violation("INV-8", message, [failed, submission])]
}

export const failureStoredFirst: Invariant = {
  name: "INV-9",
  statement: "A failure that was observed is durable before anything is submitted again.",
  needs: ["passes", "taskFailures"],
  check: (calls) => {
    const observed = new Map<string, Array<Call>>()
    return calls.flatMap((call) => {
      if (call.pass === undefined) return []
      const observer = `${call.process} ${ObjectMeta.keyText(call.pass.key)}`
      const failures = observed.get(observer) ?? []
      if (failedRun(call) !== undefined) observed.set(observer, [...failures, call])
      if (call.verb !== "submit") return []
      observed.delete(observer)
      return failures.flatMap((failure) => unstoredFailure(calls, failure, call))
    })
  }
}

const unstoredFailure = (calls: ReadonlyArray<Call>, failure: Call, submission: Call): ReadonlyArray<Violation> => {
  const id = History.taskIdOf(failure)
  const message = `a failure of task ${id} was observed and not stored before the next submission`
  return isStored(calls, failure, submission) ? [] : [violation("INV-9", message, [failure, submission])]
}

/** The number of the run that an agent reports as failed. */
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
 * A failure is stored when a write counts the failed run, counts one more retry after that run was first reported,
 * records the task as failed, or replaces the plan.
 */
const isStored = (calls: ReadonlyArray<Call>, failure: Call, submission: Call): boolean => {
  const key = failure.pass === undefined ? "" : ObjectMeta.keyText(failure.pass.key)
  const isWrite = History.isStatusWrite(calls)
  return calls.some((call) => {
    if (!isWrite(call) || call.target !== key || call.index > submission.index) return false
    const task = taskOf(call.after, History.taskIdOf(failure))
    if (task === undefined) return call.index > failure.index && planId(call.after) !== planId(call.before)
    const retries = task.retryCount ?? 0
    const isCounted =
      retries > (taskOf(call.before, task.id)?.retryCount ?? 0) && isReportedBefore(calls, failure, call)
    return task.status === "Failed" || retries >= (failedRun(failure) ?? 0) || isCounted
  })
}

/** True when the failed run was reported before a write, by this failure or an earlier answer. */
const isReportedBefore = (calls: ReadonlyArray<Call>, failure: Call, write: Call): boolean =>
  calls.some(
    (call) =>
      call.index < write.index &&
      History.taskIdOf(call) === History.taskIdOf(failure) &&
      failedRun(call) === failedRun(failure)
  )

const planId = (object: ObjectMeta.KubernetesObject | undefined): string => planOf(object)?.id ?? ""
