/** INV-11: nothing is deleted that the reconciled object does not own. */
import { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const deletesOnlyOwned: Invariant = {
  name: "INV-11",
  statement: "Nothing is deleted that we do not own (uid and, where it matters, resourceVersion preconditions).",
  needs: ["passes", "deletes"],
  check: (calls) =>
    calls
      .filter(({ pass, verb }) => verb === "delete" && pass !== undefined)
      .flatMap((call): ReadonlyArray<Violation> => {
        const problem = problemOf(calls, call)
        return problem === undefined ? [] : [violation("INV-11", `delete ${call.target}: ${problem}`, [call])]
      })
}

const problemOf = (calls: ReadonlyArray<Call>, call: Call): string | undefined => {
  const { resourceVersion, uid } = preconditionsOf(call.sent)
  if (uid === undefined) return "no uid precondition"
  const { before, result, pass } = call
  if (before === undefined || result !== "ok" || pass === undefined) return undefined
  if (before.metadata.uid !== uid) return "the uid precondition names another object than the one deleted"
  const owner = rootOwner(calls, before)
  if (owner === undefined) return "the object has no owner"
  if (!isNamesake(owner, pass.key)) return `the object is owned by ${owner.kind} ${owner.name} of ${owner.apiVersion}`
  const self = History.lastBefore(calls, pass.key, call.index)?.metadata.uid
  const hasPreviousOwner = self !== undefined && self !== owner.uid
  return hasPreviousOwner && resourceVersion === undefined
    ? `the object is owned by a previous ${owner.kind} ${owner.name}; its delete needs a resourceVersion precondition`
    : undefined
}

/** Whether a reference names an object of the same group, kind and name. */
const isNamesake = ({ apiVersion, kind, name }: ObjectMeta.OwnerReference, key: ObjectMeta.ObjectKey): boolean =>
  groupOf(apiVersion) === groupOf(key.kind.apiVersion) && kind === key.kind.kind && name === key.name

const groupOf = (apiVersion: string): string | undefined => apiVersion.split("/").at(-2)

/** The controller of an object's controller, or its own controller, as far as the call log contains them. */
const rootOwner = (
  calls: ReadonlyArray<Call>,
  object: ObjectMeta.KubernetesObject
): ObjectMeta.OwnerReference | undefined => {
  const owner = ObjectMeta.controllerOf(object)
  const ownerObject = calls.find(({ after }) => after !== undefined && after.metadata.uid === owner?.uid)?.after
  return (ownerObject === undefined ? undefined : ObjectMeta.controllerOf(ownerObject)) ?? owner
}

const preconditionsOf = (sent: unknown): { readonly uid?: unknown; readonly resourceVersion?: unknown } =>
  typeof sent === "object" && sent !== null ? sent : {}
