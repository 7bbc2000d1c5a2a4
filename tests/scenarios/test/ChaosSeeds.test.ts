/** Simulated runs that failed once, as the simulator minimized them. No other instrument finds these failures. */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { Simulator, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeSimulations from "../harness/NodeSimulations.ts"

const act = (each: TestCluster.Act): Simulator.Move => ({ move: "act", act: each })

const runs: ReadonlyArray<{ readonly seed: number; readonly name: string; readonly schedule: Simulator.Schedule }> = [
  {
    seed: 1442,
    name: "a full node from genesis",
    schedule: [
      { move: "pass", millis: 1_000 },
      act(Acts.edit({ image: "sei:wrong" })),
      { move: "fault", fault: "cache frozen", call: 0 },
      { move: "passes", count: 1 },
      { move: "evict", pod: 0 }
    ]
  },
  {
    seed: 4986,
    name: "a full node from genesis",
    schedule: [
      { move: "passes", count: 3 },
      { move: "passes", count: 4 },
      { move: "passes", count: 3 },
      act(Acts.remove(Identity.Pod, "node-0-0")),
      { move: "passes", count: 3 },
      { move: "passes", count: 3 },
      act(Acts.remove(Identity.StatefulSet, Acts.NAME)),
      act(Acts.edit({ image: "sei:wrong" })),
      { move: "passes", count: 1 }
    ]
  }
]

describe("a minimized simulated run", () => {
  for (const { name, schedule, seed } of runs) {
    it.effect(`INV-10: lets ${name} converge (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { findings } = yield* Simulator.live(NodeSimulations.chaos(Cases.named(name)), schedule)
        assert.deepStrictEqual(findings.map(TestCluster.describeFinding), [])
      })
    )
  }
})
