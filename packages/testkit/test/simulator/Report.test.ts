import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import * as Timeline from "../../src/explore/report/Timeline.ts"
import { Simulator } from "../../src/index.ts"
import { correct, simulation } from "../toy/ConflictRetry.ts"

/** Two leaders: the first is paused before its write, the second continues, then the first resumes. */
const twoLeaders: Simulator.Schedule = [
  { action: "fault", fault: "lease lost", call: 1 },
  { action: "reconcile", passes: 1 }
]

const lines = (run: Simulator.SimulatedRun) => Simulator.text(run).split("\n")

describe("the text report", () => {
  it.effect("names the invariant after the call that violates it, with the version that was written on", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.run(simulation, twoLeaders)
      const text = lines(run)
      const write = text.findLastIndex((line) => line.startsWith("▶"))
      assert.include(text[write], "0:00.000  process-1       writes status of Widget default/w on @9 → @10: plan ")
      const after = text.slice(write, write + 6).join("\n")
      assert.include(after, "✗ INV-3: pass 1 of Widget default/w (process-1) read version 6 but wrote status on 9")
    })
  )

  it.effect("starts with the schedule, ends with the invariants, and is at most 120 characters wide", () =>
    Effect.gen(function* () {
      const text = lines(yield* Simulator.run(simulation, twoLeaders))
      assert.deepStrictEqual(text.slice(0, 2), ['  1. inject "lease lost" 1 call from now', "  2. run 1 pass"])
      assert.include(text.at(-2), "INV-6: A finished plan is removed once")
      assert.isAtMost(Math.max(...text.map(({ length }) => length)), 120)
    })
  )

  it.effect("is the same for every run of a schedule", () =>
    Effect.gen(function* () {
      const [first, second] = [
        yield* Simulator.run(simulation, twoLeaders),
        yield* Simulator.run(simulation, twoLeaders)
      ]
      assert.strictEqual(Simulator.text(first), Simulator.text(second))
    })
  )

  it.effect("cuts a long timeline to the most relevant entries", () =>
    Effect.gen(function* () {
      const edits = Array.from({ length: 60 }, (_, size): Simulator.Action => {
        const body = { metadata: { annotations: { size: `${size}` } } }
        return {
          action: "user",
          request: { verb: "merge", kind: simulation.controllerUnderTest.kind, name: "w", body }
        }
      })
      const reconcile: Simulator.Action = { action: "reconcile", passes: 9 }
      const run = yield* Simulator.run(simulation, [...twoLeaders, reconcile, ...edits])
      const text = lines(run)
      assert.match(text.join("\n"), /… \d\d more entries/u)
      assert.isTrue(text.some((line) => line.startsWith("▶")))
      assert.isBelow(text.length, 60 + 100)
    })
  )

  it.effect("says how to reproduce a seed", () =>
    Effect.gen(function* () {
      const failure = yield* Simulator.runSeed({ ...simulation, maxActions: 12 }, 4)
      if (failure === undefined) return assert.fail("seed 4 does not fail")
      const report = Simulator.report(failure)
      assert.include(report, "seed 4 fails: INV-2: pass 1 of Widget default/w (process-1) wrote status 2 times")
      assert.include(report, "Simulator.runSeed(simulation, 4)")
    })
  )
})

describe("the timeline", () => {
  it.effect("names the writer of the version that a pass read", () =>
    Effect.gen(function* () {
      const timeline = Timeline.of(yield* Simulator.run(correct, []))
      const passes = timeline.entries.filter(({ kind }) => kind === "pass")
      const writers = passes.map(({ source }) => timeline.entries[source?.from ?? Number.NaN]?.who)
      assert.deepStrictEqual(writers, ["user", "process-1", "process-1", "process-1"])
      assert.isTrue(passes.every(({ source }) => source?.newer === undefined))
    })
  )

  it.effect("marks a stale read with the writer of the newer version", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.run(correct, [
        { action: "reconcile", passes: 1 },
        { action: "fault", fault: "cache older", call: 0 },
        { action: "reconcile", passes: 1 },
        {
          action: "user",
          request: { verb: "merge", kind: correct.controllerUnderTest.kind, name: "w", body: { spec: { size: 4 } } }
        },
        { action: "reconcile", passes: 2 }
      ])
      const timeline = Timeline.of(run)
      const stale = timeline.entries.filter(({ kind, source }) => kind === "pass" && source?.newer !== undefined)
      assert.isAbove(stale.length, 0)
      assert.include(Simulator.text(run), "stale: user has written @")
    })
  )

  it.effect("has every version once, at the entry that made it", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.run(simulation, twoLeaders)
      const versions = Timeline.of(run).entries.flatMap((entry) => entry.versions.map(({ version }) => version))
      const changes = run.trace.changes.filter(({ plural }) => plural !== "events")
      assert.deepStrictEqual(
        versions,
        changes.map(({ object }) => object.metadata.resourceVersion)
      )
    })
  )
})
