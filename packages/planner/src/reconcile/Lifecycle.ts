/** The action of a pass, chosen from the stored plan and what the kind decides. Pure. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { JsonObject, KubernetesObject } from "../model/ObjectMeta.ts"
import { PersistedPlan, type TaskPlan } from "../model/TaskPlan.ts"
import * as Degraded from "../plan/Degraded.ts"
import * as Plan from "../plan/Plan.ts"
import * as PlanBuilder from "../plan/PlanBuilder.ts"
import * as Requeue from "../plan/Requeue.ts"
import * as Retry from "../plan/Retry.ts"
import { PlanRejected, type Reconciler } from "./Reconciler.ts"

/** The one thing a pass does. */
export type Action =
  /** Store a plan, and nothing else (INV-1). */
  | {
      readonly _tag: "CreatePlan"
      readonly plan: TaskPlan
      /** Why, for people. */
      readonly reason: string
      readonly phase: string | undefined
      /** The active plan that this one replaces. */
      readonly supersedes: TaskPlan | undefined
    }
  /** Drive the stored plan. */
  | {
      readonly _tag: "ExecutePlan"
      readonly plan: PersistedPlan
      /** Why an edit of the spec waits for the end of this plan; `undefined` when none waits. */
      readonly holdReason: string | undefined
      /** The pass ends when the current task is complete. */
      readonly stopAfterTask: boolean
    }
  /** Perform one local task whose intent is stored as a condition. */
  | { readonly _tag: "Repair"; readonly task: PlanBuilder.TaskTemplate }
  /** Remove a finished plan from the object (INV-6). */
  | { readonly _tag: "RemovePlan"; readonly plan: TaskPlan }
  /** Report why the spec cannot be planned. */
  | { readonly _tag: "Reject"; readonly rejection: PlanRejected }
  /** Nothing to do, or not yet. */
  | { readonly _tag: "Wait"; readonly requeue: Requeue.Requeue }

/** Chooses the action. The same object, observation and time give the same action. */
export const next = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  status: JsonObject,
  observation: Observation,
  now: DateTime.Utc
): Action => {
  const override = reconciler.override(observation)
  if (Option.isSome(override.repair)) return { _tag: "Repair", task: override.repair.value }
  if (override.paused) return wait(Requeue.awaitChange)
  const stored = PersistedPlan.read(object)
  if (stored === "Unreadable") {
    return reject(new PlanRejected({ field: "status.plan", message: "the stored plan does not decode" }))
  }
  if (stored === "None") return decide(reconciler, object, observation, 0, wait)
  const { plan } = stored
  if (plan.phase === "Complete") return { _tag: "RemovePlan", plan }
  if (plan.phase === "Failed") return afterFailure(reconciler, object, status, observation, plan, now)
  const supersession = reconciler.supersede(observation, plan)
  if (supersession._tag === "Replace") {
    return createPlan(object, supersession.template, { phase: supersession.phase, supersedes: plan })
  }
  return supersession._tag === "Hold"
    ? {
        _tag: "ExecutePlan",
        plan: stored,
        holdReason: supersession.reason,
        stopAfterTask: supersession.untilTaskEnds
      }
    : { _tag: "ExecutePlan", plan: stored, holdReason: undefined, stopAfterTask: false }
}

/** A failed plan is final until something changes, waits for its next attempt, or is built again (INV-4). */
const afterFailure = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  status: JsonObject,
  observation: Observation,
  plan: TaskPlan,
  now: DateTime.Utc
): Action => {
  if (Plan.onFailure(plan)._tag === "FailTo") {
    const supersession = reconciler.supersede(observation, plan)
    return supersession._tag === "Replace"
      ? createPlan(object, supersession.template, { phase: supersession.phase })
      : wait(Requeue.awaitChange)
  }
  const due = Degraded.nextAttempt(plan, status, object.metadata.generation ?? 0)
  if (DateTime.isGreaterThan(due, now)) {
    const message = `back-off before the plan is built again: ${Plan.failure(plan)}`
    return wait(Requeue.after(Retry.until(now, due), { reason: "PlanBackOff", message }))
  }
  const isEdited = DateTime.toEpochMillis(due) === 0 && plan.failedAt !== undefined
  const attempt = isEdited ? 0 : (plan.attempt ?? 0) + 1
  return decide(reconciler, object, observation, attempt, () => ({ _tag: "RemovePlan", plan }))
}

const decide = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  observation: Observation,
  attempt: number,
  withoutPlan: (requeue: Requeue.Requeue) => Action
): Action =>
  Result.match(reconciler.decide(observation), {
    onFailure: reject,
    onSuccess: (decision) =>
      decision._tag === "Wait"
        ? withoutPlan(decision.requeue)
        : createPlan(object, decision.template, { attempt, phase: decision.phase })
  })

interface History {
  readonly attempt?: number
  readonly phase?: string | undefined
  readonly supersedes?: TaskPlan
}

const createPlan = (
  object: KubernetesObject,
  template: PlanBuilder.PlanTemplate,
  { attempt = 0, phase, supersedes }: History
): Action => ({
  _tag: "CreatePlan",
  plan: PlanBuilder.build(object, template, { attempt, supersedes: supersedes?.id }),
  reason: template.reason,
  phase,
  supersedes
})

const reject = (rejection: PlanRejected): Action => ({ _tag: "Reject", rejection })
const wait = (requeue: Requeue.Requeue): Action => ({ _tag: "Wait", requeue })
