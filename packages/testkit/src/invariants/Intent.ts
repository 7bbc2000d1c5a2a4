/** INV-1: a plan is stored before any of its tasks runs. */
import { Condition } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Expectations, type Invariant, type Violation, violation } from "./Invariant.ts"
import * as PlanKind from "./PlanKind.ts"

export const planStoredBeforeEffects: Invariant = {
  name: "INV-1",
  statement:
    "A plan is stored before any of its tasks runs. The pass that creates it submits nothing and writes nothing but status and the finalizer.",
  needs: ["passes", "plans"],
  check: (calls, expectations) => [
    ...History.passes(calls).flatMap(effectsOnCreation),
    ...History.passes(calls).flatMap((pass) => effectsWithoutIntent(calls, pass, expectations))
  ]
}

const effectsOnCreation = (pass: History.PassCalls): ReadonlyArray<Violation> => {
  const effects = pass.calls.filter(History.isEffect)
  if (effects.length === 0 || !pass.calls.some(History.isPlanCreation)) return []
  return [violation("INV-1", `${History.describePass(pass)} created a plan and also did ${namesOf(effects)}`, effects)]
}

/**
 * A side effect needs its intent in the version that the pass read. Without that version in the log nothing is
 * reported.
 */
const effectsWithoutIntent = (
  calls: ReadonlyArray<Call>,
  pass: History.PassCalls,
  { intents = [], kinds = [] }: Expectations
): ReadonlyArray<Violation> => {
  const effects = pass.calls.filter(History.isEffect)
  const observed = History.objectAt(calls, pass.key, pass.observedVersion)
  if (effects.length === 0 || observed === undefined) return []
  const status = History.statusOf(observed)
  const kindIntents = kinds.filter((kind) => PlanKind.matches(kind, observed)).flatMap((kind) => kind.intents)
  const hasIntent =
    History.planOf(observed)?.phase === "Active" ||
    status.phase === "Terminating" ||
    [...intents, ...kindIntents].some((type) => Condition.find(status, type) !== undefined)
  const message = `${History.describePass(pass)} did ${namesOf(effects)} without a stored plan or intent`
  return hasIntent ? [] : [violation("INV-1", message, effects)]
}

const namesOf = (calls: ReadonlyArray<Call>): string => calls.map(({ target, verb }) => `${verb} ${target}`).join(", ")
