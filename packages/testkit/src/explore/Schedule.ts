/** The actions of one simulated run, as data: drawn from a seed, shrunk, and written into test files. */

import * as Faults from "../faults/Faults.ts"
import type { Act } from "../harness/UserActions.ts"
import * as UserActions from "../harness/UserActions.ts"
import type { SeededRandom } from "./SeededRandom.ts"

export type Action =
  /** A request by a user, or by any other client of the API server. */
  | { readonly action: "user"; readonly request: Act }
  /** Evicts a pod by its position, modulo the number of pods. Does nothing when there are none. */
  | { readonly action: "evict"; readonly pod: number }
  /** Injects a fault at the nth call from now, or at the first later call that it can happen to. */
  | { readonly action: "fault"; readonly fault: string; readonly call: number }
  /** Runs this many passes, or fewer when every object converges before. */
  | { readonly action: "reconcile"; readonly passes: number }
  /** Advances the clock and runs what is due. */
  | { readonly action: "advance"; readonly millis: number }

export type Schedule = ReadonlyArray<Action>

/** What may happen during the chaos of a simulation. */
export interface ChaosOptions {
  /** Draws a request of a user or another client. */
  readonly userActions: (random: SeededRandom) => Act
  /** Default: {@link Faults.all}. */
  readonly faults?: ReadonlyArray<Faults.Fault>
  /** Upper limit for the length of a schedule. Default: 30. */
  readonly maxActions?: number
}

/** Draws a schedule. Half of its actions are passes, so that plans make progress. */
export const random = (
  random: SeededRandom,
  { userActions, faults = Faults.all, maxActions = 30 }: ChaosOptions
): Schedule =>
  Array.from({ length: 1 + random.below(maxActions) }, (): Action => {
    const [first, ...others] = faults
    switch (random.below(10)) {
      case 0:
      case 1:
        return { action: "user", request: userActions(random) }
      case 2:
        return { action: "advance", millis: random.pick([100, 1_000, 10_000, 60_000, 600_000]) }
      case 3:
        return { action: "evict", pod: random.below(8) }
      case 4:
      case 5:
        if (first === undefined) return { action: "reconcile", passes: 1 }
        return { action: "fault", fault: random.pick([first, ...others]).name, call: random.below(6) }
      default:
        return { action: "reconcile", passes: 1 + random.below(4) }
    }
  })

/** One line for a report: `inject "answer lost" 2 calls from now`. */
export const describe = (action: Action): string => {
  switch (action.action) {
    case "user":
      return UserActions.describe(action.request)
    case "evict":
      return `evict pod ${action.pod}`
    case "fault":
      return `inject "${action.fault}" ${action.call === 0 ? "at the next call" : `${count(action.call, "call")} from now`}`
    case "reconcile":
      return `run ${count(action.passes, "pass", "passes")}`
    case "advance":
      return `advance the clock by ${action.millis / 1000} s`
  }
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`
