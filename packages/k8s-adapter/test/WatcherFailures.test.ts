/** Watches and lists that fail, and when the watcher tries again. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Watcher } from "../src/index.ts"
import { configMap, failure, list, stored } from "./fixtures/Objects.ts"
import * as RunWatcher from "./fixtures/RunWatcher.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

type Watch = ScriptedClient.Script["watches"][number]

/** Runs watches after one list at resourceVersion 10; later lists have the resourceVersion 20. */
const runWatches = (
  watches: ReadonlyArray<Watch>,
  { seconds = 3, ...options }: Partial<Watcher.Options> & { readonly seconds?: number } = {}
) => RunWatcher.run({ lists: [list(10, []), list(20, [])], watches }, seconds, options)

const repeat = (count: number, watch: Watch): ReadonlyArray<Watch> => Array.from({ length: count }, () => watch)

const refused: Watch = { status: "refused" }
const error = (status: unknown): Watch => ({ body: [line("ERROR", status)] })

describe("a watch that fails", () => {
  it.effect.each([
    ["has no response", refused, "connection refused"],
    ["is redirected", { status: 300 }, "HTTP 300"],
    ["is rejected", { status: 403 }, "HTTP 403"],
    ["loses its connection", { ending: "error" }, "other side closed"],
    ["has an ERROR event", error(failure(500, "InternalError")), "InternalError: message of the API server"],
    ["has an ERROR event without a Status", error({}), "ERROR event without a message"]
  ] as const)("because it %s is logged, and resumed without a list", ([, watch, message]) =>
    Effect.gen(function* () {
      const { lists, logs, watches } = yield* runWatches([watch])

      assert.deepStrictEqual(logs, [`watch ended: ${message}`])
      assert.deepStrictEqual(watches.map(RunWatcher.startOf), ["10", "10"])
      assert.strictEqual(lists.length, 1)
    })
  )

  it.effect.each([
    ["has expired", { status: 410 }, "HTTP 410"],
    ["has an ERROR event with the code of 410 Gone", error({ kind: "Status", code: 410, message: "old" }), "old"],
    ["has an ERROR event with the reason Expired", error({ kind: "Status", reason: "Expired", message: "old" }), "old"],
    ["has an ERROR event with the reason Gone", error({ kind: "Status", reason: "Gone", message: "old" }), "old"],
    ["has a line that is not JSON", { body: ["<html>\n"] }, "line is not a watch event"],
    ["has an event of an unknown type", { body: [line("OTHER", stored("a", 11))] }, "line is not a watch event"],
    [
      "has an event without an object",
      { body: [line("ADDED", { metadata: {} })] },
      "event has an object without metadata"
    ]
  ] as const)("because it %s is logged, and followed by a list", ([, watch, message]) =>
    Effect.gen(function* () {
      const { logs, received, watches } = yield* runWatches([watch])

      assert.deepStrictEqual(logs, [`watch ended: ${message}`])
      assert.deepStrictEqual(received, ["Relisted @10", "Relisted @20"])
      assert.deepStrictEqual(watches.map(RunWatcher.startOf), ["10", "20"])
    })
  )

  it.effect("because its connection is silent is logged, and resumed without a list", () =>
    Effect.gen(function* () {
      const { lists, logs } = yield* runWatches([], { seconds: 3, timing: { silence: "2 seconds" } })

      assert.deepStrictEqual([logs, lists.length], [["watch ended: nothing received for 2s"], 1])
    })
  )

  it.effect("is logged with the kind, and with the name when it is the watch of one object", () =>
    Effect.gen(function* () {
      const watchersOf = (options: Partial<Watcher.Options>) =>
        Effect.map(runWatches([refused], options), ({ watchers }) => watchers)
      const node: ObjectMeta.ObjectKind = { apiVersion: "v1", kind: "Node", plural: "nodes", scope: "Cluster" }

      assert.deepStrictEqual(yield* watchersOf({}), ["ConfigMap"])
      assert.deepStrictEqual(yield* watchersOf({ selection: { namespace: "default", name: "a" } }), [
        ObjectMeta.keyText(ObjectMeta.key(configMap, "default", "a"))
      ])
      assert.deepStrictEqual(yield* watchersOf({ kind: node, selection: { name: "a" } }), [
        ObjectMeta.keyText(ObjectMeta.key(node, "", "a"))
      ])
    })
  )
})

describe("a list that fails", () => {
  it.effect("is logged with the cause", () =>
    Effect.gen(function* () {
      const { logs, received } = yield* RunWatcher.run({ lists: [503, list(10, [])], watches: [] }, 3)

      assert.deepStrictEqual(received, ["Relisted @10"])
      assert.lengthOf(logs, 1)
      assert.match(logs[0] ?? "", /^cannot list: .*HTTP 503/)
    })
  )
})

describe("the back-off of watches", () => {
  /** Asserts that a watch started this many failures after the last success: 100 ms, 200 ms, …, less up to a half. */
  const assertBackOff = (interval: number | undefined, failures: number, lasted = 0) => {
    const longest = Math.min(100 * 2 ** failures, 30_000)
    assert.isAtLeast(interval ?? 0, lasted + longest / 2)
    assert.isAtMost(interval ?? 0, lasted + longest)
  }

  it.effect("starts at 100 ms, doubles with every failure up to 30 s, and is reduced by up to a half", () =>
    Effect.gen(function* () {
      const { intervals } = yield* runWatches(repeat(12, refused), { seconds: 150 })

      assert.isAtLeast(intervals.length, 10)
      for (const [index, interval] of intervals.entries()) assertBackOff(interval, index)
    })
  )

  it.effect.each([
    ["lasted 6 s and failed", { body: [6_000], ending: "error" }, 6_000],
    ["delivered an event", { body: [line("ADDED", stored("a", 11))], ending: "error" }, 0],
    ["delivered a bookmark", { body: [line("BOOKMARK", { metadata: { resourceVersion: "11" } })], ending: "error" }, 0]
  ] as const)("starts again after a watch that %s", ([, watch, lasted]) =>
    Effect.gen(function* () {
      const { intervals } = yield* runWatches([...repeat(6, refused), watch, refused], { seconds: 20 })

      assertBackOff(intervals[5], 5)
      assertBackOff(intervals[6], 0, lasted)
      assertBackOff(intervals[7], 1)
    })
  )

  it.effect("does not start again after a short watch without an event", () =>
    Effect.gen(function* () {
      const watch: Watch = { body: [4_999], ending: "error" }
      const { intervals } = yield* runWatches([...repeat(6, refused), watch], { seconds: 20 })

      assertBackOff(intervals[6], 6, 4_999)
    })
  )

  it.effect("does not start again when every watch expires at once after a list", () =>
    Effect.gen(function* () {
      const { intervals, lists } = yield* runWatches(repeat(100, { status: 410 }), { seconds: 60 })

      assert.isAtMost(lists.length, 14)
      for (const [index, interval] of intervals.entries()) assertBackOff(interval, index)
    })
  )

  it.effect("does not apply when a watch ends by itself after 5 s, and that is not logged", () =>
    Effect.gen(function* () {
      const { intervals, logs } = yield* runWatches(repeat(3, { body: [5_000], ending: "end" }), { seconds: 16 })

      assert.deepStrictEqual([intervals, logs], [[5_000, 5_000, 5_000], []])
    })
  )

  it.effect("applies when a watch ends by itself before, and that is not logged", () =>
    Effect.gen(function* () {
      const { intervals, logs } = yield* runWatches(repeat(3, { body: [4_999], ending: "end" }), { seconds: 18 })

      for (const [index, interval] of intervals.entries()) assertBackOff(interval, index, 4_999)
      assert.deepStrictEqual(logs, [])
    })
  )
})

describe("a slow reader", () => {
  it.effect("gets every event", () =>
    Effect.gen(function* () {
      const count = 3_000
      const body = Array.from({ length: count }, (_, n) => line("ADDED", stored(`object-${n}`, 1_000 + n)))
      const { layer } = ScriptedClient.make({ lists: [list(10, [])], watches: [{ body: [body.join("")] }] })
      const received = yield* Watcher.events({ kind: configMap }).pipe(
        Stream.mapEffect((event) => Effect.as(Effect.yieldNow, event)),
        Stream.take(count + 1),
        Stream.runCollect,
        Effect.provide(layer)
      )

      const last = received.at(-1)
      assert.strictEqual(last?._tag === "Applied" ? last.object.metadata.name : "", `object-${count - 1}`)
    })
  )
})
