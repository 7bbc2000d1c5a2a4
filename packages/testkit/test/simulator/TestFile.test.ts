import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { Simulator } from "../../src/index.ts"
import { simulation } from "../toy/ConflictRetry.ts"

const failureOf = (schedule: Simulator.Schedule) =>
  Effect.map(
    Simulator.run(simulation, schedule),
    (run): Simulator.Failure => ({ seed: 7, original: run, smallest: run })
  )

const conflict: Simulator.Schedule = [
  { action: "fault", fault: "conflict", call: 1 },
  { action: "reconcile", passes: 1 }
]

describe("the test file", () => {
  it.effect("contains the schedule as data, and names its test after the seed and the finding", () =>
    Effect.gen(function* () {
      const text = Simulator.testFile({ failure: yield* failureOf(conflict), from: "./widgets.ts", name: "widgets" })
      assert.include(text, 'import { widgets as simulation } from "./widgets.ts"')
      assert.include(
        text,
        '= [\n  { action: "fault", fault: "conflict", call: 1 },\n  { action: "reconcile", passes: 1 }\n]\n'
      )
      assert.include(text, 'it("seed 7: INV-2: pass 1 of Widget default/w (process-1) wrote status 2 times"')
    })
  )

  it.effect("quotes names that are no identifiers, and breaks long lines", () =>
    Effect.gen(function* () {
      const labels = { "a/b": '"; `back`', ["__proto__"]: "x".repeat(100) }
      const body = { metadata: { labels } }
      const edit: Simulator.Action = {
        action: "user",
        request: { verb: "merge", kind: simulation.controllerUnderTest.kind, name: "w", body }
      }
      const text = Simulator.testFile({ failure: yield* failureOf([edit]), from: "./w.ts", name: "default" })
      assert.include(text, 'import simulation from "./w.ts"')
      assert.include(text, '"a/b": "\\"; `back`"')
      assert.include(text, `["__proto__"]: "${"x".repeat(100)}"`)
      assert.isAtMost(Math.max(...text.split("\n").map(({ length }) => length)), 140)
    })
  )

  it.effect("fails with the timeline when it is run", () =>
    Effect.gen(function* () {
      const text = Simulator.testFile({ failure: yield* failureOf(conflict), from: "../toy/ConflictRetry.ts" })
      const root = join(import.meta.dirname, "../..")
      const folder = mkdtempSync(join(root, "test/written-"))
      try {
        writeFileSync(join(folder, "run.test.ts"), text)
        const vitest = join(root, "node_modules/vitest/vitest.mjs")
        const run = spawnSync(process.execPath, [vitest, "run", folder], { cwd: root, encoding: "utf8" })
        const output = `${run.stdout}${run.stderr}`
        assert.strictEqual(run.status, 1, output)
        assert.include(output, "seed 7: INV-2: pass 1 of Widget default/w (process-1) wrote status 2 times")
        assert.include(output, "✗ INV-3: pass 1 of Widget default/w (process-1) read version 6 but wrote status on 8")
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  )
})
