/** Who owns an object, as far as a call log contains its owners. */
import { ObjectMeta } from "@portolan/planner"
import { memoize } from "effect/Function"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"

type Stored = ObjectMeta.KubernetesObject

/** The latest state of every object that the call log contains, by uid. */
export const latest = memoize((calls: ReadonlyArray<Call>): ReadonlyMap<string, Stored> => {
  const byUid = new Map<string, Stored>()
  for (const { after, before } of calls) {
    for (const state of [before, after]) if (state !== undefined) byUid.set(state.metadata.uid, state)
  }
  return byUid
})

/** Whether the owners of an object, or their owners, include the uid. */
export const isOwnedBy = (
  calls: ReadonlyArray<Call>,
  object: Stored,
  uid: string,
  ownersOf: (object: Stored) => ReadonlyArray<ObjectMeta.OwnerReference> = ({ metadata }) =>
    metadata.ownerReferences ?? []
): boolean => {
  const seen = new Set<string>()
  const rest = [object]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const owner of ownersOf(next)) {
      if (owner.uid === uid) return true
      const found = seen.has(owner.uid) ? undefined : latest(calls).get(owner.uid)
      seen.add(owner.uid)
      if (found !== undefined) rest.push(found)
    }
  }
  return false
}

/** The uid of the object that a pass reconciles; `undefined` when the log has no state of it until the call. */
export const reconciledUid = (calls: ReadonlyArray<Call>, { index, pass }: Call): string | undefined =>
  pass === undefined
    ? undefined
    : (History.lastBefore(calls, pass.key, index) ?? History.objectAt(calls, pass.key, pass.observedVersion))?.metadata
        .uid

/** True for a call about another object than the one that its pass reconciles. */
export const isAboutAnother = ({ pass, target }: Call): boolean =>
  pass !== undefined && ObjectMeta.keyText(pass.key) !== target

/** The object that a call of a pass created, other than the reconciled one. Other verbs cannot create one. */
export const createdBy = (call: Call): Stored | undefined => {
  const { after, before, result, verb } = call
  const canCreate = (verb === "create" || verb === "apply") && result === "ok" && isAboutAnother(call)
  return canCreate && before === undefined && !namesUid(call) ? after : undefined
}

/** An apply with a uid changes an object that exists, although a log that starts later does not contain it. */
const namesUid = ({ sent }: Call): boolean => Object(Object(sent).metadata).uid !== undefined
