/** What a planted mistake is. */

/** The mistakes that studies of controllers found in the field, in our words. */
export const kinds = {
  "stale view": "acts on what is no longer so",
  "missed news": "does not hear of a change, or forgets it",
  "lost update": "writes over what somebody else wrote",
  "early effect": "acts before the intent is stored",
  "double submission": "has the same work done twice",
  "failure as success": "takes an error, a conflict or no answer for done",
  "forgotten requeue": "rests although something is left to do",
  "unbounded retry": "tries for ever, or without a pause",
  "write at rest": "writes although nothing is to be written",
  "flapping condition": "says now this and now that of the same thing",
  "false report": "shows what is not so, or keeps silent about what is",
  "missing finalizer": "lets an object go before what it holds was given back",
  "unchecked delete": "deletes what may not be its own",
  "orphaned child": "leaves behind what it made",
  "skipped guard": "goes on where it has to wait or to refuse",
  "concurrent work": "lets two do what only one may",
  "unstable identity": "names the same thing differently the second time"
} as const

/** A change of the real code: text that is replaced in one file. A text that is not there exactly once is a mistake. */
export interface Mutant {
  readonly id: string
  /** What somebody might have meant by it. */
  readonly story: string
  readonly kind: keyof typeof kinds
  /**
   * Who has to notice: a law (`INV-3`), an instrument (`Sweep: conflict`) or the promise of a module (`WorkQueue`). Words
   * that the full name of the test which fails has in it.
   */
  readonly by: string
  /** From the root of the repository. */
  readonly file: string
  readonly search: string
  readonly replace: string
}

/** Whether a full name of a test has the words in it: `INV-1` is not in `INV-15`. */
export const named = (by: string): RegExp => new RegExp(`${by.replaceAll(/[().*+?[\]|^$]/gu, "\\$&")}(?!\\w)`, "u")
