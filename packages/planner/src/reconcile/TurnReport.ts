/** What a turn did, for whoever watches. Nothing depends on a report. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { JsonObject, KubernetesObject } from "../model/ObjectMeta.ts"
import * as Requeue from "../plan/Requeue.ts"
import type { Turn } from "../services/CurrentTurn.ts"
import type { Note } from "../services/EventRecorder.ts"
import type { Move } from "./Lifecycle.ts"

export interface TurnReport {
  readonly turn: Turn
  /** The object as it was seen. */
  readonly object: KubernetesObject
  /** What was done: a move, or a step of deletion, or nothing because it was lost to another writer. */
  readonly did:
    | Move
    | { readonly _tag: "Terminate" }
    | { readonly _tag: "Release" }
    | { readonly _tag: "Lost"; readonly why: string }
  /** The status patch that was written; empty when there was nothing to write. */
  readonly wrote: JsonObject
  readonly notes: ReadonlyArray<Note>
  readonly requeue: Requeue.Requeue
}

/** Hears of every turn of this process. Set it at the roof. */
export const TurnObserver = Context.Reference<(report: TurnReport) => Effect.Effect<void>>(
  "@portolan/planner/reconcile/TurnObserver",
  { defaultValue: () => () => Effect.void }
)

/** A sentence about what a turn did. */
export const describe = ({ did }: TurnReport): string => {
  switch (did._tag) {
    case "Begin":
      return `${did.supersedes === undefined ? "recorded a plan" : "recorded a plan in place of the active one"}: ${did.because}`
    case "Step":
      return did.held === undefined ? "drove the plan" : `drove the plan; ${did.held}`
    case "Correct":
      return `corrected by ${did.step.type}`
    case "Clear":
      return `took the ${did.plan.phase === "Complete" ? "finished" : "failed"} plan off the object`
    case "Refuse":
      return `refused: ${did.refusal.field}: ${did.refusal.message}`
    case "Rest":
      return Requeue.reason(did.requeue) === "" ? "found nothing to do" : `waits for ${Requeue.reason(did.requeue)}`
    case "Terminate":
      return "recorded the deletion"
    case "Release":
      return "gave back what the object held"
    case "Lost":
      return `gave way: ${did.why}`
  }
}
