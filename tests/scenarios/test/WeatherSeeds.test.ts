/** Lives that once failed, as small as the simulator made them. Nothing below weather met these. */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { Simulator, World } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../world/Cases.ts"
import * as Nodes from "../world/Nodes.ts"

const act = (each: World.Act): Simulator.Move => ({ move: "act", act: each })

const lives: ReadonlyArray<{ readonly seed: number; readonly of: string; readonly schedule: Simulator.Schedule }> = [
  {
    seed: 1442,
    of: "a full node from genesis",
    schedule: [
      { move: "pass", millis: 1_000 },
      act(Nodes.edit({ image: "sei:wrong" })),
      { move: "fault", fault: "cache frozen", call: 0 },
      { move: "turns", count: 1 },
      { move: "evict", pod: 0 }
    ]
  },
  {
    seed: 4986,
    of: "a full node from genesis",
    schedule: [
      { move: "turns", count: 3 },
      { move: "turns", count: 4 },
      { move: "turns", count: 3 },
      act(Nodes.loss(Identity.Pod, "node-0-0")),
      { move: "turns", count: 3 },
      { move: "turns", count: 3 },
      act(Nodes.loss(Identity.StatefulSet, Nodes.NAME)),
      act(Nodes.edit({ image: "sei:wrong" })),
      { move: "turns", count: 1 }
    ]
  }
]

describe("weather", () => {
  for (const { of, schedule, seed } of lives) {
    it.effect(`INV-10: ${of} settles after it (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { findings } = yield* Simulator.live(Nodes.weather(Cases.named(of)), schedule)
        assert.deepStrictEqual(findings.map(World.sentence), [])
      })
    )
  }
})
