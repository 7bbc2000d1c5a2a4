/** Handlers of the cache, and reads that it cannot answer. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectCache } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { InformerCache, WriteTracker } from "../src/index.ts"
import { configMap, key, list, secret, stored, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

/** A cache of ConfigMaps over a script, the requests that it sends, and what it logs. */
const setup = Effect.fnUntraced(function* (
  script: Partial<ScriptedClient.Script>,
  options: Partial<InformerCache.Options> = {}
) {
  const { layer, requests } = ScriptedClient.make({ lists: [list(10, [stored("a", 5)])], watches: [], ...script })
  const log: Array<string> = []
  const context = yield* Layer.build(
    InformerCache.layer({ watched: [{ kind: configMap }], ...options }).pipe(
      Layer.provideMerge(WriteTracker.layer),
      Layer.provide(layer),
      Layer.provide(
        Logger.layer([Logger.make(({ cause, message }) => void log.push(`${message} ${Cause.pretty(cause)}`))])
      )
    )
  )
  const informers = yield* Effect.provide(InformerCache.InformerCache, context)
  const cache = yield* Effect.provide(ObjectCache.ObjectCache, context)
  return { informers, cache, requests, log }
})

const defectOf = (read: Effect.Effect<unknown>) =>
  Effect.map(Effect.exit(read), (exit) => (Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""))

describe("a handler of the cache", () => {
  const watches = [{ body: [1000, line("MODIFIED", stored("a", 11)), 1000, line("MODIFIED", stored("a", 12))] }]

  it.effect("that fails is logged, and keeps neither the watch nor other handlers from going on", () =>
    Effect.gen(function* () {
      const { informers, log } = yield* setup({ watches })
      yield* informers.ready
      const seen: Array<string> = []
      yield* informers.subscribe(() => Effect.die("broken"))
      yield* informers.subscribe(({ object }) => Effect.sync(() => void seen.push(object.metadata.resourceVersion)))
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual(seen, ["11", "12"])
      assert.lengthOf(log, 2)
      assert.include(log[0], "event handler failed on a change of ConfigMap")
      assert.include(log[0], "broken")
    }).pipe(Effect.scoped)
  )

  it.effect("is not called after its scope has closed", () =>
    Effect.gen(function* () {
      const { informers } = yield* setup({ watches })
      yield* informers.ready
      const seen: Array<string> = []
      const handler = informers.subscribe(({ object }) =>
        Effect.sync(() => void seen.push(object.metadata.resourceVersion))
      )
      yield* Effect.scoped(Effect.andThen(handler, TestClock.adjust(1000)))
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(seen, ["11"])
    }).pipe(Effect.scoped)
  )
})

describe("the cache", () => {
  it.effect("is ready after the first list of every kind", () =>
    Effect.gen(function* () {
      const { informers } = yield* setup(
        { lists: [503, list(10, []), list(20, [])] },
        { watched: [{ kind: configMap }, { kind: widget }] }
      )
      const ready = yield* Effect.forkChild(informers.ready)
      yield* TestClock.adjust(0)
      assert.isUndefined(ready.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ready)
    }).pipe(Effect.scoped)
  )

  it.effect("lists one namespace by labels, if it is told to", () =>
    Effect.gen(function* () {
      const { requests } = yield* setup(
        {},
        { namespace: "sei", watched: [{ kind: configMap, labels: { app: "x", node: true } }] }
      )
      yield* TestClock.adjust(0)
      const [path, query] = requests[0]?.split("?") ?? []
      assert.strictEqual(path, "/api/v1/namespaces/sei/configmaps")
      assert.strictEqual(new URLSearchParams(query).get("labelSelector"), "app=x,node")
    }).pipe(Effect.scoped)
  )

  it.effect("has no objects of a kind that it does not watch, and reads of it are defects", () =>
    Effect.gen(function* () {
      const { cache, informers } = yield* setup({})
      yield* informers.ready
      assert.deepStrictEqual(informers.listUnsafe(secret), [])
      assert.lengthOf(informers.listUnsafe(configMap), 1)
      assert.include(yield* defectOf(cache.get(key("a", secret))), "Secret")
      assert.include(yield* defectOf(cache.list(secret)), "Secret")
    }).pipe(Effect.scoped)
  )
})
