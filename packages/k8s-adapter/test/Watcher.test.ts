import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Watcher } from "../src/index.ts"
import { configMap, failure, list, stored } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

/** Follows a script for a while. Changes read as `Applied a@2`. */
const follow = (script: ScriptedClient.Script, seconds: number) =>
  Effect.gen(function* () {
    const { asked, layer } = ScriptedClient.make(script)
    const received: Array<string> = []
    yield* Watcher.events({ kind: configMap }).pipe(
      Stream.runForEach((change) => Effect.sync(() => received.push(text(change)))),
      Effect.provide(layer),
      Effect.forkScoped
    )
    yield* Effect.forEach(Array.from({ length: seconds * 20 }), () => TestClock.adjust(50), { discard: true })
    return { received, watches: asked.filter(isWatch), lists: asked.filter((path) => !isWatch(path)) }
  }).pipe(Effect.scoped)

const isWatch = (path: string) => path.includes("watch=true")

const text = (change: Watcher.Change): string =>
  change._tag === "Relisted"
    ? `Relisted ${change.objects.map(({ metadata }) => metadata.name).join(",")}@${change.resourceVersion}`
    : `${change._tag} ${change.object.metadata.name}@${change.object.metadata.resourceVersion}`

const from = (path: string | undefined) => new URLSearchParams(path?.split("?")[1]).get("resourceVersion")

describe("Watcher", () => {
  it.effect("lists, then watches from there with bookmarks and a time limit", () =>
    Effect.gen(function* () {
      const { received, lists, watches } = yield* follow(
        {
          lists: [list(10, [stored("a", 5)])],
          watches: [{ says: [line("MODIFIED", stored("a", 11)), line("DELETED", stored("a", 12))] }]
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

  it.effect("reads a list page by page, and in one piece when the server forgets between two pages", () =>
    Effect.gen(function* () {
      const pages = yield* follow(
        { lists: [list(10, [stored("a", 5)], "t"), list(10, [stored("b", 6)])], watches: [] },
        1
      )
      const forgotten = yield* follow(
        { lists: [list(9, [stored("a", 5)], "t"), 410, list(10, [stored("b", 6)])], watches: [] },
        1
      )

      assert.deepStrictEqual(pages.received, ["Relisted a,b@10"])
      assert.deepStrictEqual(pages.lists[1], "/api/v1/configmaps?limit=500&continue=t")
      assert.deepStrictEqual(forgotten.received, ["Relisted b@10"])
      assert.deepStrictEqual(forgotten.lists[2], "/api/v1/configmaps")
    })
  )

  it.effect("goes on from the last event after a connection breaks in the middle of a line", () =>
    Effect.gen(function* () {
      const torn = line("ADDED", stored("c", 12))
      const { received, lists, watches } = yield* follow(
        {
          lists: [list(10, [])],
          watches: [
            { says: [line("ADDED", stored("b", 11)) + torn.slice(0, 20)], after: "breaks" },
            { says: [torn.slice(0, 7), torn.slice(7)] }
          ]
        },
        2
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Applied b@11", "Applied c@12"])
      assert.deepStrictEqual(watches.map(from), ["10", "11"])
      assert.strictEqual(lists.length, 1)
    })
  )

  it.effect("keeps a character whole that arrives in two pieces", () =>
    Effect.gen(function* () {
      const bytes = new TextEncoder().encode(line("ADDED", stored("ü", 11)))
      const at = bytes.indexOf(0xc3) + 1
      const { received } = yield* follow(
        { lists: [list(10, [])], watches: [{ says: [bytes.slice(0, at), bytes.slice(at)] }] },
        1
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Applied ü@11"])
    })
  )

  it.effect("goes on from a bookmark when nothing else was said", () =>
    Effect.gen(function* () {
      const bookmark = line("BOOKMARK", { kind: "ConfigMap", metadata: { resourceVersion: "90" } })
      const { received, watches } = yield* follow(
        { lists: [list(10, [])], watches: [{ says: [bookmark], after: "ends" }] },
        1
      )

      assert.deepStrictEqual(received, ["Relisted @10"])
      assert.deepStrictEqual(watches.map(from), ["10", "90"])
    })
  )

  it.effect("lists again when its version is forgotten, said by HTTP or in the stream", () =>
    Effect.gen(function* () {
      const expired = line("ERROR", failure(410, "Expired"))
      const { received, watches } = yield* follow(
        {
          lists: [list(10, []), list(20, []), list(30, [])],
          watches: [{ status: 410 }, { says: [line("ADDED", stored("a", 21)), expired] }]
        },
        3
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Relisted @20", "Applied a@21", "Relisted @30"])
      assert.deepStrictEqual(watches.map(from), ["10", "20", "30"])
    })
  )

  it.effect("lists again after an event that cannot be read, so that nothing is missed", () =>
    Effect.gen(function* () {
      const { received } = yield* follow(
        { lists: [list(10, []), list(20, [])], watches: [{ says: [line("ADDED", { metadata: {} })] }] },
        2
      )

      assert.deepStrictEqual(received, ["Relisted @10", "Relisted @20"])
    })
  )

  it.effect("leaves a connection that is silent for 70 s", () =>
    Effect.gen(function* () {
      const early = yield* follow({ lists: [list(10, [])], watches: [] }, 69)
      const late = yield* follow({ lists: [list(10, [])], watches: [] }, 72)

      assert.deepStrictEqual([early.watches.length, late.watches.length], [1, 2])
      assert.strictEqual(late.lists.length, 1)
    })
  )

  it.effect("tries for ever, less and less often, while the server is away", () =>
    Effect.gen(function* () {
      const { received, lists } = yield* follow(
        { lists: [...Array.from({ length: 12 }, () => 503), list(10, [])], watches: [] },
        300
      )

      assert.deepStrictEqual(received, ["Relisted @10"])
      assert.strictEqual(lists.length, 13)
    })
  )

  it.effect("does not knock without a pause when every watch ends at once", () =>
    Effect.gen(function* () {
      const watches = Array.from({ length: 1000 }, () => ({ after: "ends" }) as const)
      const seen = yield* follow({ lists: [list(10, [])], watches }, 60)

      assert.isBelow(seen.watches.length, 14)
      assert.strictEqual(seen.lists.length, 1)
    })
  )
})
