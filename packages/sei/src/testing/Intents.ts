/**
 * What a pass over a SeiNode may do without a plan, for the checkers of testkit (INV-1). Written from the specification, and
 * not from the reconciler.
 */

/** A stored pause scales the StatefulSet to 0, the end of a pause to 1. */
export const intents = [
  {
    condition: "Paused",
    verb: "apply",
    kind: "StatefulSet",
    sets: { field: ".spec.replicas", True: 0, False: 1 }
  }
] as const
