import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import * as Command from "../../src/explore/command/Command.ts"
import { unreached } from "../toy/ConflictRetry.ts"

const module = join(import.meta.dirname, "../toy/ConflictRetry.ts")

describe("portolan-simulate", () => {
  it.live("exits with 1, reports the first seed that fails, and writes the requested files", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "simulate-"))
      const [html, test] = [join(folder, "run.html"), join(folder, "run.test.ts")]
      try {
        const { code, output } = yield* Command.run([
          module,
          "--seeds",
          "19..24",
          "--cores",
          "1",
          "--html",
          html,
          "--test",
          test
        ])
        assert.strictEqual(code, 1)
        assert.match(
          output,
          /^widgets with retried conflicts: 3 seeds in [\d.]+ s, \d+ per second\n\nseed 21 fails: INV-2: /u
        )
        assert.include(readFileSync(html, "utf8"), "seed 21 of simulation")
        assert.include(readFileSync(test, "utf8"), 'toy/ConflictRetry.ts"')
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  )

  it.live("exits with 0 when every seed passes", () =>
    Effect.gen(function* () {
      const { code, output } = yield* Command.run([module, "--export", "correct", "--seed", "21", "--cores", "1"])
      assert.strictEqual(code, 0)
      assert.match(output, /no failures\n$/u)
    })
  )

  it.live("exits with 1 when every seed passes and none reaches what the simulation declares", () =>
    Effect.gen(function* () {
      const { code, output } = yield* Command.run([module, "--export", "unreached", "--seeds", "1..2", "--cores", "1"])
      assert.strictEqual(code, 1)
      assert.isTrue(output.startsWith(unreached.name))
      assert.match(output, /: 2 seeds in .*; no failures, but the simulation does not reach what it declares:\n/u)
      assert.match(output, /\nnever in 2 seeds: a plan was superseded\n$/u)
      const fewer = yield* Command.run([module, "--export", "unreached", "--seed", "1", "--cores", "1"])
      assert.strictEqual(fewer.code, 0)
    })
  )

  it.live.each([
    [["nowhere.ts"], /module not found: .*nowhere\.ts$/u],
    [[module, "--export", "nothing"], /does not export "nothing"$/u],
    [
      [join(import.meta.dirname, "../toy/Widgets.ts"), "--export", "scenario"],
      /export "scenario" of .* is not a simulation$/u
    ],
    [[join(import.meta.dirname, "../../README.md")], /cannot import .*README\.md: /u],
    [[module, "--seeds", "9..1"], /"9\.\.1" is not a range of seeds: use 7 or 1\.\.1000$/u],
    [[module, "--cores", "0"], /--cores must be a number from 1 to 9999, not "0"$/u],
    [[module, "--seed", "1", "--seeds", "1..2"], /--seed and --seeds cannot be used together$/u],
    [[module, "--frob"], /Unknown option '--frob'/u],
    [[], /name one module that exports a simulation$/u]
  ] as const)("exits with 2 and one line for %j", ([words, line]) =>
    Effect.gen(function* () {
      const { code, complaint } = yield* Command.run(words)
      assert.strictEqual(code, 2)
      assert.match(complaint.trimEnd(), line)
      assert.lengthOf(complaint.split("\n"), 2)
    })
  )
})
