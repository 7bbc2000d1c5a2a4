/**
 * Random edits, deletions, evictions and faults; then they stop, and the node has to converge. Finds what no sweep covers.
 * `CHAOS=1000` runs that many seeds of each case.
 */
import { assert, describe, it } from "@effect/vitest"
import { SeededRandom, Simulator } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as NodeSimulations from "../harness/NodeSimulations.ts"

const seeds = SeededRandom.seeds(Number(process.env.CHAOS ?? "2"))
const CASES = ["a full node from genesis", "a validator with its keys", "a full node by bootstrap"]

describe("Simulator: after random edits, deletions, evictions and faults", () => {
  it.effect.each(CASES)("%s converges, and every invariant holds (INV-10)", (name) =>
    Effect.gen(function* () {
      const report = yield* Simulator.runSeeds(NodeSimulations.chaos(Cases.named(name)), seeds)
      assert.deepStrictEqual(Simulator.describeSeeds(report), [])
    })
  )
})
