/** An invariant as a checker over a call log. */
import type { Call } from "../services/CallLog.ts"
import type { PlanKind } from "./PlanKind.ts"

export type InvariantName = `INV-${number}`

/** One place where an invariant does not hold. */
export interface Violation {
  readonly invariant: InvariantName
  /** One sentence: which object or pass did what. */
  readonly message: string
  /** Positions in the call log of the calls that show the violation. */
  readonly calls: ReadonlyArray<number>
}

export const violation = (invariant: InvariantName, message: string, calls: ReadonlyArray<Call>): Violation => ({
  invariant,
  message,
  calls: calls.map(({ index }) => index)
})

/** What the checkers need to know about the kinds in a call log. */
export interface Expectations {
  /** Condition types that record an intent, for every kind: a side effect may follow once one is stored. */
  readonly intents?: ReadonlyArray<string>
  /**
   * Kinds that store their plan outside of `.status.plan`, that have intents of their own, or that must show a plan.
   */
  readonly kinds?: ReadonlyArray<PlanKind>
}

/**
 * What a call log must contain before an invariant can be checked: `passes`, calls that name their pass; `states`,
 * objects before and after a status write; `plans`, an object with a plan; `agents`, calls to agents; `deletes`, a
 * delete by a pass.
 */
export type Need = "passes" | "states" | "plans" | "agents" | "deletes"

export interface Invariant {
  readonly name: InvariantName
  readonly statement: string
  readonly needs: ReadonlyArray<Need>
  readonly check: (calls: ReadonlyArray<Call>, expectations: Expectations) => ReadonlyArray<Violation>
}
