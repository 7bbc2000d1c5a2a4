/** A mutant: a small mistake in the real code that a test must catch. */

/** The classes of mistakes that studies of controllers found in the field. */
export const kinds = {
  "stale read": "acts on state that is no longer current",
  "missed event": "does not receive a change, or drops it",
  "lost update": "overwrites what another writer wrote",
  "early effect": "acts before the intent is stored",
  "double submission": "submits the same work twice",
  "failure as success": "treats an error, a conflict or a missing response as success",
  "missing requeue": "awaits a change although work is left",
  "unbounded retry": "retries forever, or without a delay",
  "needless write": "writes although nothing changed",
  "needless read": "watches or lists more than it uses",
  "flapping condition": "switches a condition although the state is the same",
  "wrong status": "shows a state that is wrong, or hides one",
  "missing finalizer": "lets an object go before its cleanup is done",
  "unchecked delete": "deletes an object without checking its owner or uid",
  "orphaned child": "leaves objects without an owner behind",
  "skipped check": "continues where it must wait or reject",
  "concurrent use": "lets two use what only one may use at a time",
  "blocked pass": "keeps a pass waiting for a response that does not come",
  "leaked resource": "keeps connections that nothing uses any more",
  "unstable identity": "gives the same thing another name the second time"
} as const

/** A change of the real code: a text in one file that is replaced. The text must occur exactly once. */
export interface Mutant {
  readonly id: string
  /** What the changed code does. */
  readonly story: string
  readonly kind: keyof typeof kinds
  /**
   * The invariant (`INV-3`), the instrument (`Sweep: conflict`) or the module (`WorkQueue`) whose tests must catch it.
   * The full name of the failing test contains these words.
   */
  readonly by: string
  /** Path from the root of the repository. */
  readonly file: string
  readonly search: string
  readonly replace: string
  /** Imports and definitions that the replacement needs, added at the top of the file. */
  readonly prelude?: string
  /** Where the mutant breaks one of the three rules that the project began with. */
  readonly seed?: Seed
}

export interface Seed {
  readonly rule: (typeof rules)[number]["invariant"]
  /** What the pass does in which the rule is broken. */
  readonly shape: (typeof shapes)[number]
  /** The code that breaks the rule. */
  readonly place: "pass" | "plan" | "task" | "observation" | "cleanup" | "composition"
}

/** The rules that everyone documents and nobody guards. */
export const rules = [
  { invariant: "INV-1", rule: "a plan is stored before it is executed" },
  { invariant: "INV-2", rule: "a pass writes status once, on every path" },
  { invariant: "INV-4", rule: "a plan without a failed phase that fails is retried" }
] as const

export const shapes = ["creating", "superseding", "retrying", "deleting", "adopting"] as const

/** Matches the full name of a test that contains these words. `INV-1` does not match `INV-15`. */
export const named = (by: string): RegExp => new RegExp(`${by.replaceAll(/[().*+?[\]|^$]/gu, "\\$&")}(?!\\w)`, "u")
