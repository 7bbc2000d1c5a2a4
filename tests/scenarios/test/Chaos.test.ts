/**
 * Edits, losses, evictions and faults by chance, and then calm: what nobody thought of to sweep. `WEATHER=1000` lives as many
 * seeds of each case.
 */
import { assert, describe, it } from "@effect/vitest"
import { SeededRandom, Simulator } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as Nodes from "../harness/Nodes.ts"

const seeds = SeededRandom.seeds(Number(process.env.WEATHER ?? "2"))
const CASES = ["a full node from genesis", "a validator with its keys", "a full node by bootstrap"]

describe("Simulator: once the weather is over", () => {
  it.effect.each(CASES)("%s has settled, and every law holds (INV-10)", (name) =>
    Effect.gen(function* () {
      const failures = yield* Simulator.runSeeds(Nodes.chaos(Cases.named(name)), seeds)
      assert.deepStrictEqual(failures.map(Simulator.report), [])
    })
  )
})
