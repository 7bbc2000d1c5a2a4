import { assert, describe, it } from "@effect/vitest"
import { ObjectCache } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { InformerCache, WriteTracker } from "../src/index.ts"
import { configMap, key, list, stored, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

const labels = { app: "x" }

type Services = InformerCache.InformerCache | ObjectCache.ObjectCache | WriteTracker.WriteTracker

interface Cluster {
  readonly requests: ReadonlyArray<string>
  readonly logs: ReadonlyArray<string>
}

/** Runs a test with a cache of the ConfigMap `a`, which has labels. One second later the given events arrive. */
const withCache = <A, E>(
  options: Partial<InformerCache.Options>,
  events: ReadonlyArray<string>,
  use: (cluster: Cluster) => Effect.Effect<A, E, Services>
) => {
  const { layer, requests } = ScriptedClient.make({
    lists: [list(10, [stored("a", 1, { labels })])],
    watches: [{ body: [1000, ...events] }]
  })
  const logs: Array<string> = []
  const capture = Logger.make(({ message }) => void logs.push(String(message)))
  const watched = [{ kind: configMap }]
  return Effect.gen(function* () {
    const { ready } = yield* InformerCache.InformerCache
    yield* ready
    return yield* use({ requests, logs })
  }).pipe(
    Effect.provide(
      InformerCache.layer({ watched, ...options }).pipe(Layer.provide(layer), Layer.provideMerge(WriteTracker.layer))
    ),
    Effect.provide(Logger.layer([capture]))
  )
}

/** Records the changes that it is called with as `Applied a@2`. */
const recorder = () => {
  const changes: Array<string> = []
  const handler = ({ object: { metadata }, type }: InformerCache.StoreChange) =>
    Effect.sync(() => void changes.push(`${type} ${metadata.name}@${metadata.resourceVersion}`))
  return { changes, handler }
}

const events = [line("MODIFIED", stored("a", 11, { labels })), line("DELETED", stored("a", 12, { labels }))]

describe("InformerCache", () => {
  it.effect("lists and watches a kind in all namespaces, or in one and with labels", () =>
    Effect.gen(function* () {
      const listPath = (options: Partial<InformerCache.Options>) =>
        withCache(options, [], ({ requests }) => Effect.succeed(requests[0]))

      assert.strictEqual(yield* listPath({}), "/api/v1/configmaps?limit=500")
      assert.strictEqual(
        yield* listPath({ namespace: "sei", watched: [{ kind: configMap, labels }] }),
        "/api/v1/namespaces/sei/configmaps?limit=500&labelSelector=app%3Dx"
      )
    })
  )

  it.effect("calls every handler once for every change, until the scope of the handler closes", () =>
    withCache({}, events, () =>
      Effect.gen(function* () {
        const { subscribe } = yield* InformerCache.InformerCache
        const [first, second] = [recorder(), recorder()]
        const scope = yield* Scope.make()
        yield* subscribe(first.handler).pipe(Scope.provide(scope))
        yield* subscribe(second.handler)
        yield* Scope.close(scope, Exit.void)
        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual([first.changes, second.changes], [[], ["Applied a@11", "Deleted a@12"]])
      }).pipe(Effect.scoped)
    )
  )

  it.effect("logs a handler that fails, and calls the others", () =>
    withCache({}, events, ({ logs }) =>
      Effect.gen(function* () {
        const { subscribe } = yield* InformerCache.InformerCache
        const { changes, handler } = recorder()
        yield* subscribe(() => Effect.die("broken"))
        yield* subscribe(() => {
          throw new Error("broken")
        })
        yield* subscribe(handler)
        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual(changes, ["Applied a@11", "Deleted a@12"])
        assert.lengthOf(logs, 4)
        for (const message of logs) assert.include(message, "event handler failed on a change of ConfigMap")
      }).pipe(Effect.scoped)
    )
  )

  it.effect("lists without an effect, and nothing of a kind that is not watched", () =>
    withCache({}, [], () =>
      Effect.gen(function* () {
        const { listUnsafe } = yield* InformerCache.InformerCache

        const names = (selection?: Parameters<typeof listUnsafe>[1]) =>
          listUnsafe(configMap, selection).map(({ metadata }) => metadata.name)
        assert.deepStrictEqual([names(), names({ namespace: "other" })], [["a"], []])
        assert.deepStrictEqual(listUnsafe(widget), [])
      })
    )
  )

  it.effect("fails to read a kind that is not watched, and says so", () =>
    withCache({}, [], () =>
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const messages = yield* Effect.forEach([cache.get(key("w", widget)), cache.list(widget)], messageOf)

        assert.include(messages[0], "Widget default/w was read from the cache, but Widget is not watched")
        assert.include(messages[1], "Widget was listed from the cache, but Widget is not watched")
      })
    )
  )

  it.effect("has no object from which a write of this process has removed the labels, until it has them again", () =>
    withCache({ watched: [{ kind: configMap, labels }] }, [line("ADDED", stored("a", 11, { labels }))], () =>
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const tracker = yield* WriteTracker.WriteTracker
        const write = (object: ReturnType<typeof stored>) =>
          tracker.track(key("a"), Effect.succeed(object), () => ({ _tag: "Stored", object, isOwnVersion: true }))
        const version = Effect.map(
          cache.get(key("a")),
          (found) => Option.getOrUndefined(found)?.metadata.resourceVersion
        )
        assert.strictEqual(yield* version, "1")

        yield* write(stored("a", 5))
        assert.include(yield* messageOf(cache.get(key("a"))), "ConfigMap default/a was written without the labels")
        yield* write(stored("a", 6, { labels }))
        assert.strictEqual(yield* version, "6")
        yield* write(stored("a", 7))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* version, "11")
      })
    )
  )
})

/** The message of a defect. */
const messageOf = (effect: Effect.Effect<unknown>) =>
  Effect.map(Effect.exit(effect), (exit) => (Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : "no failure"))
