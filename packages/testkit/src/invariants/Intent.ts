/** INV-1: a plan is stored before any of its tasks runs. */
import { Condition } from "@portolan/planner"
import type { Call } from "../Ledger.ts"
import * as PlanKind from "../PlanKind.ts"
import * as History from "./History.ts"
import type { Expectations, Law, Violation } from "./Law.ts"

export const law: Law = {
  name: "INV-1",
  text: "A plan is stored before any of its tasks runs. The turn that records it submits nothing and writes nothing but status and the finalizer.",
  needs: ["turns", "plans"],
  check: (calls, expectations) => [
    ...History.turns(calls).flatMap(createsOnly),
    ...History.turns(calls).flatMap((turn) => actsOnIntent(calls, turn, expectations))
  ]
}

const violation = (message: string, calls: ReadonlyArray<Call>): Violation => ({
  law: "INV-1",
  message,
  calls: calls.map(({ index }) => index)
})

const createsOnly = (turn: History.TurnCalls): ReadonlyArray<Violation> => {
  const effects = turn.calls.filter(History.isEffect)
  return effects.length > 0 && turn.calls.some(History.isCreation)
    ? [violation(`${History.nameOf(turn)} recorded a plan and also made ${named(effects)}`, effects)]
    : []
}

/** An effect needs its intent in the version that the turn saw. A version that the ledger never saw proves nothing. */
const actsOnIntent = (
  calls: ReadonlyArray<Call>,
  turn: History.TurnCalls,
  { intents = [], kinds = [] }: Expectations
): ReadonlyArray<Violation> => {
  const effects = turn.calls.filter(History.isEffect)
  const seen = History.objectAt(calls, turn.key, turn.seen)
  if (effects.length === 0 || seen === undefined) return []
  const status = History.statusOf(seen)
  const own = kinds.filter((kind) => PlanKind.describes(kind, seen)).flatMap((kind) => kind.intents)
  const intended =
    History.planOf(seen)?.phase === "Active" ||
    status.phase === "Terminating" ||
    [...intents, ...own].some((type) => Condition.find(status, type) !== undefined)
  return intended ? [] : [violation(`${History.nameOf(turn)} made ${named(effects)} without a stored intent`, effects)]
}

const named = (calls: ReadonlyArray<Call>): string => calls.map(({ target, verb }) => `${verb} ${target}`).join(", ")
