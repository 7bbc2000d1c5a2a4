/** Whether a call log contains enough to check an invariant. Without this, an empty log would pass every check. */
import type { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as Determinism from "./Determinism.ts"
import * as History from "./History.ts"
import type { Expectations, Need } from "./Invariant.ts"
import * as Leftovers from "./Leftovers.ts"
import * as Owners from "./Owners.ts"
import * as PlanKind from "./PlanKind.ts"
import { conditionsOf, isRetried, planOf, waitOf } from "./StoredStatus.ts"

/** What the call log lacks for a check, and how to record it; `undefined` when the check can run. */
export const missing = (
  calls: ReadonlyArray<Call>,
  needs: ReadonlyArray<Need>,
  expectations: Expectations
): string | undefined => {
  for (const need of needs) {
    const reason = reasons[need](calls, expectations)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** Why no pass at all can be checked, or no pass of a described kind; `undefined` when passes can be checked. */
export const nothingToCheck = (calls: ReadonlyArray<Call>, expectations: Expectations): string | undefined =>
  reasons.passes(calls, expectations) ?? planNotFound(calls, expectations.kinds ?? [])

type Reason = (calls: ReadonlyArray<Call>, expectations: Expectations) => string | undefined

/** A need that one call, or one state of an object, meets. */
const anyOf =
  (meets: (calls: ReadonlyArray<Call>) => boolean, reason: string): Reason =>
  (calls) =>
    meets(calls) ? undefined : reason

const anyState = (meets: (state: ObjectMeta.KubernetesObject) => boolean, reason: string): Reason =>
  anyOf((calls) => History.states(calls).some(meets), reason)

const inPass = (meets: (call: Call) => boolean, reason: string): Reason =>
  anyOf((calls) => calls.some((call) => call.pass !== undefined && meets(call)), reason)

const reasons: { readonly [need in Need]: Reason } = {
  passes: inPass(
    () => true,
    "no call names its pass: run passes of `Reconcile`, or send the header Audit-ID: <process>-<pass>-<n>"
  ),
  statusWrites: anyOf((calls) => calls.some(({ verb }) => verb === "patchStatus"), "no status was written"),
  states: (calls) => {
    const writes = History.statusWrites(calls)
    if (writes.length === 0) return "no status write succeeded"
    return writes.some(({ after, before }) => before !== undefined && after !== undefined)
      ? undefined
      : "no status write shows its object before and after: log writes at level RequestResponse, from before the object is created"
  },
  plans: (calls, { kinds = [] }) => {
    if (kinds.length > 0) return planNotFound(calls, kinds)
    return History.states(calls).some((state) => planOf(state) !== undefined)
      ? undefined
      : "no object has a plan at .status.plan: describe with `PlanKind` where the kind stores it"
  },
  effects: anyOf(
    (calls) =>
      History.passes(calls).some(
        (pass) =>
          pass.calls.some(History.isEffect) && History.objectAt(calls, pass.key, pass.observedVersion) !== undefined
      ),
    "no pass with a side effect has its object in the log as the pass read it"
  ),
  endedPlans: anyOf(
    (calls) =>
      History.statusWrites(calls).some(({ after, before }) => {
        const plan = planOf(before)
        return plan !== undefined && (planOf(after)?.id !== plan.id || planOf(after)?.phase !== plan.phase)
      }),
    "no plan ended or was replaced"
  ),
  failedPlans: anyState((state) => isRetried(planOf(state)), "no plan without a failedPhase failed"),
  conditions: anyState((state) => conditionsOf(state).length > 0, "no object has a condition"),
  waits: anyState((state) => waitOf(state) !== undefined, "no object has a wait at .status.waiting"),
  submissions: inPass(
    ({ verb }) => verb === "submit",
    "no submission to an agent is recorded in a pass: an API server does not see those"
  ),
  taskFailures: inPass(({ answer }) => isFailure(answer), "no agent reported a failed task to a pass"),
  deletes: inPass(({ verb }) => verb === "delete", "no pass deleted anything"),
  builtPlans: anyOf((calls) => Determinism.builtPlans(calls).length > 1, "fewer than two plans were built"),
  objects: anyOf(
    (calls) => calls.some((call) => Owners.isAboutAnother(call) && call.after !== undefined),
    "no pass wrote an object other than the one that it reconciles"
  ),
  ends: anyOf((calls) => calls.some(Leftovers.isEnd), "no reconciled object was deleted to its end")
}

const isFailure = (answer: unknown): boolean =>
  typeof answer === "object" && answer !== null && "_tag" in answer && answer._tag === "Failed"

/**
 * Names a described kind whose objects never have a plan at its path, with the path of a plan that was found elsewhere.
 */
export const planNotFound = (
  calls: ReadonlyArray<Call>,
  kinds: ReadonlyArray<PlanKind.PlanKind>
): string | undefined => {
  for (const kind of kinds) {
    const states = History.states(calls).filter((state) => PlanKind.matches(kind, state))
    if (states.length === 0 || states.some((state) => planOf(state) !== undefined)) continue
    const found = states.map((state) => PlanKind.findPlan(state.status, ".status")).find((path) => path !== undefined)
    const hint = found === undefined ? "set the path of its plan" : `there is a plan at ${found}`
    return `no ${kind.kind.kind} has a plan at ${kind.plan}: ${hint}`
  }
  return undefined
}
