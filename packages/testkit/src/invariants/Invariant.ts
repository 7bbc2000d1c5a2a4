/** What a checker is. */
import type { Call } from "../services/CallLog.ts"
import type { PlanKind } from "./PlanKind.ts"

export type InvariantName = `INV-${number}`

/** One place where a law did not hold. */
export interface Violation {
  readonly invariant: InvariantName
  /** A sentence: who did what, and what the law says about it. */
  readonly message: string
  /** Positions in the ledger of the calls that show it. */
  readonly calls: ReadonlyArray<number>
}

export const violation = (invariant: InvariantName, message: string, calls: ReadonlyArray<Call>): Violation => ({
  invariant,
  message,
  calls: calls.map(({ index }) => index)
})

/** What kinds add to the checks. */
export interface Expectations {
  /** Types of conditions that are an intent by themselves, for every kind: an effect may follow once one is stored. */
  readonly intents?: ReadonlyArray<string>
  /** Kinds that keep their plan elsewhere than in `.status.plan`, that have intents of their own, or that have to show a plan. */
  readonly kinds?: ReadonlyArray<PlanKind>
}

/**
 * What a ledger must show for a law to be judged: `turns`, that calls name theirs; `states`, objects before and after a
 * status write; `plans`, an object with one; `agents`, calls to them; `deletes`, that a turn deleted something.
 */
export type Need = "passes" | "states" | "plans" | "agents" | "deletes"

export interface Invariant {
  readonly name: InvariantName
  readonly text: string
  readonly needs: ReadonlyArray<Need>
  readonly check: (calls: ReadonlyArray<Call>, expectations: Expectations) => ReadonlyArray<Violation>
}
