/**
 * A process that is killed before or after any of its calls, in every journey. `SWEEP=all` visits every mode and source, and
 * every call; without it some calls of those journeys are visited that differ most.
 */
import { describe, it } from "@effect/vitest"
import { Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as NodeScenarios from "../harness/NodeScenarios.ts"

/** One of each sort: what is made, what is changed, what is checked first, what ends. */
const FEW = [
  "a full node from genesis: init",
  "a full node from genesis: update",
  "a full node from genesis: deletion",
  "a validator with its keys: init",
  "a failed gate that is mended",
  "two validators with one key"
]
const every = process.env.SWEEP === "all"
const scenarios = every ? NodeScenarios.all : NodeScenarios.all.filter(({ name }) => FEW.includes(name))
const of = every ? 1 : 8
const faults = [Faults.killedBefore, Faults.killedAfter]

describe("a process that is killed before or after any of its calls", () => {
  scenarios.forEach((scenario, index) => {
    it.effect(`Sweep: ${scenario.name} ends the same, and every law holds`, () =>
      Effect.gen(function* () {
        yield* Sweep.expectNoFailures(yield* Sweep.run(scenario, { faults, share: { index: index % of, of } }))
      })
    )
  })
})
