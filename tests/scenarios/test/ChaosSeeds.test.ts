/** Lives that once failed, as small as the simulator made them. Nothing below weather met these. */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { Simulator, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as Nodes from "../harness/Nodes.ts"

const act = (each: TestCluster.Act): Simulator.Action => ({ action: "user", request: each })

const runs: ReadonlyArray<{ readonly seed: number; readonly of: string; readonly schedule: Simulator.Schedule }> = [
  {
    seed: 1442,
    of: "a full node from genesis",
    schedule: [
      { action: "advance", millis: 1_000 },
      act(Nodes.edit({ image: "sei:wrong" })),
      { action: "fault", fault: "cache frozen", call: 0 },
      { action: "reconcile", passes: 1 },
      { action: "evict", pod: 0 }
    ]
  },
  {
    seed: 4986,
    of: "a full node from genesis",
    schedule: [
      { action: "reconcile", passes: 3 },
      { action: "reconcile", passes: 4 },
      { action: "reconcile", passes: 3 },
      act(Nodes.loss(Identity.Pod, "node-0-0")),
      { action: "reconcile", passes: 3 },
      { action: "reconcile", passes: 3 },
      act(Nodes.loss(Identity.StatefulSet, Nodes.NAME)),
      act(Nodes.edit({ image: "sei:wrong" })),
      { action: "reconcile", passes: 1 }
    ]
  }
]

describe("weather", () => {
  for (const { of, schedule, seed } of runs) {
    it.effect(`INV-10: ${of} settles after it (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { findings } = yield* Simulator.run(Nodes.chaos(Cases.named(of)), schedule)
        assert.deepStrictEqual(findings.map(TestCluster.describeFinding), [])
      })
    )
  }
})
