/** An invariant as a checker over a call log. */
import type { ObjectMeta } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import type { Intent, PlanKind } from "./PlanKind.ts"

export type InvariantName = `INV-${number}`

/** One place where an invariant does not hold. */
export interface Violation {
  readonly invariant: InvariantName
  /** One sentence: which object or pass did what. */
  readonly message: string
  /** Positions in the call log of the calls that show the violation. */
  readonly calls: ReadonlyArray<number>
  /** The same calls in words: `call 12: apply Pod default/p in pass 4 of process-1`. */
  readonly evidence: ReadonlyArray<string>
}

export const violation = (invariant: InvariantName, message: string, calls: ReadonlyArray<Call>): Violation => ({
  invariant,
  message,
  calls: calls.map(({ index }) => index),
  evidence: calls.map(describeCall)
})

const describeCall = ({ index, pass, process, result, target, verb }: Call): string => {
  const where = pass === undefined ? `by ${process}, outside of any pass` : `in pass ${pass.number} of ${process}`
  return `call ${index}: ${verb} ${target} ${where}${result === "ok" ? "" : ` (${result})`}`
}

/** What the checkers need to know about the kinds in a call log. */
export interface Expectations {
  /** Intents of every kind. */
  readonly intents?: ReadonlyArray<Intent>
  /**
   * Kinds that store their plan outside of `.status.plan`, that have intents of their own, or that must show a plan.
   */
  readonly kinds?: ReadonlyArray<PlanKind>
  /**
   * Users that may write the status of the kinds as well, such as a person who corrects one. Nobody else may (INV-2).
   */
  readonly otherWriters?: ReadonlyArray<string>
  /** Finalizers that may be removed from objects of others (INV-17). */
  readonly releases?: ReadonlyArray<string>
  /** Kinds whose objects stay when the object that they were created for is deleted (INV-18). */
  readonly keeps?: ReadonlyArray<string>
  /** States of objects that no call shows, because others wrote them: what passes read. */
  readonly states?: ReadonlyArray<ObjectMeta.KubernetesObject>
}

/**
 * What a call log must contain before an invariant can be judged:
 *
 * | need | the log contains |
 * | --- | --- |
 * | `passes` | calls that name their pass |
 * | `statusWrites` | a status write, with or without its body |
 * | `states` | a status write with the object before and after it |
 * | `plans` | an object with a plan |
 * | `effects` | a pass with a side effect whose object is known as the pass read it |
 * | `endedPlans` | a plan that ended or was replaced |
 * | `failedPlans` | a failed plan without a failed phase |
 * | `conditions` | a condition |
 * | `waits` | a wait |
 * | `submissions` | a submission to an agent in a pass |
 * | `taskFailures` | a failure that an agent reported to a pass |
 * | `deletes` | a delete by a pass |
 * | `builtPlans` | two plans, to compare their ids |
 * | `objects` | a write of a pass to another object than its own |
 * | `ends` | the end of a deleted object |
 */
export type Need =
  | "passes"
  | "statusWrites"
  | "states"
  | "plans"
  | "effects"
  | "endedPlans"
  | "failedPlans"
  | "conditions"
  | "waits"
  | "submissions"
  | "taskFailures"
  | "deletes"
  | "builtPlans"
  | "objects"
  | "ends"

export interface Invariant {
  readonly name: InvariantName
  readonly statement: string
  readonly needs: ReadonlyArray<Need>
  readonly check: (calls: ReadonlyArray<Call>, expectations: Expectations) => ReadonlyArray<Violation>
}
