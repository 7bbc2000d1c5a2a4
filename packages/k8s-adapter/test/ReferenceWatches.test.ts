import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile, ObjectCache, type ObjectMeta, type Watches } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Controller, InformerCache, WriteTracker } from "../src/index.ts"
import { key, list, secret, stored, version, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

/** A widget references the Secret in its label `secret`. */
const references: Watches.References = {
  reliedOnBy: "tests",
  kinds: [secret],
  of: ({ metadata }) => (metadata.labels?.secret === undefined ? [] : [key(metadata.labels.secret, secret)])
}

const widgetWith = (name: string, at: number, secretName?: string) =>
  stored(name, at, secretName === undefined ? {} : { labels: { secret: secretName } }, widget)

const secretAt = (at: number) => stored("s", at, {}, secret)

interface Settings {
  /** Events of widgets. At first `w` and `v` reference the Secret `s`, and `x` references none. */
  readonly widgets?: ReadonlyArray<string | number>
  readonly secrets?: Partial<ScriptedClient.Script>
  readonly watches?: ReadonlyArray<Controller.Watch>
}

/** Starts a controller of widgets, each of whose reconciles reads the Secret and records its resourceVersion. */
const withController = <A, E>(
  { secrets, watches = [], widgets = [] }: Settings,
  use: (cluster: {
    readonly reconciled: Array<string>
    readonly secrets: ReturnType<typeof ScriptedClient.make>
  }) => Effect.Effect<A, E, ObjectCache.ObjectCache | InformerCache.InformerCache | WriteTracker.WriteTracker>
) => {
  const widgetsClient = ScriptedClient.make({
    lists: [list(10, [widgetWith("w", 5, "s"), widgetWith("v", 6, "s"), widgetWith("x", 7)])],
    watches: [{ body: [...widgets] }]
  })
  const secretsClient = ScriptedClient.make({ lists: [list(10, [secretAt(8)])], watches: [], ...secrets })
  const reconciled: Array<string> = []
  const reconcile = Effect.fnUntraced(function* ({ name }: ObjectMeta.ObjectKey) {
    const cache = yield* ObjectCache.ObjectCache
    const object = Option.getOrUndefined(yield* cache.get(key(name, widget)))
    const [secretKey] = object === undefined ? [] : references.of(object)
    const found = secretKey === undefined ? undefined : Option.getOrUndefined(yield* cache.get(secretKey))
    reconciled.push(`${name} ${found?.metadata.resourceVersion ?? "none"}`)
    return { requeue: { _tag: "AwaitChange" }, wrote: false } as const
  })
  const controller = { kind: widget, watches, references }
  return Effect.gen(function* () {
    yield* Controller.start({ ...controller, reconcile })
    yield* TestClock.adjust(0)
    return yield* use({ reconciled, secrets: secretsClient })
  }).pipe(
    Effect.scoped,
    Effect.provide(
      InformerCache.layer({ watched: Controller.watched([controller]) }).pipe(
        Layer.provide(ScriptedClient.routed("/secrets", secretsClient.layer, widgetsClient.layer)),
        Layer.provideMerge(WriteTracker.layer)
      )
    )
  )
}

describe("ReferenceWatches objects", () => {
  it.effect("are watched by name from the first reference on, once for all references", () =>
    withController({}, ({ reconciled, secrets }) =>
      Effect.sync(() => {
        assert.deepStrictEqual([...reconciled].sort(), ["v 8", "w 8", "x none"])
        const [listPath, watchPath] = secrets.requests
        assert.strictEqual(listPath, "/api/v1/namespaces/default/secrets?limit=500&fieldSelector=metadata.name%3Ds")
        assert.match(
          String(watchPath),
          /^\/api\/v1\/namespaces\/default\/secrets\?watch=true&.*&fieldSelector=metadata/
        )
        assert.strictEqual(secrets.requests.length, 2)
      })
    )
  )

  it.effect("enqueue exactly the objects that reference them, also when they are created and deleted", () =>
    withController(
      {
        secrets: {
          lists: [list(10, [])],
          watches: [{ body: [1000, line("ADDED", secretAt(11)), 1000, line("DELETED", secretAt(12))] }]
        }
      },
      ({ reconciled }) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          const afterCreation = reconciled.slice(3).sort()
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(reconciled.slice(0, 3).sort(), ["v none", "w none", "x none"])
          assert.deepStrictEqual(afterCreation, ["v 11", "w 11"])
          assert.deepStrictEqual(reconciled.slice(5).sort(), ["v none", "w none"])
        })
    )
  )

  it.effect("are listed before the first read returns", () =>
    withController({ secrets: { lists: [503, 503, list(10, [secretAt(8)])] } }, ({ reconciled }) =>
      Effect.gen(function* () {
        const before = [...reconciled]
        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual([before, reconciled.slice(1).sort()], [["x none"], ["v 8", "w 8"]])
      })
    )
  )

  it.effect("fail a read that waits for their list for 30 s", () =>
    withController({ secrets: { lists: [403] } }, () =>
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const read = yield* Effect.forkChild(cache.get(key("s", secret)))
        yield* TestClock.adjust("29 seconds")
        const early = read.pollUnsafe()
        yield* TestClock.adjust("1 second")
        const late = read.pollUnsafe()

        assert.isUndefined(early)
        assert.isTrue(late !== undefined && Exit.hasDies(late))
        assert.include(String(late), "Secret default/s is not cached: not listed within 30 s")
      })
    )
  )

  it.effect("are not watched any more after the last reference is removed, by an edit or by a deletion", () =>
    withController(
      {
        widgets: [1000, line("MODIFIED", widgetWith("w", 11)), 1000, line("DELETED", widgetWith("v", 12, "s"))]
      },
      ({ secrets }) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache
          yield* TestClock.adjust("1500 millis")
          const closedEarly = secrets.closed.length
          yield* TestClock.adjust("1 second")
          const read = yield* Effect.exit(cache.get(key("s", secret)))

          assert.deepStrictEqual([closedEarly, secrets.closed.length], [0, 1])
          assert.isTrue(Exit.hasDies(read))
        })
    )
  )

  it.effect("are watched anew when referenced again, and fail a read that waited for the previous watch", () =>
    withController(
      {
        widgets: [
          40,
          line("DELETED", widgetWith("w", 11, "s")) + line("MODIFIED", widgetWith("v", 12)),
          1000,
          line("MODIFIED", widgetWith("x", 13, "s"))
        ],
        secrets: { lists: [503, list(20, [secretAt(15)])] }
      },
      ({ reconciled }) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache
          const read = yield* Effect.forkChild(cache.get(key("s", secret)))
          yield* TestClock.adjust(40)
          const exit = read.pollUnsafe()
          yield* TestClock.adjust("2 seconds")

          assert.isTrue(exit !== undefined && Exit.hasDies(exit))
          assert.deepStrictEqual(reconciled.at(-1), "x 15")
        })
    )
  )

  it.effect("are listed again after 410 Gone", () =>
    withController(
      {
        secrets: {
          lists: [list(10, [secretAt(8)]), list(20, [secretAt(15)])],
          watches: [{ body: [1000], ending: "end" }, { status: 410 }]
        }
      },
      ({ reconciled }) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")

          assert.deepStrictEqual(reconciled.slice(3).sort(), ["v 15", "w 15"])
        })
    )
  )

  it.effect("are read at the version of an own write, and do not enqueue the object whose reconcile wrote", () =>
    withController({}, ({ reconciled }) =>
      Effect.gen(function* () {
        const tracker = yield* WriteTracker.WriteTracker
        const cache = yield* ObjectCache.ObjectCache
        const pass = { key: key("w", widget), process: "1234abcd", number: 1, observedVersion: version(5) }
        yield* tracker
          .track(key("s", secret), Effect.succeed(secretAt(11)), (object) => ({
            _tag: "Stored",
            object,
            isOwnVersion: true
          }))
          .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
        const read = Option.getOrThrow(yield* cache.get(key("s", secret)))
        yield* TestClock.adjust(0)

        assert.deepStrictEqual([read.metadata.resourceVersion, reconciled.slice(3)], [version(11), ["v 11"]])
      })
    )
  )

  it.effect("are watched outside of any reconcile, also when the write of a reconcile adds the reference", () =>
    withController({}, ({ secrets }) =>
      Effect.gen(function* () {
        const tracker = yield* WriteTracker.WriteTracker
        const written = widgetWith("x", 11, "t")
        const pass = { key: key("x", widget), process: "1234abcd", number: 1, observedVersion: version(7) }
        yield* tracker
          .track(key("x", widget), Effect.succeed(written), (object) => ({
            _tag: "Stored",
            object,
            isOwnVersion: true
          }))
          .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
        yield* TestClock.adjust(0)

        assert.deepStrictEqual(secrets.passes, [undefined, undefined, undefined, undefined])
        assert.include(secrets.requests[2], "fieldSelector=metadata.name%3Dt")
      })
    )
  )

  it.effect("of a kind that is watched in full have no watch of their own, and enqueue all the same", () =>
    withController(
      {
        watches: [{ kind: secret, map: () => [], reliedOnBy: "tests" }],
        secrets: { watches: [{ body: [1000, line("MODIFIED", secretAt(11))] }] }
      },
      ({ reconciled, secrets }) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(reconciled.slice(3).sort(), ["v 11", "w 11"])
          assert.isFalse(secrets.requests.some((path) => path.includes("fieldSelector")))
        })
    )
  )

  it.effect("of a kind that is watched with labels can be read, but are not listed", () =>
    withController(
      {
        watches: [{ kind: secret, labels: { app: "x" }, map: () => [], reliedOnBy: "tests" }],
        secrets: { lists: [list(10, []), list(10, [secretAt(8)])] }
      },
      ({ reconciled, secrets }) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache

          assert.include(secrets.requests[0], "labelSelector=app%3Dx")
          assert.deepStrictEqual([...reconciled].sort(), ["v 8", "w 8", "x none"])
          assert.deepStrictEqual(yield* cache.list(secret, { labels: { app: "x" } }), [])
        })
    )
  )

  it.effect("cannot be listed, and cannot be read when no object references them", () =>
    withController({}, () =>
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const listed = yield* Effect.exit(cache.list(secret))
        const read = yield* Effect.exit(cache.get(key("other", secret)))

        assert.isTrue(Exit.hasDies(listed) && Exit.hasDies(read))
      })
    )
  )
})
