/** INV-18: after a deletion, nothing that the passes of the object created is left behind. */
import { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import { type Expectations, type Invariant, type Violation, violation } from "./Invariant.ts"
import * as Owners from "./Owners.ts"

type Stored = ObjectMeta.KubernetesObject

/**
 * Judges objects whose last finalizer was removed by a call in the log. What they created must then be deleted, or the
 * garbage collector must find it by its owner references. Objects in a server are checked by {@link remaining}.
 */
export const nothingLeftBehind: Invariant = {
  name: "INV-18",
  statement: "After a deletion, what was made is gone or released on purpose.",
  needs: ["passes", "ends"],
  check: (calls, expectations) => {
    const ends = new Map(calls.filter(isEnd).map((call) => [call.before?.metadata.uid, call]))
    return created(calls, expectations).flatMap(({ call, object, owner }): ReadonlyArray<Violation> => {
      const end = ends.get(owner)
      if (end === undefined) return []
      const current = Owners.latest(calls).get(object.metadata.uid) ?? object
      if (isDeleted(calls, object) || Owners.isOwnedBy(calls, current, owner)) return []
      const message = `${call.target}, created for ${end.target}, is neither deleted nor owned when ${end.target} is gone`
      return [violation("INV-18", message, [call, end])]
    })
  }
}

/** What is still in a server although the object whose pass created it is not, after the garbage collector has run. */
export const remaining = (
  calls: ReadonlyArray<Call>,
  isStored: (uid: string) => boolean,
  expectations: Expectations
): ReadonlyArray<Violation> =>
  created(calls, expectations)
    .filter(({ object, owner }) => isStored(object.metadata.uid) && !isStored(owner))
    .map(({ call }) => {
      const owner = call.pass === undefined ? "" : ObjectMeta.keyText(call.pass.key)
      return violation("INV-18", `${call.target} still exists, although ${owner}, for which it was created, is gone`, [
        call
      ])
    })

/** True for the call that removed a reconciled object, or its last finalizer. */
export const isEnd = ({ after, before, pass, result, target }: Call): boolean =>
  result === "ok" &&
  before !== undefined &&
  pass !== undefined &&
  ObjectMeta.keyText(pass.key) === target &&
  (after === undefined || isRemoved(after))

const isRemoved = ({ metadata }: Stored): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0

/** The objects that passes created and that must go with the object that they reconcile, by its uid. */
const created = (calls: ReadonlyArray<Call>, { keeps = [] }: Expectations) =>
  calls.flatMap((call) => {
    const object = Owners.createdBy(call)
    const owner = Owners.reconciledUid(calls, call)
    return object === undefined || owner === undefined || keeps.includes(object.kind) ? [] : [{ call, object, owner }]
  })

/** Whether a call deleted the object, or marked it for deletion. */
const isDeleted = (calls: ReadonlyArray<Call>, { metadata: { uid } }: Stored): boolean =>
  calls.some(({ before, result, verb }) => verb === "delete" && result === "ok" && before?.metadata.uid === uid)
