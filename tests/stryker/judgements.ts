/** What was thought of each mutant that survives. */
import type { Survivor } from "./Report.ts"

export interface Judgement extends Survivor {
  /**
   * `equivalent`: nobody could tell it from the original. `harmless`: it can be told, but does what was promised.
   * `accepted`: a test would repeat the code, or cost more than the mistake.
   */
  readonly verdict: "equivalent" | "harmless" | "accepted"
  /** Why, in a sentence. */
  readonly because: string
}

export const judgements: ReadonlyArray<Judgement> = []
