/** INV-2, INV-3 and INV-5: how often status is written, on which version, and whether a write is needed. */
import { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

/**
 * A status write is known by its effect: a call that changes `.status` of a reconciled kind, by whatever verb, path or
 * manager. Only the pass itself may make it, once.
 */
export const oneWritePerPass: Invariant = {
  name: "INV-2",
  statement:
    "A pass writes status at most once, on every path: creation, execution, failure, pause, deletion, adoption.",
  needs: ["passes", "statusWrites"],
  check: (calls, { otherWriters = [] }) => [
    ...History.statusChanges(calls).flatMap((call) => outsideOfPass(calls, call, otherWriters)),
    ...History.passes(calls).flatMap((pass) => [...severalWrites(calls, pass), ...otherVerbs(calls, pass)])
  ]
}

/** Nothing is reported of a controller whose calls never name a pass: all of its writes would be outside of one. */
const outsideOfPass = (
  calls: ReadonlyArray<Call>,
  call: Call,
  otherWriters: ReadonlyArray<string>
): ReadonlyArray<Violation> =>
  call.pass !== undefined || History.passes(calls).length === 0 || otherWriters.includes(call.process)
    ? []
    : [violation("INV-2", `${call.process} wrote the status of ${call.target} outside of any reconcile pass`, [call])]

const severalWrites = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> => {
  const isWrite = History.isStatusWrite(calls)
  const writes = pass.calls.filter((call) => call.verb === "patchStatus" || isWrite(call))
  return writes.length > 1
    ? [violation("INV-2", `${History.describePass(pass)} wrote status ${writes.length} times`, writes)]
    : []
}

/** The write of a pass is a `patchStatus`. Any other call that changes the status was made by a task, an observation or a cleanup. */
const otherVerbs = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> =>
  pass.calls
    .filter((call) => call.verb !== "patchStatus" && History.isStatusWrite(calls)(call))
    .map((call) =>
      violation("INV-2", `${History.describePass(pass)} changed the status of ${call.target} with ${call.verb}`, [call])
    )

export const writesOnVersionRead: Invariant = {
  name: "INV-3",
  statement:
    "A status write succeeds only if the object is unchanged since the pass read it; the loser of a race changes nothing and sends no event.",
  needs: ["passes", "states"],
  check: (calls) =>
    History.passes(calls).flatMap((pass) => [
      ...onOtherVersion(calls, pass),
      ...withoutVersion(calls, pass),
      ...afterConflict(pass)
    ])
}

/**
 * Status writes on another version than the pass read. A pass may also write on the version that its own finalizer
 * made.
 */
const onOtherVersion = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> => {
  const ownVersions = pass.calls.flatMap(({ after, verb }) =>
    verb === "setFinalizers" ? [after?.metadata.resourceVersion] : []
  )
  return pass.calls.filter(History.isStatusWrite(calls)).flatMap((call) => {
    const version = call.before?.metadata.resourceVersion
    const isOwn = call.target === ObjectMeta.keyText(pass.key)
    if (!isOwn || version === undefined || version === pass.observedVersion || ownVersions.includes(version)) return []
    const message = `${History.describePass(pass)} read version ${pass.observedVersion} but wrote status on ${version}`
    return [violation("INV-3", message, [call])]
  })
}

/** Status writes that the API server accepts at any version: they win a race that they must lose. */
const withoutVersion = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> =>
  pass.calls
    .filter(
      (call) => call.precondition === "None" && (call.verb === "patchStatus" || History.isStatusWrite(calls)(call))
    )
    .map((call) =>
      violation("INV-3", `${History.describePass(pass)} wrote the status of ${call.target} without a resourceVersion`, [
        call
      ])
    )

const afterConflict = (pass: History.PassCalls): ReadonlyArray<Violation> => {
  const conflict = pass.calls.find(({ result, verb }) => verb === "patchStatus" && result === "conflict")
  if (conflict === undefined) return []
  const later = pass.calls.filter(
    (call) => call.index > conflict.index && (History.isEffect(call) || call.verb === "event")
  )
  const message = `${History.describePass(pass)} continued after its status write failed with a conflict`
  return later.length === 0 ? [] : [violation("INV-3", message, [conflict, ...later])]
}

export const noWriteWithoutChange: Invariant = {
  name: "INV-5",
  statement: "No plan is the steady state. A converged object causes no write at all.",
  needs: ["passes", "states"],
  check: (calls) =>
    History.passes(calls).flatMap((pass) =>
      pass.calls
        .filter((call) => call.verb === "patchStatus" && call.result === "ok" && isNoChange(call))
        .map((call) => violation("INV-5", `${History.describePass(pass)} wrote a status that changed nothing`, [call]))
    )
}

const isNoChange = ({ after, before, sent }: Call): boolean =>
  (typeof sent === "object" && sent !== null && Object.keys(sent).length === 0) ||
  (before !== undefined && before.metadata.resourceVersion === after?.metadata.resourceVersion)

/** INV-5 for calls that were made after the object had converged: none of them may write. */
export const checkConverged = (calls: ReadonlyArray<Call>): ReadonlyArray<Violation> => {
  const isStatusWrite = History.isStatusWrite(calls)
  const writes = calls.filter(
    (call) =>
      isStatusWrite(call) || History.isEffect(call) || ["patchStatus", "setFinalizers", "event"].includes(call.verb)
  )
  const [first] = writes
  if (first === undefined) return []
  const count = `${writes.length} ${writes.length === 1 ? "write" : "writes"}`
  return [violation("INV-5", `${count} after every object had converged, first ${first.verb} ${first.target}`, writes)]
}
