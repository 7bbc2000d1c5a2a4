/**
 * What a kind implements: how it is observed, which plan it needs, and how its status is built. All but `observe`,
 * `cleanup` and the tasks is pure.
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

/** The spec cannot be planned. Only an edit can help. */
export class PlanRejected extends Schema.TaggedError<PlanRejected>()("PlanRefused", {
  /** Path of the invalid field: `spec.image`. */
  field: Schema.String,
  message: Schema.String
}) {}

/** What to do with an object that has no active plan. */
export type Decision =
  /** No plan, until something changes or the requeue is due. */
  | { readonly _tag: "Wait"; readonly requeue: Requeue.Requeue }
  | {
      readonly _tag: "CreatePlan"
      readonly template: PlanTemplate
      /** The phase that the object enters with the plan; absent when it keeps its phase. */
      readonly phase?: string
    }

export const nothing: Decision = { _tag: "Wait", requeue: Requeue.awaitChange }
export const wait = (requeue: Requeue.Requeue): Decision => ({ _tag: "Wait", requeue })
export const createPlan = (template: PlanTemplate, phase?: string): Decision =>
  phase === undefined ? { _tag: "CreatePlan", template } : { _tag: "CreatePlan", template, phase }

/** Whether an active plan still fits its object (INV-6). */
export type Supersession =
  | { readonly _tag: "Keep" }
  /** Another plan supersedes it, in a pass that does nothing else. */
  | { readonly _tag: "Replace"; readonly template: PlanTemplate; readonly phase?: string }
  /** It goes on although the spec was edited, because stopping it midway would do harm. */
  | {
      readonly _tag: "Hold"
      readonly reason: string
      /** Only until the current task is complete: no other task starts before `supersede` is asked again. */
      readonly untilTaskEnds: boolean
    }

export const keep: Supersession = { _tag: "Keep" }
export const replace = (template: PlanTemplate, phase?: string): Supersession =>
  phase === undefined ? { _tag: "Replace", template } : { _tag: "Replace", template, phase }
export const hold = (reason: string): Supersession => ({ _tag: "Hold", reason, untilTaskEnds: false })
export const holdForTask = (reason: string): Supersession => ({ _tag: "Hold", reason, untilTaskEnds: true })

/** What takes precedence over plans. */
export interface Override {
  /** No plan is created and none is executed. */
  readonly paused: boolean
  /**
   * A local task to perform now, outside of any plan. Only for an effect whose intent is already stored on the object, as
   * a condition that an earlier pass wrote (INV-1).
   */
  readonly repair: Option.Option<TaskTemplate>
}

/** Compiles only for requirements without the writing half of the API: observing only reads (INV-1). */
export type MayOnlyRead<R> = MayNotWriteStatus<R> &
  ([KubernetesApi] extends [R] ? { readonly "INV-1: an observation may not write": never } : unknown)

export interface Reconciler<Observation, RObserve, R> {
  readonly kind: ObjectKind
  /** Keeps a deleted object until {@link cleanup} is done. */
  readonly finalizer: string
  /** Gathers everything a decision needs. Only reads. */
  readonly observe: (object: KubernetesObject, now: DateTime.Utc) => Effect.Effect<Observation, PlanRejected, RObserve>
  readonly override: (observation: Observation) => Override
  /** Called when no plan is active. The same observation gives the same decision (INV-14). */
  readonly decide: (observation: Observation) => Result.Result<Decision, PlanRejected>
  /** Called while a plan is active, and when one has failed for good: a change may make another plan useful (INV-6). */
  readonly supersede: (observation: Observation, plan: TaskPlan) => Supersession
  /** Completes the status that this pass is about to write: conditions of the kind, mirrored fields. */
  readonly buildStatus: (observation: Observation, status: JsonObject) => JsonObject
  /** The Kubernetes Events of a status change; called once per change that was written. */
  readonly events: (before: JsonObject, after: JsonObject) => ReadonlyArray<Event>
  /**
   * Deletes what the garbage collector does not, after the phase `Terminating` is stored. It may run again after a crash. It
   * submits nothing to an agent, because no stored task claims that (INV-8).
   */
  readonly cleanup: (object: KubernetesObject) => Effect.Effect<Progress, TaskDeferred | TaskImpossible, R>
  readonly tasks: Registry<string, Observation, R>
}

/** A reconciler whose types are checked: `observe` cannot write, tasks cannot write status (INV-1, INV-2). */
export const make = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R> & MayOnlyRead<RObserve> & MayNotWriteStatus<R>
): Reconciler<Observation, RObserve, R> => reconciler
