import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import * as Command from "../../src/explore/command/Command.ts"

const stubborn = join(import.meta.dirname, "../toy/Stubborn.ts")

describe("portolan-simulate", () => {
  it.live("ends with 1 and the report of the first seed that fails, and writes what it is told to", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "simulate-"))
      const [html, test] = [join(folder, "life.html"), join(folder, "life.test.ts")]
      try {
        const { code, output } = yield* Command.run([
          stubborn,
          "--seeds",
          "20..24",
          "--cores",
          "1",
          "--html",
          html,
          "--test",
          test
        ])
        assert.strictEqual(code, 1)
        assert.match(output, /^stubborn widgets: 3 seeds in [\d.]+ s, \d+ a second\n\nseed 22 fails: INV-2: /u)
        assert.include(readFileSync(html, "utf8"), "seed 22 of simulation")
        assert.include(readFileSync(test, "utf8"), 'toy/Stubborn.ts"')
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  )

  it.live("ends with 0 when all is well", () =>
    Effect.gen(function* () {
      const { code, output } = yield* Command.run([stubborn, "--export", "sound", "--seed", "22", "--cores", "1"])
      assert.strictEqual(code, 0)
      assert.match(output, /all well\n$/u)
    })
  )

  it.live.each([
    [["nowhere.ts"], /there is no module .*nowhere\.ts$/u],
    [[stubborn, "--export", "nothing"], /exports no nothing$/u],
    [[join(import.meta.dirname, "../toy/Widgets.ts"), "--export", "scenario"], /scenario of .* is no simulation$/u],
    [[join(import.meta.dirname, "../../README.md")], /README\.md does not load: /u],
    [[stubborn, "--seeds", "9..1"], /"9\.\.1" is no range of seeds; give 7, or 1\.\.1000$/u],
    [[stubborn, "--cores", "0"], /--cores takes a number from 1, not 0$/u],
    [[stubborn, "--seed", "1", "--seeds", "1..2"], /give --seed or --seeds, not both$/u],
    [[stubborn, "--frob"], /Unknown option '--frob'/u],
    [[], /give one module that exports a simulation$/u]
  ] as const)("ends with 2 and one line for %j", ([words, line]) =>
    Effect.gen(function* () {
      const { code, complaint } = yield* Command.run(words)
      assert.strictEqual(code, 2)
      assert.match(complaint.trimEnd(), line)
      assert.lengthOf(complaint.split("\n"), 2)
    })
  )
})
