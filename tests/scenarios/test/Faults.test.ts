/**
 * Everything that can go wrong around a call, at the calls of a node's beginning: what a sequence of turns without faults
 * cannot show. By default a few calls for each fault; `FAULTS=every` visits every one, `FAULTS=life` those of a whole life.
 */
import { describe, it } from "@effect/vitest"
import { Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as Nodes from "../harness/Nodes.ts"

const { FAULTS = "some" } = process.env
const genesis = Cases.named("a full node from genesis")
const scenario = FAULTS === "life" ? Nodes.lifecycle(genesis) : Nodes.beginning(genesis)
const of = FAULTS === "some" ? 12 : 1

describe("a full node from genesis ends the same, and every law holds", () => {
  Faults.all.forEach((fault, index) => {
    it.effect(`Sweep: ${fault.name}`, () =>
      Effect.gen(function* () {
        yield* Sweep.expectNoFailures(yield* Sweep.run(scenario, { faults: [fault], share: { index: index % of, of } }))
      })
    )
  })
})
