/** Chance that a seed repeats. */
export interface Chance {
  /** A whole number from 0 up to `below`. */
  readonly below: (below: number) => number
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  /** Some of them, in their order; each once. */
  readonly some: <A>(from: ReadonlyArray<A>, count: number) => ReadonlyArray<A>
  readonly often: (percent: number) => boolean
}

/** A generator of 32 bits (xorshift), good enough to choose requests. */
export const make = (seed: string): Chance => {
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
  const some = <A>(from: ReadonlyArray<A>, count: number): ReadonlyArray<A> => {
    const left = from.map((_, index) => index)
    while (left.length > count) left.splice(below(left.length), 1)
    return left.flatMap((index) => from.slice(index, index + 1))
  }
  return { below, pick, some, often: (percent) => below(100) < percent }
}

/** FNV-1a. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (const letter of text) value = Math.imul(value ^ letter.charCodeAt(0), 0x01000193)
  return value >>> 0
}
