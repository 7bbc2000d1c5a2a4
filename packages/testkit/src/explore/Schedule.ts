/** What happens in one simulated life, as data: what is thrown by a seed, written into a test file, and made smaller. */

import * as Faults from "../faults/Faults.ts"
import type { Act } from "../harness/UserActions.ts"
import * as Acts from "../harness/UserActions.ts"
import type { SeededRandom } from "./SeededRandom.ts"

export type Move =
  /** A user, or somebody else who may write. */
  | { readonly move: "act"; readonly act: Act }
  /** A pod is evicted: the nth, counted round and round. Nothing happens when there is none. */
  | { readonly move: "evict"; readonly pod: number }
  /** A fault strikes the nth call from now, or the first one after it that it can happen to. */
  | { readonly move: "fault"; readonly fault: string; readonly call: number }
  /** So many turns run, fewer when all settles before. */
  | { readonly move: "passes"; readonly count: number }
  /** Time passes, and what is due in it happens. */
  | { readonly move: "pass"; readonly millis: number }

export type Schedule = ReadonlyArray<Move>

/** What may happen. */
export interface Chances {
  /** What users and others may do; thrown anew for every act. */
  readonly acts: (random: SeededRandom) => Act
  /** All of {@link Faults.all} unless told. */
  readonly faults?: ReadonlyArray<Faults.Fault>
  /** At most so many moves: 30 unless told. */
  readonly moves?: number
}

/** A schedule by chance. Half of it is turns, so that things get somewhere. */
export const random = (random: SeededRandom, { acts, faults = Faults.all, moves = 30 }: Chances): Schedule =>
  Array.from({ length: 1 + random.below(moves) }, (): Move => {
    const [first, ...others] = faults
    switch (random.below(10)) {
      case 0:
      case 1:
        return { move: "act", act: acts(random) }
      case 2:
        return { move: "pass", millis: random.pick([100, 1_000, 10_000, 60_000, 600_000]) }
      case 3:
        return { move: "evict", pod: random.below(8) }
      case 4:
      case 5:
        if (first === undefined) return { move: "passes", count: 1 }
        return { move: "fault", fault: random.pick([first, ...others]).name, call: random.below(6) }
      default:
        return { move: "passes", count: 1 + random.below(4) }
    }
  })

/** A line for people: `answer lost at call 2 from now`. */
export const describe = (move: Move): string => {
  switch (move.move) {
    case "act":
      return Acts.describe(move.act)
    case "evict":
      return `pod ${move.pod} is evicted`
    case "fault":
      return `${move.fault}, ${move.call === 0 ? "at the next call" : `${move.call} calls from now`}`
    case "passes":
      return `${move.count} ${move.count === 1 ? "pass" : "passes"}`
    case "pass":
      return `${move.millis / 1000} s pass`
  }
}
