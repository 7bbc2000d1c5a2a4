import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import * as Timeline from "../../src/explore/report/Timeline.ts"
import { Simulator } from "../../src/index.ts"
import { simulation, sound } from "../toy/Stubborn.ts"

/** Two leaders: the first is paused before its write, the second goes on, the first comes back. */
const twoLeaders: Simulator.Schedule = [
  { move: "fault", fault: "lease lost", call: 1 },
  { move: "passes", count: 1 }
]

const lines = (run: Simulator.SimulatedRun) => Simulator.text(run).split("\n")

describe("a failing life in lines", () => {
  it.effect("names the law after the call that shows it, with the version that was written on", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.live(simulation, twoLeaders)
      const text = lines(run)
      const write = text.findLastIndex((line) => line.startsWith("▶"))
      assert.include(text[write], "0:00.000  process-1       writes status of Widget default/w on @9 → @10: plan ")
      const after = text.slice(write, write + 6).join("\n")
      assert.include(after, "✗ INV-3: turn 1 of Widget default/w (process-1) saw version 6 and wrote on 9")
    })
  )

  it.effect("begins with the schedule, ends with the laws, and is 120 characters wide", () =>
    Effect.gen(function* () {
      const text = lines(yield* Simulator.live(simulation, twoLeaders))
      assert.deepStrictEqual(text.slice(0, 2), ["  1. lease lost, 1 calls from now", "  2. 1 pass"])
      assert.include(text.at(-2), "INV-6 says: ")
      assert.isAtMost(Math.max(...text.map(({ length }) => length)), 120)
    })
  )

  it.effect("is the same one every time", () =>
    Effect.gen(function* () {
      const [first, second] = [
        yield* Simulator.live(simulation, twoLeaders),
        yield* Simulator.live(simulation, twoLeaders)
      ]
      assert.strictEqual(Simulator.text(first), Simulator.text(second))
    })
  )

  it.effect("of many moments is cut around those that matter", () =>
    Effect.gen(function* () {
      const edits = Array.from({ length: 60 }, (_, size): Simulator.Move => {
        const body = { metadata: { annotations: { size: `${size}` } } }
        return { move: "act", act: { verb: "merge", kind: simulation.controllerUnderTest.kind, name: "w", body } }
      })
      const converged: Simulator.Move = { move: "passes", count: 9 }
      const run = yield* Simulator.live(simulation, [...twoLeaders, converged, ...edits])
      const text = lines(run)
      assert.match(text.join("\n"), /… \d\d moments more/u)
      assert.isTrue(text.some((line) => line.startsWith("▶")))
      assert.isBelow(text.length, 60 + 100)
    })
  )

  it.effect("tells how to see a seed again", () =>
    Effect.gen(function* () {
      const failure = yield* Simulator.seed({ ...simulation, moves: 12 }, 22)
      if (failure === undefined) return assert.fail("the mistake was not found")
      const report = Simulator.report(failure)
      assert.include(report, "seed 22 fails: INV-2: turn 1 of Widget default/w (process-1) wrote status 2 times")
      assert.include(report, "Simulator.seed(simulation, 22)")
    })
  )
})

describe("a timeline", () => {
  it.effect("knows who wrote what a turn read", () =>
    Effect.gen(function* () {
      const timeline = Timeline.of(yield* Simulator.live(sound, []))
      const passes = timeline.moments.filter(({ kind }) => kind === "pass")
      const writers = passes.map(({ source }) => timeline.moments[source?.from ?? Number.NaN]?.who)
      assert.deepStrictEqual(writers, ["user", "process-1", "process-1", "process-1"])
      assert.isTrue(passes.every(({ source }) => source?.newer === undefined))
    })
  )

  it.effect("says when a turn read something stale, and who had made the newer version", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.live(sound, [
        { move: "passes", count: 1 },
        { move: "fault", fault: "cache older", call: 0 },
        { move: "passes", count: 1 },
        {
          move: "act",
          act: { verb: "merge", kind: sound.controllerUnderTest.kind, name: "w", body: { spec: { size: 4 } } }
        },
        { move: "passes", count: 2 }
      ])
      const timeline = Timeline.of(run)
      const stale = timeline.moments.filter(({ kind, source }) => kind === "pass" && source?.newer !== undefined)
      assert.isAbove(stale.length, 0)
      assert.include(Simulator.text(run), "stale, for user has made @")
    })
  )

  it.effect("has every version once, with the moment that made it", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.live(simulation, twoLeaders)
      const made = Timeline.of(run).moments.flatMap((moment) => moment.made.map(({ version }) => version))
      const changes = run.trace.changes.filter(({ plural }) => plural !== "events")
      assert.deepStrictEqual(
        made,
        changes.map(({ object }) => object.metadata.resourceVersion)
      )
    })
  )
})
