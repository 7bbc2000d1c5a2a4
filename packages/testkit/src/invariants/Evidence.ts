/** Whether a call log contains enough to check an invariant. Without this, an empty log would pass every check. */
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import type { Expectations, Need } from "./Invariant.ts"
import * as PlanKind from "./PlanKind.ts"

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

const reasons: {
  readonly [need in Need]: (calls: ReadonlyArray<Call>, expectations: Expectations) => string | undefined
} = {
  passes: (calls) =>
    calls.some(({ pass }) => pass !== undefined)
      ? undefined
      : "no call names its pass: run passes of `Reconcile`, or send the header Audit-ID: <process>-<pass>-<n>",
  states: (calls) => {
    const writes = calls.filter(History.isStatusWrite)
    if (writes.length === 0) return "no status write succeeded"
    return writes.some(({ after, before }) => before !== undefined && after !== undefined)
      ? undefined
      : "no status write shows its object before and after: log writes at level RequestResponse, from before the object is created"
  },
  plans: (calls, { kinds = [] }) => {
    if (kinds.length > 0) return planNotFound(calls, kinds)
    return History.states(calls).some((state) => History.planOf(state) !== undefined)
      ? undefined
      : "no object has a plan at .status.plan: describe with `PlanKind` where the kind stores it"
  },
  agents: (calls) =>
    calls.some(({ verb }) => verb === "submit" || verb === "poll")
      ? undefined
      : "no call to an agent is recorded: an API server does not see those",
  deletes: (calls) =>
    calls.some(({ pass, verb }) => verb === "delete" && pass !== undefined) ? undefined : "no pass deleted anything"
}

/**
 * Names a described kind whose objects never have a plan at its path, with the path of a plan that was found elsewhere.
 */
export const planNotFound = (
  calls: ReadonlyArray<Call>,
  kinds: ReadonlyArray<PlanKind.PlanKind>
): string | undefined => {
  for (const kind of kinds) {
    const states = History.states(calls).filter((state) => PlanKind.matches(kind, state))
    if (states.length === 0 || states.some((state) => History.planOf(state) !== undefined)) continue
    const found = states.map((state) => PlanKind.findPlan(state.status, ".status")).find((path) => path !== undefined)
    const hint = found === undefined ? "set the path of its plan" : `there is a plan at ${found}`
    return `no ${kind.kind.kind} has a plan at ${kind.plan}: ${hint}`
  }
  return undefined
}
