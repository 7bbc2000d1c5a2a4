import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Fleet from "../harness/Fleet.ts"

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
/** `FLEET=full` runs a hundred nodes. */
const isFull = process.env.FLEET === "full"
const LIVELY = numbered("lively", isFull ? 70 : 7)
const SILENT = numbered("silent", isFull ? 30 : 3)
const V1 = { image: "sei:v1" }
const V2 = { image: "sei:v2" }

/** The calls for each lively node, with the millisecond of each. */
const scheduleOf = (calls: Fleet.Calls) =>
  LIVELY.map((name) => (calls.get(name) ?? []).map(({ at, target, verb }) => `${at} ms: ${verb} ${target}`))

/** Creates nodes and gives them another image. The silent sidecars fall silent before the creation or before the edit. */
const run = (names: ReadonlyArray<string>, silentBefore?: "creation" | "edit") =>
  Effect.gen(function* () {
    const fleet = yield* Fleet.make
    if (silentBefore === "creation") for (const name of SILENT) fleet.silence(name)
    for (const name of names) yield* fleet.create(name, V1)
    yield* fleet.advance("20 seconds")
    if (silentBefore === "edit") for (const name of SILENT) fleet.silence(name)
    for (const name of names) yield* fleet.edit(name, V2)
    yield* fleet.advance("20 seconds")
    const calls = yield* fleet.take
    yield* Fleet.expectInvariants(calls)
    return { phases: fleet.phases(), schedule: scheduleOf(calls) }
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))

describe("nodes beside nodes whose sidecars accept calls and never answer", () => {
  it.effect("are created and updated at the same milliseconds as without them", () =>
    Effect.gen(function* () {
      const alone = yield* run(LIVELY)
      assert.deepStrictEqual(alone.phases, { "Running sei:v2": LIVELY.length })
      const beside = yield* run([...LIVELY, ...SILENT], "creation")
      assert.deepStrictEqual(beside.phases, {
        "Running sei:v2": LIVELY.length,
        "Initializing undefined, with a plan": SILENT.length
      })
      assert.deepStrictEqual(beside.schedule, alone.schedule)
    })
  )

  it.effect("are updated at the same milliseconds as without them, when those fall silent while they run", () =>
    Effect.gen(function* () {
      const alone = yield* run(LIVELY)
      const beside = yield* run([...LIVELY, ...SILENT], "edit")
      assert.strictEqual(beside.phases["Running sei:v2"], LIVELY.length)
      assert.deepStrictEqual(beside.schedule, alone.schedule)
    })
  )
})
