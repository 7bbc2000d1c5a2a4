/** INV-2, INV-3 and INV-5: how often, on what version, and whether at all status is written. */
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const once: Invariant = {
  name: "INV-2",
  text: "A turn writes status at most once, on every path.",
  needs: ["passes"],
  check: (calls) =>
    History.passes(calls).flatMap((pass) => {
      const writes = pass.calls.filter(({ verb }) => verb === "patchStatus")
      return writes.length > 1
        ? [violation("INV-2", `${History.nameOf(pass)} wrote status ${writes.length} times`, writes)]
        : []
    })
}

export const unchanged: Invariant = {
  name: "INV-3",
  text: "A status write succeeds only if the object is unchanged since the turn read it; the loser of a race changes nothing.",
  needs: ["passes", "states"],
  check: (calls) => History.passes(calls).flatMap((pass) => [...onWhatWasSeen(pass), ...loserStops(pass)])
}

/** The version that a turn may write on: the one it saw, or the one its own finalizer made. */
const onWhatWasSeen = (pass: History.PassCalls): ReadonlyArray<Violation> => {
  const own = pass.calls.flatMap(({ after, verb }) =>
    verb === "setFinalizers" ? [after?.metadata.resourceVersion] : []
  )
  return pass.calls.filter(History.isWritten).flatMap((call) => {
    const version = call.before?.metadata.resourceVersion
    return version === undefined || version === pass.observedVersion || own.includes(version)
      ? []
      : [
          violation("INV-3", `${History.nameOf(pass)} saw version ${pass.observedVersion} and wrote on ${version}`, [
            call
          ])
        ]
  })
}

const loserStops = (pass: History.PassCalls): ReadonlyArray<Violation> => {
  const lost = pass.calls.find(({ result, verb }) => verb === "patchStatus" && result === "conflict")
  if (lost === undefined) return []
  const later = pass.calls.filter(
    (call) => call.index > lost.index && (History.isEffect(call) || call.verb === "event")
  )
  return later.length === 0
    ? []
    : [violation("INV-3", `${History.nameOf(pass)} lost its write and went on`, [lost, ...later])]
}

export const steady: Invariant = {
  name: "INV-5",
  text: "No plan is the steady state. A settled object causes no write at all.",
  needs: ["passes", "states"],
  check: (calls) =>
    History.passes(calls).flatMap((pass) =>
      pass.calls
        .filter((call) => History.isWritten(call) && isNoChange(call))
        .map((call) => violation("INV-5", `${History.nameOf(pass)} wrote a status that changed nothing`, [call]))
    )
}

const isNoChange = ({ after, before, sent }: Call): boolean =>
  (typeof sent === "object" && sent !== null && Object.keys(sent).length === 0) ||
  (before !== undefined && before.metadata.resourceVersion === after?.metadata.resourceVersion)

/** INV-5 for calls that were made after an object had settled: there may be none that writes. */
export const converged = (calls: ReadonlyArray<Call>): ReadonlyArray<Violation> => {
  const writes = calls.filter(
    (call) => History.isEffect(call) || ["patchStatus", "setFinalizers", "event"].includes(call.verb)
  )
  return writes.length === 0
    ? []
    : [violation("INV-5", `${writes.length} writes followed after all had settled`, writes)]
}
