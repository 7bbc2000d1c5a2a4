/** INV-10 as far as a call log shows it: no loops of plans or of status writes. */

import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { planOf, statusOf } from "./StoredStatus.ts"

/** More plans than this with the same task types, for one generation of an object within a minute, are a loop. */
export const MAX_PLANS_PER_MINUTE = 10
/** More status writes than this within a minute that change neither plan nor phase are a loop. */
export const MAX_WRITES_PER_MINUTE = 20

const MINUTE_MS = 60_000

/**
 * Finds loops. A call log does not show what happened outside of it, so objects that users edit without pause can look
 * like a loop. `ReconcileLoop.converge` checks that every object converges, and fails with the name of this invariant.
 */
export const convergence: Invariant = {
  name: "INV-10",
  statement:
    "From any reachable state, once faults stop, the object converges within a bounded number of passes and stays converged.",
  needs: ["states"],
  check: (calls) => {
    const writes = History.statusWrites(calls)
    const creations = writes.filter(History.isPlanCreation)
    return [
      ...tooFrequent(
        creations,
        (call) => `${generationOf(call)} ${taskTypesOf(call)}`,
        MAX_PLANS_PER_MINUTE,
        "plans with the same tasks were created"
      ),
      ...tooFrequent(
        writes.filter(isWithoutProgress),
        generationOf,
        MAX_WRITES_PER_MINUTE,
        "status writes changed neither plan nor phase"
      )
    ]
  }
}

const generationOf = ({ before, process, target }: Call): string =>
  `${process} ${target} ${before?.metadata.generation ?? 0}`

const taskTypesOf = ({ after }: Call): string => (planOf(after)?.tasks ?? []).map(({ type }) => type).join()

const isWithoutProgress = ({ after, before }: Call): boolean =>
  JSON.stringify(statusOf(before).plan) === JSON.stringify(statusOf(after).plan) &&
  statusOf(before).phase === statusOf(after).phase

/** For each group, the first call that has more than `limit` calls of its group in the minute before it. */
const tooFrequent = (
  calls: ReadonlyArray<Call>,
  groupOf: (call: Call) => string,
  limit: number,
  what: string
): ReadonlyArray<Violation> => {
  const times = new Map<string, Array<number>>()
  const found = new Map<string, Violation>()
  for (const call of calls) {
    const group = groupOf(call)
    const recent = [...(times.get(group) ?? []).filter((at) => at > call.at - MINUTE_MS), call.at]
    times.set(group, recent)
    if (recent.length > limit && !found.has(group)) {
      found.set(group, violation("INV-10", `${call.target}: ${recent.length} ${what} within a minute`, [call]))
    }
  }
  return [...found.values()]
}
