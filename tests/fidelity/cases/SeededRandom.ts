/** A deterministic random number generator: the same seed gives the same sequence. */
export interface SeededRandom {
  /** An integer from 0 to `limit` - 1. */
  readonly below: (limit: number) => number
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  /** `count` different elements, in their order. */
  readonly subset: <A>(from: ReadonlyArray<A>, count: number) => ReadonlyArray<A>
  /** True in this percentage of calls. */
  readonly chance: (percent: number) => boolean
}

/** A 32-bit xorshift generator. */
export const make = (seed: string): SeededRandom => {
  let state = hash(seed) || 1
  const below = (limit: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  const pick = <A>(from: ReadonlyArray<A>): A => {
    const chosen = from[below(from.length)]
    if (chosen === undefined) throw new Error("nothing to choose from")
    return chosen
  }
  const subset = <A>(from: ReadonlyArray<A>, count: number): ReadonlyArray<A> => {
    const indexes = from.map((_, index) => index)
    while (indexes.length > count) indexes.splice(below(indexes.length), 1)
    return indexes.flatMap((index) => from.slice(index, index + 1))
  }
  return { below, pick, subset, chance: (percent) => below(100) < percent }
}

/** FNV-1a. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (const letter of text) value = Math.imul(value ^ letter.charCodeAt(0), 0x01000193)
  return value >>> 0
}
