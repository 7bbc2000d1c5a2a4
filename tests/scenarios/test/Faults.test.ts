/**
 * Everything that can go wrong around a call, at the calls of a node's life: what a sequence of turns without faults cannot
 * show. By default a few calls for each fault; `FAULTS=all` visits every one.
 */
import { describe, it } from "@effect/vitest"
import { Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../world/Cases.ts"
import * as Nodes from "../world/Nodes.ts"

const isWhole = process.env.FAULTS === "all"
const genesis = Cases.named("a full node from genesis")
const scenario = isWhole ? Nodes.life(genesis) : Nodes.beginning(genesis)
const SHARES = 12

describe("a full node from genesis ends the same, and every law holds", () => {
  Faults.all.forEach((fault, index) => {
    it.effect(`Sweep: ${fault.name}`, () =>
      Effect.gen(function* () {
        const share = isWhole ? { index: 0, of: 1 } : { index: index % SHARES, of: SHARES }
        yield* Sweep.holds(yield* Sweep.run(scenario, { faults: [fault], share }))
      })
    )
  })
})
