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
import { PlanRefused, type Reconciler } from "./Reconciler.ts"

/** The one thing a turn does. */
export type Move =
  /** Record a plan, and nothing else (INV-1). */
  | {
      readonly _tag: "Begin"
      readonly plan: TaskPlan
      readonly because: string
      readonly phase: string | undefined
      /** The active plan it takes the place of. */
      readonly supersedes: TaskPlan | undefined
    }
  /** Drive the stored plan. */
  | {
      readonly _tag: "Step"
      readonly plan: PersistedPlan
      /** Why an edit of the spec waits for its end; `undefined` when none does. */
      readonly held: string | undefined
      /** No other task is begun once the current one has ended. */
      readonly oneTask: boolean
    }
  /** Perform one local task whose intent is stored as a condition. */
  | { readonly _tag: "Correct"; readonly step: PlanBuilder.Step }
  /** Take a finished plan off the object (INV-6). */
  | { readonly _tag: "Clear"; readonly plan: TaskPlan }
  | { readonly _tag: "Refuse"; readonly refusal: PlanRefused }
  | { readonly _tag: "Rest"; readonly requeue: Requeue.Requeue }

/** Chooses the move. The same object, observation and time give the same move. */
export const next = <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  object: KubernetesObject,
  status: JsonObject,
  seen: Seen,
  now: DateTime.Utc
): Move => {
  const posture = reconciler.posture(seen)
  if (Option.isSome(posture.correct)) return { _tag: "Correct", step: posture.correct.value }
  if (posture.held) return rest(Requeue.settled)
  const stored = PersistedPlan.read(object)
  if (stored === "Unreadable") {
    return refuse(new PlanRefused({ field: "status.plan", message: "the stored plan cannot be read" }))
  }
  if (stored === "None") return decide(reconciler, object, seen, 0, rest)
  const { plan } = stored
  if (plan.phase === "Complete") return { _tag: "Clear", plan }
  if (plan.phase === "Failed") return afterFailure(reconciler, object, status, seen, plan, now)
  const verdict = reconciler.supersede(seen, plan)
  if (verdict._tag === "Replace") return begin(object, verdict.blueprint, { phase: verdict.phase, supersedes: plan })
  return verdict._tag === "Hold"
    ? { _tag: "Step", plan: stored, held: verdict.why, oneTask: verdict.untilTaskEnds }
    : { _tag: "Step", plan: stored, held: undefined, oneTask: false }
}

/** A failed plan is final for as long as nothing changes, or waits for its next attempt, or is built again (INV-4). */
const afterFailure = <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  object: KubernetesObject,
  status: JsonObject,
  seen: Seen,
  plan: TaskPlan,
  now: DateTime.Utc
): Move => {
  if (Plan.onFailure(plan)._tag === "FailTo") {
    const verdict = reconciler.supersede(seen, plan)
    return verdict._tag === "Replace"
      ? begin(object, verdict.blueprint, { phase: verdict.phase })
      : rest(Requeue.settled)
  }
  const due = Degraded.nextAttempt(plan, status, object.metadata.generation ?? 0)
  if (DateTime.isGreaterThan(due, now)) {
    return rest(Requeue.after(Retry.until(now, due), `the next attempt after ${Plan.failure(plan)}`))
  }
  const edited = DateTime.toEpochMillis(due) === 0 && plan.failedAt !== undefined
  return decide(reconciler, object, seen, edited ? 0 : (plan.attempt ?? 0) + 1, () => ({ _tag: "Clear", plan }))
}

const decide = <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  object: KubernetesObject,
  seen: Seen,
  attempt: number,
  otherwise: (requeue: Requeue.Requeue) => Move
): Move =>
  Result.match(reconciler.decide(seen), {
    onFailure: refuse,
    onSuccess: (decision) =>
      decision._tag === "Nothing"
        ? otherwise(decision.requeue)
        : begin(object, decision.blueprint, { attempt, phase: decision.phase })
  })

interface Beginning {
  readonly attempt?: number
  readonly phase?: string | undefined
  readonly supersedes?: TaskPlan
}

const begin = (
  object: KubernetesObject,
  blueprint: PlanBuilder.Blueprint,
  { attempt = 0, phase, supersedes }: Beginning
): Move => ({
  _tag: "Begin",
  plan: PlanBuilder.build(object, blueprint, { attempt, supersedes: supersedes?.id }),
  because: blueprint.because,
  phase,
  supersedes
})

const refuse = (refusal: PlanRefused): Move => ({ _tag: "Refuse", refusal })
const rest = (requeue: Requeue.Requeue): Move => ({ _tag: "Rest", requeue })
