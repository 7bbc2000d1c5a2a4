/**
 * Kills the controller before and after each of its calls, in every scenario. `SWEEP=all` runs every mode and source at every
 * call; by default some calls of a few scenarios run.
 */
import { describe, it } from "@effect/vitest"
import { Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as NodeScenarios from "../harness/NodeScenarios.ts"

/** One scenario of each sort: creation, update, deletion, preconditions, two nodes. */
const SOME = [
  "a full node from genesis: init",
  "a full node from genesis: update",
  "a full node from genesis: deletion",
  "a validator with its keys: init",
  "a failed precondition that is corrected",
  "two validators with one key"
]
const isFull = process.env.SWEEP === "all"
const scenarios = isFull ? NodeScenarios.all : NodeScenarios.all.filter(({ name }) => SOME.includes(name))
const of = isFull ? 1 : 8
const faults = [Faults.killedBefore, Faults.killedAfter]

describe("a controller that is killed before or after any of its calls", () => {
  scenarios.forEach((scenario, index) => {
    it.effect(`Sweep: ${scenario.name} ends the same, and every invariant holds`, () =>
      Effect.gen(function* () {
        yield* Sweep.expectNoFailures(yield* Sweep.run(scenario, { faults, share: { index: index % of, of } }))
      })
    )
  })
})
