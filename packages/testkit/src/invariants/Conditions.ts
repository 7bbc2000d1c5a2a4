/** INV-7: conditions as their readers expect them. */
import { Condition } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const invariant: Invariant = {
  name: "INV-7",
  text: "A condition once set stays, with a stable reason; lastTransitionTime moves only when status flips; observedGeneration never lies.",
  needs: ["states"],
  check: (calls) => {
    const begun = new Map(
      History.passes(calls).flatMap((pass) => pass.calls.map((call) => [call, pass.calls[0]?.at ?? call.at]))
    )
    return calls.filter(History.isWritten).flatMap((call) => onWrite(call, begun.get(call) ?? call.at))
  }
}

/** Times are in whole seconds, and a turn takes a while: a flip this soon after another may carry its time. */
const SOON_MS = 60_000

/** @param begun when its turn made its first call: the clock may have jumped since */
const onWrite = (call: Call, begun: number): ReadonlyArray<Violation> => {
  if (call.before === undefined || call.after === undefined) return []
  const [before, after] = [Condition.all(History.statusOf(call.before)), Condition.all(History.statusOf(call.after))]
  const generation = call.before.metadata.generation ?? 0
  const says = (type: string, message: string) =>
    violation("INV-7", `${call.target}: condition ${type} ${message}`, [call])
  const gone = before.filter(({ type }) => !after.some((each) => each.type === type))
  return [
    ...gone.map(({ type }) => says(type, "is gone")),
    ...after.flatMap((is) => {
      const was = before.find(({ type }) => type === is.type)
      const fault = faults(was, is, generation)
      return [...fault, ...staleFlip(was, is, begun)].map((each) => says(is.type, each))
    })
  ]
}

const staleFlip = (
  was: Condition.Condition | undefined,
  is: Condition.Condition,
  at: number
): ReadonlyArray<string> => {
  const isStale = was?.lastTransitionTime === is.lastTransitionTime && Date.parse(is.lastTransitionTime) < at - SOON_MS
  return was?.status !== is.status && isStale ? ["flipped and kept its transition time"] : []
}

const faults = (
  was: Condition.Condition | undefined,
  is: Condition.Condition,
  generation: number
): ReadonlyArray<string> => {
  const seen = is.observedGeneration ?? generation
  const hasFlipped = was?.status !== is.status
  const isChange = hasFlipped || was?.reason !== is.reason || was.message !== is.message
  const isMoved = was?.lastTransitionTime !== is.lastTransitionTime
  return [
    ...(/^[A-Z][A-Za-z0-9]*$/u.test(is.reason) ? [] : [`has no reason in CamelCase: ${JSON.stringify(is.reason)}`]),
    ...(isMoved && !hasFlipped ? ["moved its transition time without a flip"] : []),
    ...(seen > generation || seen < (was?.observedGeneration ?? 0)
      ? [`claims generation ${seen} of ${generation}`]
      : []),
    ...(isChange && seen !== generation ? [`changed and still claims generation ${seen} of ${generation}`] : [])
  ]
}
