/** What a turn did, for whoever watches. Nothing depends on a report. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { JsonObject, KubernetesObject } from "../model/ObjectMeta.ts"
import * as Requeue from "../plan/Requeue.ts"
import type { Pass } from "../services/CurrentReconcile.ts"
import type { Event } from "../services/EventRecorder.ts"
import type { Action } from "./Lifecycle.ts"

export interface ReconcileReport {
  readonly pass: Pass
  /** The object as it was seen. */
  readonly object: KubernetesObject
  /** What was done: a move, or a step of deletion, or nothing because it was lost to another writer. */
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

/** Hears of every turn of this process. Set it at the roof. */
export const ReconcileObserver = Context.Reference<(report: ReconcileReport) => Effect.Effect<void>>(
  "@portolan/planner/reconcile/ReconcileObserver",
  { defaultValue: () => () => Effect.void }
)

/** A sentence about what a turn did. */
export const describe = ({ action: did }: ReconcileReport): string => {
  switch (did._tag) {
    case "CreatePlan":
      return `${did.supersedes === undefined ? "recorded a plan" : "recorded a plan in place of the active one"}: ${did.reason}`
    case "ExecutePlan":
      return did.holdReason === undefined ? "drove the plan" : `drove the plan; ${did.holdReason}`
    case "Repair":
      return `corrected by ${did.task.type}`
    case "RemovePlan":
      return `took the ${did.plan.phase === "Complete" ? "finished" : "failed"} plan off the object`
    case "Reject":
      return `refused: ${did.rejection.field}: ${did.rejection.message}`
    case "Wait":
      return Requeue.reason(did.requeue) === "" ? "found nothing to do" : `waits for ${Requeue.reason(did.requeue)}`
    case "Terminate":
      return "recorded the deletion"
    case "Cleanup":
      return "gave back what the object held"
    case "WriteFailed":
      return `gave way: ${did.reason}`
  }
}
