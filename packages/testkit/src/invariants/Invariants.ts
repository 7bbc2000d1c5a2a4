/**
 * Checks the invariants over a call log, for any kind that stores a plan in its status. `PlanKind` describes a kind
 * that stores its plan outside of `.status.plan`.
 *
 * A check finds violations in the calls that were recorded. It says nothing about calls that are not in the log.
 */
import { ObjectMeta } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { type Call, CallLog } from "../services/CallLog.ts"
import * as Conditions from "./Conditions.ts"
import * as Convergence from "./Convergence.ts"
import * as Deletes from "./Deletes.ts"
import * as Determinism from "./Determinism.ts"
import * as Evidence from "./Evidence.ts"
import * as FailedPlans from "./FailedPlans.ts"
import * as Intents from "./Intent.ts"
import type { Expectations, Invariant, Violation } from "./Invariant.ts"
import * as Leftovers from "./Leftovers.ts"
import * as Parameters from "./Parameters.ts"
import * as PlanKind from "./PlanKind.ts"
import * as StatusWrites from "./StatusWrites.ts"
import * as Submissions from "./Submissions.ts"
import * as Supersession from "./Supersession.ts"
import * as Takeovers from "./Takeovers.ts"
import * as UnknownFields from "./UnknownFields.ts"
import * as Waits from "./Waits.ts"

export { MAX_PLANS_PER_MINUTE, MAX_WRITES_PER_MINUTE } from "./Convergence.ts"
export type { Expectations, Invariant, InvariantName, Need, Violation } from "./Invariant.ts"
export type { Intent } from "./PlanKind.ts"

/** Every invariant that a call log can be checked for, by number. */
export const invariants: ReadonlyArray<Invariant> = [
  Intents.planStoredBeforeEffects,
  StatusWrites.oneWritePerPass,
  StatusWrites.writesOnVersionRead,
  FailedPlans.failedPlanIsRetried,
  StatusWrites.noWriteWithoutChange,
  Supersession.planReplacement,
  Conditions.conditionTransitions,
  Submissions.oneSubmissionPerAttempt,
  Submissions.failureStoredFirst,
  Convergence.convergence,
  Deletes.deletesOnlyOwned,
  Waits.waitsHaveDeadlines,
  UnknownFields.unknownFieldsSurvive,
  Determinism.samePlanForSameVersion,
  Parameters.submissionIsStoredTask,
  Takeovers.nothingTakenOver,
  Leftovers.nothingLeftBehind
]

/** Checks INV-5 on calls that were made after every object had converged: none of them may write. */
export const checkConverged = StatusWrites.checkConverged

/** Checks INV-18 on a server whose garbage collector has run. */
export const checkRemaining = Leftovers.remaining

/** What a call log shows about one invariant. */
export type Verdict = Data.TaggedEnum<{
  Held: { readonly invariant: Invariant }
  Violated: { readonly invariant: Invariant; readonly violations: ReadonlyArray<Violation> }
  /** The call log lacks what the check needs; `reason` says what is missing and how to record it. */
  NotJudged: { readonly invariant: Invariant; readonly reason: string }
}>
const { Held, NotJudged, Violated } = Data.taggedEnum<Verdict>()

/** One verdict for each invariant, by number. Each pass is checked against the description of its kind. */
export const evaluate = (calls: ReadonlyArray<Call>, expectations: Expectations = {}): ReadonlyArray<Verdict> => {
  const prepared = prepare(calls, expectations)
  return invariants.map((invariant) => {
    const violations = invariant.check(prepared, expectations)
    if (violations.length > 0) return Violated({ invariant, violations })
    const reason = Evidence.missing(prepared, invariant.needs, expectations)
    return reason === undefined ? Held({ invariant }) : NotJudged({ invariant, reason })
  })
}

/** Every violation. An invariant that could not be judged adds none: {@link evaluate} reports those. */
export const check = (calls: ReadonlyArray<Call>, expectations: Expectations = {}): ReadonlyArray<Violation> => {
  const prepared = prepare(calls, expectations)
  return invariants.flatMap((invariant) => invariant.check(prepared, expectations))
}

/** The calls with their plans where the checkers read them, after the states that no call shows. */
const prepare = (calls: ReadonlyArray<Call>, { kinds = [], states = [] }: Expectations): ReadonlyArray<Call> =>
  PlanKind.canonical(states.length === 0 ? calls : [...states.map(asCall), ...calls], kinds)

/** A state that another writer stored, as a read before all calls. */
const asCall = (object: ObjectMeta.KubernetesObject): Call => ({
  index: -1,
  at: 0,
  verb: "get",
  target: ObjectMeta.keyText(ObjectMeta.key(kindOf(object), object.metadata.namespace ?? "", object.metadata.name)),
  pass: undefined,
  process: "",
  isForeign: true,
  sent: undefined,
  result: "ok",
  after: object
})

/** A target names the kind of its object; the resource does not matter. */
const kindOf = ({ apiVersion, kind }: ObjectMeta.KubernetesObject): ObjectMeta.ObjectKind => ({
  apiVersion,
  kind,
  plural: "",
  scope: "Namespaced"
})

/** A defect that fails a test and names each violated invariant with the calls that show it. */
export class InvariantViolation extends Data.Error<{ readonly violations: ReadonlyArray<Violation> }> {
  override get message(): string {
    return this.violations
      .map(({ evidence, invariant, message }) =>
        [`${invariant}: ${message}`, ...evidence.map((call) => `  ${call}`)].join("\n")
      )
      .join("\n")
  }
}

/** The call log shows nothing that can be checked. One line: what is missing and how to record it. */
export class NothingChecked extends Data.Error<{ readonly reason: string }> {
  override get message(): string {
    return `nothing was checked: ${this.reason}`
  }
}

/**
 * Dies with {@link InvariantViolation} when the current call log violates an invariant. Dies with {@link
 * NothingChecked} when the log has no passes, or has objects of a described kind and no plan at the path of the
 * description.
 */
export const expectInvariants = (expectations: Expectations = {}): Effect.Effect<void, never, CallLog> =>
  Effect.gen(function* () {
    const callLog = yield* CallLog
    const calls = yield* callLog.calls
    const violations = check(calls, expectations)
    if (violations.length > 0) return yield* Effect.die(new InvariantViolation({ violations }))
    const reason = Evidence.nothingToCheck(prepare(calls, expectations), expectations)
    if (reason !== undefined) return yield* Effect.die(new NothingChecked({ reason }))
  })
