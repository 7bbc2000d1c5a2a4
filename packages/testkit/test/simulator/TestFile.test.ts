import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { Simulator } from "../../src/index.ts"
import { simulation } from "../toy/Stubborn.ts"

const failureOf = (schedule: Simulator.Schedule) =>
  Effect.map(Simulator.live(simulation, schedule), (run): Simulator.Failure => ({ seed: 7, whole: run, smallest: run }))

const race: Simulator.Schedule = [
  { move: "fault", fault: "conflict", call: 1 },
  { move: "passes", count: 1 }
]

describe("a written test file", () => {
  it.effect("carries the schedule as data, and the seed and the law in its test's name", () =>
    Effect.gen(function* () {
      const text = Simulator.testFile({ failure: yield* failureOf(race), from: "./widgets.ts", name: "widgets" })
      assert.include(text, 'import { widgets as simulation } from "./widgets.ts"')
      assert.include(text, '[{ move: "fault", fault: "conflict", call: 1 }, { move: "passes", count: 1 }]')
      assert.include(text, 'it("seed 7: INV-2: turn 1 of Widget default/w (process-1) wrote status 2 times"')
    })
  )

  it.effect("quotes what is no name, and breaks what is too long for a line", () =>
    Effect.gen(function* () {
      const labels = { "a/b": '"; `back`', ["__proto__"]: "x".repeat(100) }
      const body = { metadata: { labels } }
      const act: Simulator.Move = {
        move: "act",
        act: { verb: "merge", kind: simulation.controllerUnderTest.kind, name: "w", body }
      }
      const text = Simulator.testFile({ failure: yield* failureOf([act]), from: "./w.ts", name: "default" })
      assert.include(text, 'import simulation from "./w.ts"')
      assert.include(text, '"a/b": "\\"; `back`"')
      assert.include(text, `["__proto__"]: "${"x".repeat(100)}"`)
      assert.isAtMost(Math.max(...text.split("\n").map(({ length }) => length)), 140)
    })
  )

  it.effect("fails when it is run, and says why", () =>
    Effect.gen(function* () {
      const text = Simulator.testFile({ failure: yield* failureOf(race), from: "../toy/Stubborn.ts" })
      const root = join(import.meta.dirname, "../..")
      const folder = mkdtempSync(join(root, "test/written-"))
      try {
        writeFileSync(join(folder, "life.test.ts"), text)
        const vitest = join(root, "node_modules/vitest/vitest.mjs")
        const run = spawnSync(process.execPath, [vitest, "run", folder], { cwd: root, encoding: "utf8" })
        const said = `${run.stdout}${run.stderr}`
        assert.strictEqual(run.status, 1, said)
        assert.include(said, "seed 7: INV-2: turn 1 of Widget default/w (process-1) wrote status 2 times")
        assert.include(said, "✗ INV-3: turn 1 of Widget default/w (process-1) saw version 6 and wrote on 8")
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  )
})
