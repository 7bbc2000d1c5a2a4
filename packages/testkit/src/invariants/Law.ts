/** What a checker is. */
import type { Call } from "../Ledger.ts"

export type LawName = `INV-${number}`

/** One place where a law did not hold. */
export interface Violation {
  readonly law: LawName
  /** A sentence: who did what, and what the law says about it. */
  readonly message: string
  /** Positions in the ledger of the calls that show it. */
  readonly calls: ReadonlyArray<number>
}

export const violation = (law: LawName, message: string, calls: ReadonlyArray<Call>): Violation => ({
  law,
  message,
  calls: calls.map(({ index }) => index)
})

/** What a kind may add to the checks. */
export interface Expectations {
  /** Types of conditions that are an intent by themselves: an effect may follow once one is stored. */
  readonly intents: ReadonlyArray<string>
}

export interface Law {
  readonly name: LawName
  readonly text: string
  readonly check: (calls: ReadonlyArray<Call>, expectations: Expectations) => ReadonlyArray<Violation>
}
