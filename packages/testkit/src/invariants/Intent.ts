/** INV-1: a plan is stored before any of its tasks runs. */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import type { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Expectations, type Invariant, type Violation, violation } from "./Invariant.ts"
import * as PlanKind from "./PlanKind.ts"
import { conditionOf, planOf, statusOf } from "./StoredStatus.ts"

export const planStoredBeforeEffects: Invariant = {
  name: "INV-1",
  statement:
    "A plan is stored before any of its tasks runs. The pass that creates it submits nothing and writes nothing but status and the finalizer.",
  needs: ["passes", "plans", "effects"],
  check: (calls, expectations) => [
    ...History.passes(calls).flatMap((pass) => effectsOnCreation(calls, pass)),
    ...History.passes(calls).flatMap((pass) => effectsWithoutIntent(calls, pass, expectations))
  ]
}

const effectsOnCreation = (calls: ReadonlyArray<Call>, pass: History.PassCalls): ReadonlyArray<Violation> => {
  const effects = pass.calls.filter(History.isEffect)
  if (effects.length === 0) return []
  const creations = pass.calls.filter((call) => History.isStatusWrite(calls)(call) && History.isPlanCreation(call))
  if (creations.length === 0) return []
  return [violation("INV-1", `${History.describePass(pass)} created a plan and also did ${namesOf(effects)}`, effects)]
}

/**
 * A side effect needs its intent in the version that the pass read: an active plan, a deletion whose phase `Terminating` is
 * stored, or a condition that asks for exactly this effect. Without that version in the log nothing is reported.
 */
const effectsWithoutIntent = (
  calls: ReadonlyArray<Call>,
  pass: History.PassCalls,
  { intents = [], kinds = [] }: Expectations
): ReadonlyArray<Violation> => {
  const observed = History.objectAt(calls, pass.key, pass.observedVersion)
  if (observed === undefined || planOf(observed)?.phase === "Active") return []
  const isDeletion = observed.metadata.deletionTimestamp !== undefined && statusOf(observed).phase === "Terminating"
  const kindIntents = kinds.filter((kind) => PlanKind.matches(kind, observed)).flatMap((kind) => kind.intents)
  const isIntended = (call: Call): boolean =>
    isDeletion ? call.verb !== "submit" : [...intents, ...kindIntents].some((intent) => matches(intent, observed, call))
  const effects = pass.calls.filter((call) => History.isEffect(call) && !isIntended(call))
  const message = `${History.describePass(pass)} did ${namesOf(effects)} without a stored plan or intent`
  return effects.length === 0 ? [] : [violation("INV-1", message, effects)]
}

/**
 * Whether a call does what a stored condition asks for: it sets the field of an existing object, and the field had another
 * value, nothing changed, or the call had no effect.
 */
const matches = (intent: PlanKind.Intent, observed: ObjectMeta.KubernetesObject, call: Call): boolean => {
  const status = conditionOf(observed, intent.condition)?.status
  if (status === undefined || status === "Unknown" || call.verb !== intent.verb) return false
  const wanted = intent.sets[status]
  const { after, before, result, sent, target } = call
  const kind = (after ?? before)?.kind ?? target.split(" ")[0]
  if (wanted === undefined || kind !== intent.kind) return false
  if (!Json.equal(valueAt(Json.fromUnknown(sent), intent.sets.field), wanted)) return false
  if (before === undefined) return result !== "ok"
  const isUnchanged = before.metadata.resourceVersion === after?.metadata.resourceVersion
  return isUnchanged || !Json.equal(valueAt(before, intent.sets.field), wanted)
}

/** The value at a path such as `.spec.replicas`. */
const valueAt = (object: Json.Json | undefined, path: string): Json.Json | undefined =>
  Json.at(object, ...path.split(".").slice(1))

const namesOf = (calls: ReadonlyArray<Call>): string => calls.map(({ target, verb }) => `${verb} ${target}`).join(", ")
