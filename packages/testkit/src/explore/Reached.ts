/** Which boundaries and faults a sweep reached, and what of it is missing. */
import type * as Faults from "../faults/Faults.ts"
import * as Scenario from "./Scenario.ts"

/** A fault at a boundary: `forbidden at patchStatus Widget: task claimed`. */
export const pointOf = (fault: string, boundary: string): string => `${fault} at ${boundary}`

/** What a sweep is to reach, from its run without faults. */
export interface Aims {
  /** What the scenario declares. */
  readonly reaches: ReadonlyArray<string>
  /** The boundaries of the run without faults. */
  readonly boundaries: ReadonlyArray<string>
  /** Every fault of the sweep at every boundary that it can happen at. */
  readonly points: ReadonlyArray<string>
}

export const aimsOf = (
  { reaches = [] }: Scenario.Scenario,
  baseline: Scenario.Outcome,
  faults: ReadonlyArray<Faults.Fault>
): Aims => ({
  reaches,
  boundaries: Scenario.boundaries(baseline),
  points: [
    ...new Set(
      baseline.calls.flatMap(({ boundary, site }) =>
        faults.filter(({ appliesTo }) => appliesTo(site)).map(({ name }) => pointOf(name, boundary))
      )
    )
  ]
})

/**
 * What the sweep should have reached and did not, one sentence each. Only a whole sweep is asked for faults: a share has some
 * of them.
 */
export const missing = (
  { boundaries, points, reaches }: Aims,
  injected: ReadonlyArray<string>,
  isWhole: boolean
): ReadonlyArray<string> => {
  const reached = new Set(injected)
  return reaches.flatMap((boundary) => {
    if (!boundaries.includes(boundary)) {
      return [`not reached: ${boundary}: the run without faults makes no such call, only ${boundaries.join(", ")}`]
    }
    const missed = points.filter((point) => point.endsWith(` at ${boundary}`) && !reached.has(point))
    return isWhole ? missed.map((point) => `not reached: ${point}: no run injected the fault there`) : []
  })
}
