/** Chance that can be had again: one seed always falls the same way. */
import type { ObjectMeta } from "@portolan/planner"

export interface SeededRandom {
  /** A whole number from 0 on and below a bound. */
  readonly below: (bound: number) => number
  /** One of several. */
  readonly pick: <A>(from: readonly [A, ...ReadonlyArray<A>]) => A
  /** A part of a spec, or nothing of it, one time in so many: two unless told. */
  readonly maybe: (part: ObjectMeta.JsonObject, times?: number) => ObjectMeta.JsonObject
}

/** SeededRandom that begin at a seed (mulberry32). */
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

/** Seeds from 1 on. */
export const seeds = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at + 1)
