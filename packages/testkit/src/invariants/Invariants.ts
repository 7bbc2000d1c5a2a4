/**
 * The laws as checks over a ledger, for any kinds that keep a plan in their status; `PlanKind` describes one that keeps it
 * elsewhere than in `.status.plan`.
 *
 * A check proves nothing about what a ledger did not see; it finds where a law was broken in what it did.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { type Call, CallLog } from "../services/CallLog.ts"
import * as Agreement from "./Agreement.ts"
import * as Conditions from "./Conditions.ts"
import * as Convergence from "./Convergence.ts"
import * as Deletes from "./Deletes.ts"
import * as Evidence from "./Evidence.ts"
import * as FailedPlans from "./FailedPlans.ts"
import * as Intent from "./Intent.ts"
import type { Expectations, Invariant, Violation } from "./Invariant.ts"
import * as PlanKind from "./PlanKind.ts"
import * as StatusWrites from "./StatusWrites.ts"
import * as Submissions from "./Submissions.ts"
import * as Supersession from "./Supersession.ts"
import * as Unknown from "./Unknown.ts"
import * as Waits from "./Waits.ts"

export { PLANS_A_MINUTE, WRITES_A_MINUTE } from "./Convergence.ts"
export type { Expectations, Invariant as Law, InvariantName, Need, Violation } from "./Invariant.ts"

/** Every law that a ledger can be held to, in order. */
export const invariants: ReadonlyArray<Invariant> = [
  Intent.invariant,
  StatusWrites.once,
  StatusWrites.unchanged,
  FailedPlans.invariant,
  StatusWrites.steady,
  Supersession.invariant,
  Conditions.invariant,
  Submissions.once,
  Submissions.durable,
  Convergence.invariant,
  Deletes.invariant,
  Waits.invariant,
  Unknown.invariant,
  Agreement.invariant
]

/** INV-5 for what was called after everything had settled. */
export const converged = StatusWrites.converged

/** What a ledger says of one law. */
export type Verdict = Data.TaggedEnum<{
  Held: { readonly invariant: Invariant }
  Broken: { readonly invariant: Invariant; readonly violations: ReadonlyArray<Violation> }
  /** The ledger does not show what the law is about; the reason says what it lacks, and what to do about it. */
  Unchecked: { readonly invariant: Invariant; readonly reason: string }
}>
const { Broken, Held, Unchecked } = Data.taggedEnum<Verdict>()

/** A verdict on every law, in order. Each turn is judged by the description of its kind. */
export const judge = (calls: ReadonlyArray<Call>, expectations: Expectations = {}): ReadonlyArray<Verdict> => {
  const seen = PlanKind.canonical(calls, expectations.kinds ?? [])
  return invariants.map((invariant) => {
    const violations = invariant.check(seen, expectations)
    if (violations.length > 0) return Broken({ invariant, violations })
    const reason = Evidence.lacking(seen, invariant.needs, expectations)
    return reason === undefined ? Held({ invariant }) : Unchecked({ invariant, reason })
  })
}

/** Where laws were broken; empty when none was, be it that some could not be checked: {@link judge} tells. */
export const check = (calls: ReadonlyArray<Call>, expectations: Expectations = {}): ReadonlyArray<Violation> => {
  const seen = PlanKind.canonical(calls, expectations.kinds ?? [])
  return invariants.flatMap((invariant) => invariant.check(seen, expectations))
}

/** A broken law, as a defect that ends a test and names the law. */
export class InvariantViolation extends Data.Error<{ readonly violations: ReadonlyArray<Violation> }> {
  override get message(): string {
    return this.violations
      .map(({ calls, invariant, message }) => `${invariant}: ${message} (calls ${calls.join(", ")})`)
      .join("\n")
  }
}

/** The laws were asked about a ledger that shows nothing of them. One line: what it lacks, and what to do about it. */
export class NothingChecked extends Data.Error<{ readonly reason: string }> {
  override get message(): string {
    return `nothing was checked: ${this.reason}`
  }
}

/**
 * Dies with {@link InvariantViolation} when the ledger in view shows a broken law, and with {@link NothingChecked} when it has no turns,
 * or objects of a described kind and never a plan where the description has it.
 */
export const expectInvariants = (expectations: Expectations = {}): Effect.Effect<void, never, CallLog> =>
  Effect.gen(function* () {
    const callLog = yield* CallLog
    const calls = yield* callLog.calls
    const violations = check(calls, expectations)
    if (violations.length > 0) return yield* Effect.die(new InvariantViolation({ violations }))
    const reason = Evidence.blindness(PlanKind.canonical(calls, expectations.kinds ?? []), expectations)
    if (reason !== undefined) return yield* Effect.die(new NothingChecked({ reason }))
  })
