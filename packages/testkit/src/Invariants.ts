/**
 * The laws as checks over a ledger, for any kind that keeps its plan in `.status.plan`.
 *
 * A check proves nothing about what a ledger did not see; it finds where a law was broken in what it did.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Agreement from "./invariants/Agreement.ts"
import * as Conditions from "./invariants/Conditions.ts"
import * as Deletes from "./invariants/Deletes.ts"
import * as FailedPlans from "./invariants/FailedPlans.ts"
import * as Intent from "./invariants/Intent.ts"
import type { Expectations, Law, Violation } from "./invariants/Law.ts"
import * as Settling from "./invariants/Settling.ts"
import * as StatusWrites from "./invariants/StatusWrites.ts"
import * as Submissions from "./invariants/Submissions.ts"
import * as Supersession from "./invariants/Supersession.ts"
import * as Unknown from "./invariants/Unknown.ts"
import * as Waits from "./invariants/Waits.ts"
import { type Call, Ledger } from "./Ledger.ts"

export type { Expectations, Law, LawName, Violation } from "./invariants/Law.ts"
export { PLANS_A_MINUTE, WRITES_A_MINUTE } from "./invariants/Settling.ts"

/** Every law that a ledger can be held to, in order. */
export const laws: ReadonlyArray<Law> = [
  Intent.law,
  StatusWrites.once,
  StatusWrites.unchanged,
  FailedPlans.law,
  StatusWrites.steady,
  Supersession.law,
  Conditions.law,
  Submissions.once,
  Submissions.durable,
  Settling.law,
  Deletes.law,
  Waits.law,
  Unknown.law,
  Agreement.law
]

/** INV-5 for what was called after everything had settled. */
export const settled = StatusWrites.settled

/** Where laws were broken; empty when all held. */
export const check = (
  calls: ReadonlyArray<Call>,
  expectations: Expectations = { intents: [] }
): ReadonlyArray<Violation> => laws.flatMap((law) => law.check(calls, expectations))

/** A broken law, as a defect that ends a test and names the law. */
export class LawBroken extends Data.Error<{ readonly violations: ReadonlyArray<Violation> }> {
  override get message(): string {
    return this.violations.map(({ calls, law, message }) => `${law}: ${message} (calls ${calls.join(", ")})`).join("\n")
  }
}

/** Dies with {@link LawBroken} when the ledger in view shows a broken law. */
export const hold = (expectations?: Expectations): Effect.Effect<void, never, Ledger> =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const violations = check(yield* ledger.calls, expectations)
    if (violations.length > 0) return yield* Effect.die(new LawBroken({ violations }))
  })
