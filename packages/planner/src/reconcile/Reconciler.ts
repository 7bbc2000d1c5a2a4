/**
 * What a kind brings to a turn: how it is seen, what it needs, and how it shows where it stands. All but `observe`,
 * `release` and the tasks is pure.
 */
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { JsonObject, KubernetesObject, ObjectKind } from "../model/ObjectMeta.ts"
import type { TaskPlan } from "../model/TaskPlan.ts"
import type { PlanTemplate, TaskTemplate } from "../plan/PlanBuilder.ts"
import * as Requeue from "../plan/Requeue.ts"
import type { Event } from "../services/EventRecorder.ts"
import type { KubernetesApi } from "../services/KubernetesApi.ts"
import type { Registry } from "../tasks/Registry.ts"
import type { MayNotWriteStatus, Progress, TaskDeferred, TaskImpossible } from "../tasks/Task.ts"

/** The object cannot be planned as it is written. Asking again cannot help; an edit can. */
export class PlanRejected extends Schema.TaggedError<PlanRejected>()("PlanRefused", {
  /** Path of the field at fault: `spec.image`. */
  field: Schema.String,
  message: Schema.String
}) {}

/** What an object without an active plan needs. */
export type Decision =
  /** No plan, until something changes or `requeue` says so. */
  | { readonly _tag: "Wait"; readonly requeue: Requeue.Requeue }
  | {
      readonly _tag: "CreatePlan"
      readonly template: PlanTemplate
      /** Phase the object enters with the plan; absent when it keeps its own. */
      readonly phase?: string
    }

export const nothing: Decision = { _tag: "Wait", requeue: Requeue.awaitChange }
export const wait = (requeue: Requeue.Requeue): Decision => ({ _tag: "Wait", requeue })
export const createPlan = (template: PlanTemplate, phase?: string): Decision =>
  phase === undefined ? { _tag: "CreatePlan", template } : { _tag: "CreatePlan", template, phase }

/** Whether an active plan still does what its object needs (INV-6). */
export type Supersession =
  | { readonly _tag: "Keep" }
  /** Another plan takes its place, in a turn that does nothing else. */
  | { readonly _tag: "Replace"; readonly template: PlanTemplate; readonly phase?: string }
  /** It goes on although the spec was edited, because leaving it half done would do harm. */
  | {
      readonly _tag: "Hold"
      readonly reason: string
      /** Only until its current task has ended: no other is begun before this is asked again. */
      readonly untilTaskEnds: boolean
    }

export const keep: Supersession = { _tag: "Keep" }
export const replace = (template: PlanTemplate, phase?: string): Supersession =>
  phase === undefined ? { _tag: "Replace", template } : { _tag: "Replace", template, phase }
export const hold = (why: string): Supersession => ({ _tag: "Hold", reason: why, untilTaskEnds: false })
export const holdForTask = (why: string): Supersession => ({ _tag: "Hold", reason: why, untilTaskEnds: true })

/** What stands above plans. */
export interface Override {
  /** No plan is begun and none is driven. */
  readonly paused: boolean
  /**
   * A local task to perform now, outside of any plan. Only for an effect whose intent is already stored on the object, as
   * a condition that an earlier turn wrote (INV-1).
   */
  readonly repair: Option.Option<TaskTemplate>
}

/** Compiles only for requirements without the writing half of the API: observing only reads (INV-1). */
export type MayOnlyRead<R> = MayNotWriteStatus<R> &
  ([KubernetesApi] extends [R] ? { readonly "INV-1: an observation may not write": never } : unknown)

export interface Reconciler<Observation, RObserve, R> {
  readonly kind: ObjectKind
  /** Keeps the object until {@link cleanup} is done. */
  readonly finalizer: string
  /** Everything a decision needs, gathered once. Only reads. */
  readonly observe: (object: KubernetesObject, now: DateTime.Utc) => Effect.Effect<Observation, PlanRejected, RObserve>
  readonly override: (observation: Observation) => Override
  /** Asked when no plan is active. The same answer for the same observation (INV-14). */
  readonly decide: (observation: Observation) => Result.Result<Decision, PlanRejected>
  /**
   * Asked while a plan is active, and when one has failed for good: something else may have changed that makes another
   * one worth its while (INV-6).
   */
  readonly supersede: (observation: Observation, plan: TaskPlan) => Supersession
  /** The status as users see it, given what was seen and the status that this turn is about to write. */
  readonly buildStatus: (observation: Observation, status: JsonObject) => JsonObject
  /** Notes for people about a change of status; asked once per change that was written. */
  readonly events: (before: JsonObject, after: JsonObject) => ReadonlyArray<Event>
  /**
   * Gives back what the garbage collector does not, after the phase `Terminating` is stored. May be repeated, and submits
   * nothing to an agent: no stored task claims that (INV-8).
   */
  readonly cleanup: (object: KubernetesObject) => Effect.Effect<Progress, TaskDeferred | TaskImpossible, R>
  readonly tasks: Registry<string, Observation, R>
}

/** A reconciler, checked: what observes may not write, what acts may not write status (INV-1, INV-2). */
export const make = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R> & MayOnlyRead<RObserve> & MayNotWriteStatus<R>
): Reconciler<Observation, RObserve, R> => reconciler
