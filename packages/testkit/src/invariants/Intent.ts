/** INV-1: a plan is stored before any of its tasks runs. */
import { Condition } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import type { Expectations, Invariant, Violation } from "./Invariant.ts"
import * as PlanKind from "./PlanKind.ts"

export const invariant: Invariant = {
  name: "INV-1",
  text: "A plan is stored before any of its tasks runs. The turn that records it submits nothing and writes nothing but status and the finalizer.",
  needs: ["passes", "plans"],
  check: (calls, expectations) => [
    ...History.passes(calls).flatMap(createsOnly),
    ...History.passes(calls).flatMap((pass) => actsOnIntent(calls, pass, expectations))
  ]
}

const violation = (message: string, calls: ReadonlyArray<Call>): Violation => ({
  invariant: "INV-1",
  message,
  calls: calls.map(({ index }) => index)
})

const createsOnly = (pass: History.PassCalls): ReadonlyArray<Violation> => {
  const effects = pass.calls.filter(History.isEffect)
  return effects.length > 0 && pass.calls.some(History.isCreation)
    ? [violation(`${History.nameOf(pass)} recorded a plan and also made ${named(effects)}`, effects)]
    : []
}

/** An effect needs its intent in the version that the turn saw. A version that the ledger never saw proves nothing. */
const actsOnIntent = (
  calls: ReadonlyArray<Call>,
  pass: History.PassCalls,
  { intents = [], kinds = [] }: Expectations
): ReadonlyArray<Violation> => {
  const effects = pass.calls.filter(History.isEffect)
  const seen = History.objectAt(calls, pass.key, pass.observedVersion)
  if (effects.length === 0 || seen === undefined) return []
  const status = History.statusOf(seen)
  const own = kinds.filter((kind) => PlanKind.describes(kind, seen)).flatMap((kind) => kind.intents)
  const intended =
    History.planOf(seen)?.phase === "Active" ||
    status.phase === "Terminating" ||
    [...intents, ...own].some((type) => Condition.find(status, type) !== undefined)
  return intended ? [] : [violation(`${History.nameOf(pass)} made ${named(effects)} without a stored intent`, effects)]
}

const named = (calls: ReadonlyArray<Call>): string => calls.map(({ target, verb }) => `${verb} ${target}`).join(", ")
