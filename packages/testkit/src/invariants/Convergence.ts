/** INV-10: nothing goes round in circles. */

import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

/** More plans of the same steps than this, for one generation of an object and within a minute, are a loop. */
export const PLANS_A_MINUTE = 10
/** And so are more writes than this that neither begin nor end nor move a plan. */
export const WRITES_A_MINUTE = 20

const MINUTE = 60_000

/**
 * What a ledger can show of it. It does not know what happened outside: a world that is shaken all the time may look like a
 * loop. That everything settles is `ReconcileLoop.settle`'s to say: it fails with this law's name.
 */
export const invariant: Invariant = {
  name: "INV-10",
  text: "From any reachable state, once faults stop, the object settles within a bounded number of turns and stays settled.",
  needs: ["states"],
  check: (calls) => {
    const writes = calls.filter(History.isWritten)
    const begun = writes.filter(History.isCreation)
    const quiet = writes.filter(isQuiet)
    return [
      ...crowded(
        begun,
        (call) => `${placeOf(call)} ${stepsOf(call)}`,
        PLANS_A_MINUTE,
        "plans of the same steps were begun"
      ),
      ...crowded(quiet, placeOf, WRITES_A_MINUTE, "writes moved no plan")
    ]
  }
}

const placeOf = ({ before, process, target }: Call): string =>
  `${process} ${target} ${before?.metadata.generation ?? 0}`

const stepsOf = ({ after }: Call): string => (History.planOf(after)?.tasks ?? []).map(({ type }) => type).join()

const isQuiet = ({ after, before }: Call): boolean =>
  JSON.stringify(History.statusOf(before).plan) === JSON.stringify(History.statusOf(after).plan) &&
  History.statusOf(before).phase === History.statusOf(after).phase

/** The first call of each group that comes too soon after as many others. */
const crowded = (
  calls: ReadonlyArray<Call>,
  group: (call: Call) => string,
  limit: number,
  what: string
): ReadonlyArray<Violation> => {
  const times = new Map<string, Array<number>>()
  const found = new Map<string, Violation>()
  for (const call of calls) {
    const name = group(call)
    const recent = [...(times.get(name) ?? []).filter((at) => at > call.at - MINUTE), call.at]
    times.set(name, recent)
    if (recent.length > limit && !found.has(name)) {
      found.set(name, violation("INV-10", `${call.target}: ${recent.length} ${what} within a minute`, [call]))
    }
  }
  return [...found.values()]
}
