/**
 * Injects every fault at the calls of a node's initialization. By default each fault hits a few calls; `FAULTS=every` runs
 * every call, `FAULTS=lifecycle` every call from creation to deletion.
 */
import { describe, it } from "@effect/vitest"
import { Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as NodeSimulations from "../harness/NodeSimulations.ts"

const { FAULTS = "some" } = process.env
const genesis = Cases.named("a full node from genesis")
const scenario = FAULTS === "lifecycle" ? NodeSimulations.lifecycle(genesis) : NodeSimulations.initialization(genesis)
const of = FAULTS === "some" ? 12 : 1

describe("a full node from genesis ends the same, and every invariant holds", () => {
  Faults.all.forEach((fault, index) => {
    it.effect(`Sweep: ${fault.name}`, () =>
      Effect.gen(function* () {
        yield* Sweep.expectNoFailures(yield* Sweep.run(scenario, { faults: [fault], share: { index: index % of, of } }))
      })
    )
  })
})
