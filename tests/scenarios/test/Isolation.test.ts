import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Fleet from "../harness/Fleet.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
/** A hundred with `FLEET=full`. */
const isFull = process.env.FLEET === "full"
const LIVELY = numbered("lively", isFull ? 70 : 7)
const SILENT = numbered("silent", isFull ? 30 : 3)
const V1 = { image: "sei:v1" }
const V2 = { image: "sei:v2" }

/** What was called for each lively node, and at which millisecond. */
const schedule = (calls: Fleet.Calls) =>
  LIVELY.map((name) => (calls.get(name) ?? []).map(({ at, target, verb }) => `${at} ms: ${verb} ${target}`))

/** Creates nodes and gives them another image; sidecars may fall silent before either. */
const live = (names: ReadonlyArray<string>, silent: { readonly atFirst?: boolean; readonly later?: boolean } = {}) =>
  Effect.gen(function* () {
    const fleet = yield* Fleet.make
    if (silent.atFirst === true) for (const name of SILENT) fleet.silence(name)
    for (const name of names) yield* fleet.create(name, V1)
    yield* fleet.pass("20 seconds")
    if (silent.later === true) for (const name of SILENT) fleet.silence(name)
    for (const name of names) yield* fleet.edit(name, V2)
    yield* fleet.pass("20 seconds")
    const calls = yield* fleet.take
    yield* Fleet.invariantsHold(calls)
    return { phases: fleet.phases(), schedule: schedule(calls) }
  }).pipe(Effect.scoped, Effect.provide(TestCluster.layer), Effect.provide(TestClock.layer()))

describe("nodes beside others whose sidecars take calls and never answer", () => {
  it.effect("are made and updated at the same milliseconds as without them", () =>
    Effect.gen(function* () {
      const alone = yield* live(LIVELY)
      assert.deepStrictEqual(alone.phases, { "Running sei:v2": LIVELY.length })
      const beside = yield* live([...LIVELY, ...SILENT], { atFirst: true })
      assert.deepStrictEqual(beside.phases, {
        "Running sei:v2": LIVELY.length,
        "Initializing undefined, with a plan": SILENT.length
      })
      assert.deepStrictEqual(beside.schedule, alone.schedule)
    })
  )

  it.effect("are updated at the same milliseconds as without them, when those fall silent while they run", () =>
    Effect.gen(function* () {
      const alone = yield* live(LIVELY)
      const beside = yield* live([...LIVELY, ...SILENT], { later: true })
      assert.strictEqual(beside.phases["Running sei:v2"], LIVELY.length)
      assert.deepStrictEqual(beside.schedule, alone.schedule)
    })
  )
})
