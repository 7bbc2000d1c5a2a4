/** Simulated runs that failed once, as the simulator minimized them. No other instrument finds these failures. */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { Simulator, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeSimulations from "../harness/NodeSimulations.ts"

const act = (request: TestCluster.Act): Simulator.Action => ({ action: "user", request })

const runs: ReadonlyArray<{ readonly seed: number; readonly name: string; readonly schedule: Simulator.Schedule }> = [
  {
    seed: 1442,
    name: "a full node from genesis",
    schedule: [
      { action: "advance", millis: 1_000 },
      act(Acts.edit({ image: "sei:wrong" })),
      { action: "fault", fault: "cache frozen", call: 0 },
      { action: "reconcile", passes: 1 },
      { action: "evict", pod: 0 }
    ]
  },
  {
    seed: 4986,
    name: "a full node from genesis",
    schedule: [
      { action: "reconcile", passes: 3 },
      { action: "reconcile", passes: 4 },
      { action: "reconcile", passes: 3 },
      act(Acts.remove(Identity.Pod, "node-0-0")),
      { action: "reconcile", passes: 3 },
      { action: "reconcile", passes: 3 },
      act(Acts.remove(Identity.StatefulSet, Acts.NAME)),
      act(Acts.edit({ image: "sei:wrong" })),
      { action: "reconcile", passes: 1 }
    ]
  },
  {
    seed: 26,
    name: "a full node by bootstrap",
    schedule: [
      { action: "reconcile", passes: 3 },
      act(Acts.edit({ paused: true })),
      { action: "evict", pod: 0 },
      { action: "advance", millis: 100 },
      { action: "reconcile", passes: 2 }
    ]
  }
]

describe("Simulator: a minimized run", () => {
  for (const { name, schedule, seed } of runs) {
    it.effect(`INV-10: lets ${name} converge (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { findings } = yield* Simulator.run(NodeSimulations.chaos(Cases.named(name)), schedule)
        assert.deepStrictEqual(findings.map(TestCluster.describeFinding), [])
      })
    )
  }
})
