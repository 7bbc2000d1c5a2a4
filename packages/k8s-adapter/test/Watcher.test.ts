import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { failure, list, stored } from "./fixtures/Objects.ts"
import * as RunWatcher from "./fixtures/RunWatcher.ts"
import { line } from "./fixtures/ScriptedClient.ts"

describe("Watcher", () => {
  it.effect("lists, then watches from the resourceVersion of the list with bookmarks and a timeout", () =>
    Effect.gen(function* () {
      const { received, lists, watches } = yield* RunWatcher.run(
        {
          lists: [list(10, [stored("a", 5)])],
          watches: [{ body: [line("MODIFIED", stored("a", 11)), line("DELETED", stored("a", 12))] }]
        },
        1
      )

      assert.deepStrictEqual(received, ["Relisted a@10", "Applied a@11", "Deleted a@12"])
      assert.deepStrictEqual(lists, ["/api/v1/configmaps?limit=500"])
      const query = new URLSearchParams(watches[0]?.split("?")[1])
      assert.deepStrictEqual([query.get("allowWatchBookmarks"), query.get("resourceVersion")], ["true", "10"])
      assert.isTrue(Number(query.get("timeoutSeconds")) >= 270 && Number(query.get("timeoutSeconds")) <= 310)
    })
  )

  it.effect("lists in pages, and in one response when the continue token expires", () =>
    Effect.gen(function* () {
      const pages = yield* RunWatcher.run(
        { lists: [list(10, [stored("a", 5)], "t"), list(10, [stored("b", 6)])], watches: [] },
        1
      )
      const expired = yield* RunWatcher.run(
        { lists: [list(9, [stored("a", 5)], "t"), 410, list(10, [stored("b", 6)])], watches: [] },
        1
      )

      assert.deepStrictEqual(pages.received, ["Relisted a,b@10"])
      assert.deepStrictEqual(pages.lists[1], "/api/v1/configmaps?limit=500&continue=t")
      assert.deepStrictEqual(expired.received, ["Relisted b@10"])
      assert.deepStrictEqual(expired.lists[2], "/api/v1/configmaps")
    })
  )

  it.effect("resumes from the last complete event when a connection breaks in the middle of a line", () =>
    Effect.gen(function* () {
      const split = line("ADDED", stored("c", 12))
      const { received, lists, watches } = yield* RunWatcher.run(
        {
          lists: [list(10, [])],
          watches: [
            { body: [line("ADDED", stored("b", 11)) + split.slice(0, 20)], ending: "error" },
            { body: [split.slice(0, 7), split.slice(7)] }
          ]
        },
        2
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Applied b@11", "Applied c@12"])
      assert.deepStrictEqual(watches.map(RunWatcher.startOf), ["10", "11"])
      assert.strictEqual(lists.length, 1)
    })
  )

  it.effect("decodes a character that arrives in two chunks", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode(line("ADDED", stored("ü", 11)))
      const at = bytes.indexOf(0xc3) + 1
      const { received } = yield* RunWatcher.run(
        { lists: [list(10, [])], watches: [{ body: [bytes.slice(0, at), bytes.slice(at)] }] },
        1
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Applied ü@11"])
    })
  )

  it.effect("resumes from a bookmark", () =>
    Effect.gen(function* () {
      const bookmark = line("BOOKMARK", { kind: "ConfigMap", metadata: { resourceVersion: "90" } })
      const { received, watches } = yield* RunWatcher.run(
        { lists: [list(10, [])], watches: [{ body: [bookmark], ending: "end" }] },
        1
      )

      assert.deepStrictEqual(received, ["Relisted @10"])
      assert.deepStrictEqual(watches.map(RunWatcher.startOf), ["10", "90"])
    })
  )

  it.effect("lists again after 410 Gone, as an HTTP status or as an ERROR event", () =>
    Effect.gen(function* () {
      const expired = line("ERROR", failure(410, "Expired"))
      const { received, watches } = yield* RunWatcher.run(
        {
          lists: [list(10, []), list(20, []), list(30, [])],
          watches: [{ status: 410 }, { body: [line("ADDED", stored("a", 21)), expired] }]
        },
        3
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Relisted @20", "Applied a@21", "Relisted @30"])
      assert.deepStrictEqual(watches.map(RunWatcher.startOf), ["10", "20", "30"])
    })
  )

  it.effect("lists again after an event that cannot be decoded", () =>
    Effect.gen(function* () {
      const { received } = yield* RunWatcher.run(
        { lists: [list(10, []), list(20, [])], watches: [{ body: [line("ADDED", { metadata: {} })] }] },
        2
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Relisted @20"])
    })
  )

  it.effect("closes a connection that is silent for 70 s, and resumes without a list", () =>
    Effect.gen(function* () {
      const early = yield* RunWatcher.run({ lists: [list(10, [])], watches: [] }, 69)
      const late = yield* RunWatcher.run({ lists: [list(10, [])], watches: [] }, 72)

      assert.deepStrictEqual([early.watches.length, late.watches.length], [1, 2])
      assert.strictEqual(late.lists.length, 1)
    })
  )

  it.effect("retries a list forever with back-off while the server is unavailable", () =>
    Effect.gen(function* () {
      const { received, lists } = yield* RunWatcher.run(
        { lists: [...Array.from({ length: 12 }, () => 503), list(10, [])], watches: [] },
        300
      )

      assert.deepStrictEqual(received, ["Relisted @10"])
      assert.strictEqual(lists.length, 13)
    })
  )

  it.effect("backs off when every watch ends at once", () =>
    Effect.gen(function* () {
      const watches = Array.from({ length: 1000 }, () => ({ ending: "end" }) as const)
      const result = yield* RunWatcher.run({ lists: [list(10, [])], watches }, 60)

      assert.isBelow(result.watches.length, 14)
      assert.strictEqual(result.lists.length, 1)
    })
  )
})
