/** What follows the end of a watch: another watch or a list, after which pause, and what the log says. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Watcher } from "../src/index.ts"
import { configMap, failure, list, stored } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

/** Watches for some seconds. Returns each request as `list 0` or `watch@10 0`, with its time, and the log. */
const watch = (
  { lists = [list(10, []), list(20, [])], watches }: Partial<ScriptedClient.Script>,
  {
    seconds = 1,
    selection = {}
  }: { readonly seconds?: number; readonly selection?: NonNullable<Watcher.Options["selection"]> } = {}
) =>
  Effect.gen(function* () {
    const { layer, requests, times } = ScriptedClient.make({ lists, watches: watches ?? [] })
    const log: Array<string> = []
    const logger = Logger.make(({ fiber, message }) => {
      const { watcher } = fiber.getRef(References.CurrentLogAnnotations)
      log.push(`${watcher}: ${message}`)
    })
    yield* Watcher.events({ kind: configMap, selection }).pipe(
      Stream.runDrain,
      Effect.provide(Layer.merge(layer, Logger.layer([logger]))),
      Effect.provideService(References.MinimumLogLevel, "Debug"),
      Effect.forkScoped
    )
    yield* Effect.forEach(Array.from({ length: seconds * 100 }), () => TestClock.adjust(10), { discard: true })
    const shown = requests.map((path) => {
      const query = new URLSearchParams(path.split("?")[1])
      return query.has("watch") ? `watch@${query.get("resourceVersion")}` : "list"
    })
    return { requests: shown, times, log }
  }).pipe(Effect.scoped)

const LISTED = ["list", "watch@10", "list", "watch@20"]
const RESUMED = ["list", "watch@10", "watch@10"]

describe("after a watch", () => {
  const error = (object: unknown) => ({ body: [line("ERROR", object)] })

  it.effect.each([
    ["with HTTP 410, the watcher lists", { status: 410 }, LISTED, "HTTP 410"],
    ["with HTTP 500, it resumes", { status: 500 }, RESUMED, "HTTP 500"],
    ["with a redirection, it resumes", { status: 300 }, RESUMED, "HTTP 300"],
    ["that broke, it resumes", { ending: "error" }, RESUMED, "other side closed"],
    ["with an error of code 410, it lists", error({ ...failure(410, ""), reason: undefined }), LISTED, "message"],
    ["with an error Expired, it lists", error(failure(500, "Expired")), LISTED, "Expired: message"],
    ["with an error Gone, it lists", error(failure(500, "Gone")), LISTED, "Gone: message"],
    ["with another error, it resumes", error(failure(500, "InternalError")), RESUMED, "InternalError: message"],
    ["with an error without a status, it resumes", error(null), RESUMED, "ERROR event without a message"],
    ["with a line that is no event, it lists", { body: ["{}\n"] }, LISTED, "line is not a watch event"],
    [
      "with an object without metadata, it lists",
      { body: [line("ADDED", {})] },
      LISTED,
      "event has an object without metadata"
    ]
  ] as const)("%s", ([, script, expected, logged]) =>
    Effect.gen(function* () {
      const { log, requests } = yield* watch({ watches: [script] })
      assert.deepStrictEqual(requests, expected)
      assert.strictEqual(log.length, 1)
      assert.include(log[0], `ConfigMap: watch ended: `)
      assert.include(log[0], logged)
    })
  )

  it.effect("that ended normally, it resumes and logs nothing", () =>
    Effect.gen(function* () {
      const { log, requests } = yield* watch({ watches: [{ ending: "end" }] })
      assert.deepStrictEqual(requests, RESUMED)
      assert.deepStrictEqual(log, [])
    })
  )

  it.effect("of silence, it says so", () =>
    Effect.gen(function* () {
      const { log } = yield* watch({}, { seconds: 71 })
      assert.deepStrictEqual(log, ["ConfigMap: watch ended: nothing received for 1m 10s"])
    })
  )

  it.effect("of a single object, the log names it", () =>
    Effect.gen(function* () {
      const of = (selection: NonNullable<Watcher.Options["selection"]>) =>
        Effect.map(watch({ watches: [{ status: 500 }] }, { selection }), ({ log }) => log)
      assert.deepStrictEqual(yield* of({ namespace: "sei", name: "a" }), ["ConfigMap sei/a: watch ended: HTTP 500"])
      assert.deepStrictEqual(yield* of({ name: "a" }), ["ConfigMap a: watch ended: HTTP 500"])
    })
  )

  it.effect("a list that failed is logged as a warning", () =>
    Effect.gen(function* () {
      const { log } = yield* watch({ lists: [503, list(10, [])] })
      assert.strictEqual(log.length, 1)
      assert.include(log[0], "ConfigMap: cannot list: ")
    })
  )
})

/** The pauses before the requests after the first two, in milliseconds. */
const pausesOf = (times: ReadonlyArray<number>) => times.slice(2).map((time, index) => time - (times[index + 1] ?? 0))

describe("the pause before the next request", () => {
  it.effect("doubles from 50 to 100 ms with each watch that ends at once", () =>
    Effect.gen(function* () {
      const watches = Array.from({ length: 4 }, () => ({ status: 500 }))
      const pauses = pausesOf((yield* watch({ watches }, { seconds: 3 })).times)
      assert.lengthOf(pauses, 4)
      pauses.forEach((pause, index) => {
        assert.isAtMost(pause, 100 * 2 ** index + 10)
        assert.isAtLeast(pause, 50 * 2 ** index)
      })
    })
  )

  it.effect("stays short while each watch advances the resourceVersion", () =>
    Effect.gen(function* () {
      const watches = Array.from({ length: 8 }, (_, index) => ({
        body: [line("ADDED", stored("a", 11 + index))],
        ending: "error" as const
      }))
      const { requests, times } = yield* watch({ watches }, { seconds: 3 })
      assert.strictEqual(requests.at(-1), "watch@18")
      assert.isAtMost(Math.max(...pausesOf(times)), 110)
    })
  )

  it.effect("grows although each watch is expired at once", () =>
    Effect.gen(function* () {
      const lists = Array.from({ length: 8 }, (_, index) => list(10 + index, []))
      const watches = Array.from({ length: 8 }, () => ({ status: 410 }))
      const { times } = yield* watch({ lists, watches }, { seconds: 10 })
      assert.isAtLeast(Math.max(...pausesOf(times)), 1_000)
    })
  )

  it.effect("is short again after a watch of 5 seconds, and there is none after a normal end of such a watch", () =>
    Effect.gen(function* () {
      const failing = Array.from({ length: 4 }, () => ({ status: 500 }))
      const broken = { body: [5_000], ending: "error" } as const
      const afterBroken = yield* watch({ watches: [...failing, broken, { status: 500 }] }, { seconds: 10 })
      const pause = (pausesOf(afterBroken.times).at(-2) ?? 0) - 5_000
      assert.isAtMost(pause, 110)
      assert.isAtLeast(pause, 50)
      const ended = yield* watch({ watches: [...failing, { body: [5_000], ending: "end" }] }, { seconds: 10 })
      assert.strictEqual(pausesOf(ended.times).at(-1), 5_000)
      const early = yield* watch({ watches: [{ body: [4_990], ending: "end" }] }, { seconds: 10 })
      assert.isAbove(pausesOf(early.times).at(-1) ?? 0, 5_000)
    })
  )
})
