/**
 * The reconcile pass in which a call is made. The call log of testkit and the `Audit-ID` header of k8s-adapter read it, so
 * that every request can be attributed to its pass, even in the audit log of a real API server.
 */
import * as Context from "effect/Context"
import type { ObjectKey, ResourceVersion } from "../model/ObjectMeta.ts"

export interface Pass {
  readonly key: ObjectKey
  /** Counts the passes of this process from 1. */
  readonly number: number
  /** The version of the object that this pass read. */
  readonly observedVersion: ResourceVersion
}

/** The pass of the running fiber; `undefined` outside of a pass. */
export const CurrentReconcile = Context.Reference<Pass | undefined>("@portolan/planner/services/CurrentReconcile", {
  defaultValue: () => undefined
})
