/**
 * Which turn a call is made in. The protocol sets it; ledgers and the adapter's `Audit-ID` header read it, so that every
 * request can be told apart by turn, even in a real API server's audit log.
 */
import * as Context from "effect/Context"
import type { ObjectKey, ResourceVersion } from "../model/ObjectMeta.ts"

export interface Pass {
  readonly key: ObjectKey
  /** Grows by one with every turn of this process. */
  readonly number: number
  /** The version of the object that this turn decides on. */
  readonly observedVersion: ResourceVersion
}

/** The turn of the running fiber; `undefined` outside of any. */
export const CurrentReconcile = Context.Reference<Pass | undefined>("@portolan/planner/services/CurrentReconcile", {
  defaultValue: () => undefined
})
