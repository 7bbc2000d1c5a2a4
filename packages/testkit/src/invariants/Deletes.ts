/** INV-11: nothing is deleted that the object does not own. */
import { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import type { Invariant, Violation } from "./Invariant.ts"

export const invariant: Invariant = {
  name: "INV-11",
  text: "Nothing is deleted that we do not own (uid and, where it matters, resourceVersion preconditions).",
  needs: ["passes", "deletes"],
  check: (calls) =>
    calls.filter(({ pass, verb }) => verb === "delete" && pass !== undefined).flatMap((call) => check(calls, call))
}

const violation = (call: Call, message: string): Violation => ({
  invariant: "INV-11",
  message: `delete ${call.target}: ${message}`,
  calls: [call.index]
})

const check = (calls: ReadonlyArray<Call>, call: Call): ReadonlyArray<Violation> => {
  const { resourceVersion, uid } = preconditions(call.sent)
  if (uid === undefined) return [violation(call, "without the uid that was seen")]
  const { before, result, pass } = call
  if (before === undefined || result !== "ok" || pass === undefined) return []
  if (before.metadata.uid !== uid) return [violation(call, "another object than the one that was seen")]
  const owner = rootOwner(calls, before)
  if (owner === undefined || owner.kind !== pass.key.kind.kind || owner.name !== pass.key.name) {
    return [violation(call, `it belongs to ${owner === undefined ? "nobody" : `${owner.kind} ${owner.name}`}`)]
  }
  const self = History.lastBefore(calls, pass.key, call.index)?.metadata.uid
  const isForeign = self !== undefined && self !== owner.uid
  return isForeign && resourceVersion === undefined
    ? [violation(call, "what a former object of this name left goes only at the version that was seen")]
    : []
}

/** Who controls an object in the end, as far as the ledger saw the objects between. */
const rootOwner = (
  calls: ReadonlyArray<Call>,
  object: ObjectMeta.KubernetesObject
): ObjectMeta.OwnerReference | undefined => {
  const owner = ObjectMeta.controllerOf(object)
  const known = calls.find(({ after }) => after !== undefined && after.metadata.uid === owner?.uid)?.after
  const above = known === undefined ? undefined : ObjectMeta.controllerOf(known)
  return above ?? owner
}

const preconditions = (sent: unknown): { readonly uid?: unknown; readonly resourceVersion?: unknown } =>
  typeof sent === "object" && sent !== null ? sent : {}
