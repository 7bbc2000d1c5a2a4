/** Whether a ledger shows enough for a law to be judged by it: a law is not held because nobody looked. */
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import type { Expectations, Need } from "./Invariant.ts"
import * as PlanKind from "./PlanKind.ts"

/** What a ledger lacks of what a law needs, and what to do about it; nothing when the law can be judged. */
export const lacking = (
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

/** Why nobody's turns can be judged at all, or not those of a kind that was described. */
export const blindness = (calls: ReadonlyArray<Call>, expectations: Expectations): string | undefined =>
  reasons.passes(calls, expectations) ?? hiddenPlan(calls, expectations.kinds ?? [])

const reasons: {
  readonly [need in Need]: (calls: ReadonlyArray<Call>, expectations: Expectations) => string | undefined
} = {
  passes: (calls) =>
    calls.some(({ pass }) => pass !== undefined)
      ? undefined
      : "no call names its turn: run turns of `Reconcile`, or send the header Audit-ID: <process>-<turn>-<n>",
  states: (calls) => {
    const writes = calls.filter(History.isWritten)
    if (writes.length === 0) return "nobody wrote a status"
    return writes.some(({ after, before }) => before !== undefined && after !== undefined)
      ? undefined
      : "no status write shows its object before and after: log writes at level RequestResponse, from before the object was made"
  },
  plans: (calls, { kinds = [] }) => {
    if (kinds.length > 0) return hiddenPlan(calls, kinds)
    return History.states(calls).some((state) => History.planOf(state) !== undefined)
      ? undefined
      : "no object shows a plan at .status.plan: say with `PlanKind` where its kind keeps it"
  },
  agents: (calls) =>
    calls.some(({ verb }) => verb === "submit" || verb === "poll")
      ? undefined
      : "no call to an agent is in it: an API server does not see those",
  deletes: (calls) =>
    calls.some(({ pass, verb }) => verb === "delete" && pass !== undefined) ? undefined : "no turn deleted anything"
}

/** Which described kind has objects that never show a plan where it is said to be, and where there is one; nothing when none. */
export const hiddenPlan = (calls: ReadonlyArray<Call>, kinds: ReadonlyArray<PlanKind.PlanKind>): string | undefined => {
  for (const kind of kinds) {
    const states = History.states(calls).filter((state) => PlanKind.describes(kind, state))
    if (states.length === 0 || states.some((state) => History.planOf(state) !== undefined)) continue
    const found = states.map((state) => PlanKind.findPlan(state.status, ".status")).find((path) => path !== undefined)
    const hint = found === undefined ? "say where its plan is" : `there is one at ${found}`
    return `no ${kind.kind.kind} shows a plan at ${kind.plan}: ${hint}`
  }
  return undefined
}
