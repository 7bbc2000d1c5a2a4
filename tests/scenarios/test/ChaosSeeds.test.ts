/** Lives that once failed, as small as the simulator made them. Nothing below weather met these. */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { Simulator, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as Nodes from "../harness/Nodes.ts"

const act = (each: TestCluster.Act): Simulator.Move => ({ move: "act", act: each })

const runs: ReadonlyArray<{ readonly seed: number; readonly of: string; readonly schedule: Simulator.Schedule }> = [
  {
    seed: 1442,
    of: "a full node from genesis",
    schedule: [
      { move: "pass", millis: 1_000 },
      act(Nodes.edit({ image: "sei:wrong" })),
      { move: "fault", fault: "cache frozen", call: 0 },
      { move: "passes", count: 1 },
      { move: "evict", pod: 0 }
    ]
  },
  {
    seed: 4986,
    of: "a full node from genesis",
    schedule: [
      { move: "passes", count: 3 },
      { move: "passes", count: 4 },
      { move: "passes", count: 3 },
      act(Nodes.loss(Identity.Pod, "node-0-0")),
      { move: "passes", count: 3 },
      { move: "passes", count: 3 },
      act(Nodes.loss(Identity.StatefulSet, Nodes.NAME)),
      act(Nodes.edit({ image: "sei:wrong" })),
      { move: "passes", count: 1 }
    ]
  }
]

describe("weather", () => {
  for (const { of, schedule, seed } of runs) {
    it.effect(`INV-10: ${of} settles after it (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { findings } = yield* Simulator.live(Nodes.chaos(Cases.named(of)), schedule)
        assert.deepStrictEqual(findings.map(TestCluster.describeFinding), [])
      })
    )
  }
})
