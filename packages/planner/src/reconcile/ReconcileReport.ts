/** What a pass did, for observers such as metrics and the demo. Nothing depends on a report. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { JsonObject, KubernetesObject } from "../model/ObjectMeta.ts"
import * as Requeue from "../plan/Requeue.ts"
import type { Pass } from "../services/CurrentReconcile.ts"
import type { Event } from "../services/EventRecorder.ts"
import type { Action } from "./Lifecycle.ts"

export interface ReconcileReport {
  readonly pass: Pass
  /** The object as the pass read it. */
  readonly object: KubernetesObject
  /** The action of the pass, or a step of deletion, or a status write that failed. */
  readonly action:
    | Action
    | { readonly _tag: "Terminate" }
    | { readonly _tag: "Cleanup" }
    | { readonly _tag: "WriteFailed"; readonly reason: string }
  /** The status patch that was written; empty when there was nothing to write. */
  readonly patch: JsonObject
  readonly events: ReadonlyArray<Event>
  readonly requeue: Requeue.Requeue
}

/** Receives a report of every pass of this process. Provided where the process is composed. */
export const ReconcileObserver = Context.Reference<(report: ReconcileReport) => Effect.Effect<void>>(
  "@portolan/planner/reconcile/ReconcileObserver",
  { defaultValue: () => () => Effect.void }
)

/** One line about what a pass did. */
export const describe = ({ action }: ReconcileReport): string => {
  switch (action._tag) {
    case "CreatePlan":
      return `${action.supersedes === undefined ? "created a plan" : "superseded the active plan"}: ${action.reason}`
    case "ExecutePlan":
      return action.holdReason === undefined ? "executed the plan" : `executed the plan; ${action.holdReason}`
    case "Repair":
      return `repaired: ${action.task.type}`
    case "RemovePlan":
      return `removed the ${action.plan.phase === "Complete" ? "complete" : "failed"} plan`
    case "Reject":
      return `rejected: ${action.rejection.field}: ${action.rejection.message}`
    case "Wait": {
      const wait = Requeue.describe(action.requeue)
      return wait === "" ? "nothing to do" : `waiting: ${wait}`
    }
    case "Terminate":
      return "recorded the deletion"
    case "Cleanup":
      return "cleaned up"
    case "WriteFailed":
      return `status not written: ${action.reason}`
  }
}
