/** What a turn does, chosen from the stored plan and what the kind asks for. Pure. */
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

/** The one thing a turn does. */
export type Action =
  /** Record a plan, and nothing else (INV-1). */
  | {
      readonly _tag: "CreatePlan"
      readonly plan: TaskPlan
      readonly reason: string
      readonly phase: string | undefined
      /** The active plan it takes the place of. */
      readonly supersedes: TaskPlan | undefined
    }
  /** Drive the stored plan. */
  | {
      readonly _tag: "ExecutePlan"
      readonly plan: PersistedPlan
      /** Why an edit of the spec waits for its end; `undefined` when none does. */
      readonly holdReason: string | undefined
      /** No other task is begun once the current one has ended. */
      readonly stopAfterTask: boolean
    }
  /** Perform one local task whose intent is stored as a condition. */
  | { readonly _tag: "Repair"; readonly task: PlanBuilder.TaskTemplate }
  /** Take a finished plan off the object (INV-6). */
  | { readonly _tag: "RemovePlan"; readonly plan: TaskPlan }
  | { readonly _tag: "Reject"; readonly rejection: PlanRejected }
  | { readonly _tag: "Wait"; readonly requeue: Requeue.Requeue }

/** Chooses the move. The same object, observation and time give the same move. */
export const next = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  status: JsonObject,
  observation: Observation,
  now: DateTime.Utc
): Action => {
  const override = reconciler.override(observation)
  if (Option.isSome(override.repair)) return { _tag: "Repair", task: override.repair.value }
  if (override.paused) return rest(Requeue.awaitChange)
  const stored = PersistedPlan.read(object)
  if (stored === "Unreadable") {
    return reject(new PlanRejected({ field: "status.plan", message: "the stored plan cannot be read" }))
  }
  if (stored === "None") return decide(reconciler, object, observation, 0, rest)
  const { plan } = stored
  if (plan.phase === "Complete") return { _tag: "RemovePlan", plan }
  if (plan.phase === "Failed") return afterFailure(reconciler, object, status, observation, plan, now)
  const verdict = reconciler.supersede(observation, plan)
  if (verdict._tag === "Replace") return begin(object, verdict.template, { phase: verdict.phase, supersedes: plan })
  return verdict._tag === "Hold"
    ? { _tag: "ExecutePlan", plan: stored, holdReason: verdict.reason, stopAfterTask: verdict.untilTaskEnds }
    : { _tag: "ExecutePlan", plan: stored, holdReason: undefined, stopAfterTask: false }
}

/** A failed plan is final for as long as nothing changes, or waits for its next attempt, or is built again (INV-4). */
const afterFailure = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  status: JsonObject,
  observation: Observation,
  plan: TaskPlan,
  now: DateTime.Utc
): Action => {
  if (Plan.onFailure(plan)._tag === "FailTo") {
    const verdict = reconciler.supersede(observation, plan)
    return verdict._tag === "Replace"
      ? begin(object, verdict.template, { phase: verdict.phase })
      : rest(Requeue.awaitChange)
  }
  const due = Degraded.nextAttempt(plan, status, object.metadata.generation ?? 0)
  if (DateTime.isGreaterThan(due, now)) {
    return rest(Requeue.after(Retry.until(now, due), `the next attempt after ${Plan.failure(plan)}`))
  }
  const edited = DateTime.toEpochMillis(due) === 0 && plan.failedAt !== undefined
  return decide(reconciler, object, observation, edited ? 0 : (plan.attempt ?? 0) + 1, () => ({
    _tag: "RemovePlan",
    plan
  }))
}

const decide = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  observation: Observation,
  attempt: number,
  otherwise: (requeue: Requeue.Requeue) => Action
): Action =>
  Result.match(reconciler.decide(observation), {
    onFailure: reject,
    onSuccess: (decision) =>
      decision._tag === "Wait"
        ? otherwise(decision.requeue)
        : begin(object, decision.template, { attempt, phase: decision.phase })
  })

interface Replacement {
  readonly attempt?: number
  readonly phase?: string | undefined
  readonly supersedes?: TaskPlan
}

const begin = (
  object: KubernetesObject,
  template: PlanBuilder.PlanTemplate,
  { attempt = 0, phase, supersedes }: Replacement
): Action => ({
  _tag: "CreatePlan",
  plan: PlanBuilder.build(object, template, { attempt, supersedes: supersedes?.id }),
  reason: template.reason,
  phase,
  supersedes
})

const reject = (rejection: PlanRejected): Action => ({ _tag: "Reject", rejection })
const rest = (requeue: Requeue.Requeue): Action => ({ _tag: "Wait", requeue })
