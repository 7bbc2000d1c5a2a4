import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { definition, type Line, send, serving, watching, widget, widgets } from "./fixture.ts"

const eventOf = (line: Line | undefined): readonly [string | undefined, string] => {
  const metadata = line?.object.metadata
  const name = typeof metadata === "object" && metadata !== null && "name" in metadata ? String(metadata.name) : ""
  return [line?.type, name]
}

const merge = { "content-type": "application/merge-patch+json" }

describe("WatchStream", () => {
  it.effect("begins with the existing objects, then sends changes in order", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a"))
      const { next } = yield* watching(url, `${widgets}?watch=1&resourceVersion=0`)
      yield* send(url, `POST ${widgets}`, widget("b"))
      yield* send(url, `PATCH ${widgets}/a`, { spec: { size: 2 } }, merge)
      yield* send(url, `DELETE ${widgets}/b`)
      const lines = [eventOf(yield* next), eventOf(yield* next), eventOf(yield* next), eventOf(yield* next)]
      assert.deepStrictEqual(lines, [
        ["ADDED", "a"],
        ["ADDED", "b"],
        ["MODIFIED", "a"],
        ["DELETED", "b"]
      ])
    })
  )

  it.effect("resumes from a version, so that nothing is missed after a list", () =>
    Effect.gen(function* () {
      const { server, url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a"))
      const version = server.resourceVersion
      yield* send(url, `DELETE ${widgets}/a`)
      const { next } = yield* watching(url, `${widgets}?watch=true&resourceVersion=${version}`)
      assert.deepStrictEqual(eventOf(yield* next), ["DELETED", "a"])
    })
  )

  it.effect("sends an ERROR event for a version that is too old, and ends", () =>
    Effect.gen(function* () {
      const { server, url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a"))
      server.forget()
      const { code, next } = yield* watching(url, `${widgets}?watch=true&resourceVersion=2`)
      const line = yield* next
      assert.deepStrictEqual([code, line?.type, line?.object.code, line?.object.reason], [200, "ERROR", 410, "Expired"])
      assert.isUndefined(yield* next)
    })
  )

  it.effect(
    "sends a bookmark after the initial events, a second later, every minute, and two seconds before its end",
    () =>
      Effect.gen(function* () {
        const { server, url } = yield* serving()
        yield* send(url, `POST ${widgets}`, widget("a"))
        const options = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        const { next } = yield* watching(url, `${widgets}?watch=true&${options}&timeoutSeconds=90`)
        assert.deepStrictEqual(eventOf(yield* next), ["ADDED", "a"])
        const bookmark = {
          kind: "Widget",
          apiVersion: "example.dev/v1",
          metadata: { resourceVersion: server.resourceVersion }
        }
        assert.deepStrictEqual((yield* next)?.object, {
          ...bookmark,
          metadata: { annotations: { "k8s.io/initial-events-end": "true" }, ...bookmark.metadata }
        })
        for (const seconds of [1, 59, 28]) {
          yield* TestClock.adjust(`${seconds} seconds`)
          assert.deepStrictEqual(yield* next, { type: "BOOKMARK", object: bookmark })
        }
        yield* TestClock.adjust("2 seconds")
        assert.isUndefined(yield* next)
      })
  )

  it.effect("sends DELETED when an object leaves the selector", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const labelled = { ...widget("a"), metadata: { name: "a", labels: { tier: "gold" } } }
      yield* send(url, `POST ${widgets}`, labelled)
      const { next } = yield* watching(url, "/apis/example.dev/v1/widgets?watch=true&labelSelector=tier%3Dgold")
      yield* send(url, `PATCH ${widgets}/a`, { metadata: { labels: { tier: "tin" } } }, merge)
      assert.deepStrictEqual(
        [eventOf(yield* next), eventOf(yield* next)],
        [
          ["ADDED", "a"],
          ["DELETED", "a"]
        ]
      )
    })
  )

  it.effect("has column definitions in its first table only", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a"))
      const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
      const { next } = yield* watching(url, `${widgets}?watch=true`, { accept })
      yield* send(url, `POST ${widgets}`, widget("b", 2))
      const first = yield* next
      const second = yield* next
      assert.isArray(first?.object.columnDefinitions)
      assert.strictEqual(second?.object.columnDefinitions, null)
      const rows = second?.object.rows
      assert.deepInclude(Array.isArray(rows) ? rows[0] : undefined, { cells: ["b", 2, null, "0s"] })
    })
  )

  it.effect("ends when its kind is no longer served", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      const { next } = yield* watching(url, `${widgets}?watch=true`)
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`
      yield* send(url, `DELETE ${path}`)
      assert.isUndefined(yield* next)
    })
  )

  it.effect("rejects invalid parameters", () =>
    Effect.gen(function* () {
      const { audit, url } = yield* serving()
      const codes = [
        (yield* send(url, `GET ${widgets}?watch=true&resourceVersionMatch=NotOlderThan`)).code,
        (yield* send(url, `GET ${widgets}?watch=true&sendInitialEvents=true`)).code,
        (yield* send(url, `GET ${widgets}?watch=true&resourceVersion=abc`)).code,
        (yield* send(url, `GET ${widgets}?watch=true&labelSelector=%21%21`)).code,
        (yield* send(url, "GET /apis/example.dev/v1/gadgets?watch=true")).code
      ]
      assert.deepStrictEqual(codes, [422, 422, 500, 400, 404])
      assert.deepStrictEqual(
        audit().map(({ code, verb }) => [verb, code]),
        codes.map((code) => ["watch", code])
      )
    })
  )
})
