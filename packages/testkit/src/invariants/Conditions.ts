/** INV-7: conditions follow the Kubernetes API conventions. */
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { type Condition, conditionsOf } from "./StoredStatus.ts"

export const conditionTransitions: Invariant = {
  name: "INV-7",
  statement:
    "A condition once set stays, with a stable reason; `lastTransitionTime` moves only when `status` flips; `observedGeneration` is the generation acted on.",
  needs: ["states", "conditions"],
  check: (calls) => {
    const passStarts = new Map(
      History.passes(calls).flatMap((pass) => pass.calls.map((call) => [call, pass.calls[0]?.at ?? call.at]))
    )
    return History.statusWrites(calls).flatMap((call) => onWrite(call, passStarts.get(call) ?? call.at))
  }
}

/**
 * Transition times have whole seconds, and a pass takes time: a second flip this soon may carry the time of the first.
 */
const TOLERANCE_MS = 60_000

/** @param passStart when the pass made its first call; the clock may have jumped since */
const onWrite = (call: Call, passStart: number): ReadonlyArray<Violation> => {
  if (call.before === undefined || call.after === undefined) return []
  const [before, after] = [conditionsOf(call.before), conditionsOf(call.after)]
  const generation = call.before.metadata.generation ?? 0
  const report = (type: string, problem: string) =>
    violation("INV-7", `${call.target}: condition ${type} ${problem}`, [call])
  const removed = before.filter(({ type }) => !after.some((condition) => condition.type === type))
  return [
    ...removed.map(({ type }) => report(type, "was removed")),
    ...after.flatMap((next) => {
      const previous = before.find(({ type }) => type === next.type)
      return [...problems(previous, next, generation), ...staleTransition(previous, next, passStart)].map((problem) =>
        report(next.type, problem)
      )
    })
  ]
}

const staleTransition = (
  previous: Condition | undefined,
  next: Condition,
  passStart: number
): ReadonlyArray<string> => {
  const isStale =
    previous?.lastTransitionTime === next.lastTransitionTime &&
    Date.parse(next.lastTransitionTime) < passStart - TOLERANCE_MS
  return previous?.status !== next.status && isStale ? ["changed its status and kept its lastTransitionTime"] : []
}

const problems = (previous: Condition | undefined, next: Condition, generation: number): ReadonlyArray<string> => {
  const observed = next.observedGeneration ?? generation
  const isFlip = previous?.status !== next.status
  const isChange = isFlip || previous?.reason !== next.reason || previous.message !== next.message
  const isMoved = previous?.lastTransitionTime !== next.lastTransitionTime
  return [
    ...(/^[A-Z][A-Za-z0-9]*$/u.test(next.reason)
      ? []
      : [`has a reason that is not CamelCase: ${JSON.stringify(next.reason)}`]),
    ...(isMoved && !isFlip ? ["moved its lastTransitionTime without a change of status"] : []),
    ...(observed > generation || observed < (previous?.observedGeneration ?? 0)
      ? [`has observedGeneration ${observed}, the object is at generation ${generation}`]
      : []),
    ...(isChange && observed !== generation
      ? [`changed and kept observedGeneration ${observed}, the object is at generation ${generation}`]
      : [])
  ]
}
