/** A deterministic random number generator: the same seed gives the same sequence. */
import type { ObjectMeta } from "@portolan/planner"

export interface SeededRandom {
  /** An integer from 0 up to, and not including, `bound`. */
  readonly below: (bound: number) => number
  readonly pick: <A>(from: readonly [A, ...ReadonlyArray<A>]) => A
  /** The part of a spec with a probability of 1 in `times`, else an empty object. Default: 1 in 2. */
  readonly maybe: (part: ObjectMeta.JsonObject, times?: number) => ObjectMeta.JsonObject
}

/** A generator with the mulberry32 algorithm. */
export const of = (seed: number): SeededRandom => {
  let state = seed
  const below = (bound: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
  return {
    below,
    pick: (from) => from[below(from.length)] ?? from[0],
    maybe: (part, times = 2) => (below(times) === 0 ? part : {})
  }
}

/** The seeds from 1 to `count`. */
export const seeds = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index + 1)
