import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Controller, InformerCache, WriteTracker } from "../src/index.ts"
import { key, list, stored, version, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

const secret = ObjectMeta.namespaced("v1", "Secret", "secrets")

/** A widget refers to the secret that its label names. */
const references: InformerCache.References = {
  kinds: [secret],
  of: ({ metadata }) => (metadata.labels?.secret === undefined ? [] : [key(metadata.labels.secret, secret)])
}

const referring = (name: string, at: number, to?: string) =>
  stored(name, at, to === undefined ? {} : { labels: { secret: to } }, widget)

const secretAt = (at: number) => stored("s", at, {}, secret)

interface Settings {
  /** What happens to widgets: `w` and `v` refer to the secret `s` at first, `x` does not. */
  readonly widgets?: ReadonlyArray<string | number>
  readonly secrets?: Partial<ScriptedClient.Script>
  readonly watches?: ReadonlyArray<Controller.Watch>
}

/** A controller of widgets; turns read the secret and note its version. */
const started = <A, E>(
  { secrets, watches = [], widgets = [] }: Settings,
  use: (cluster: {
    readonly passes: Array<string>
    readonly secrets: ReturnType<typeof ScriptedClient.make>
  }) => Effect.Effect<A, E, ObjectCache.ObjectCache | InformerCache.InformerCache | WriteTracker.WriteTracker>
) => {
  const ofWidgets = ScriptedClient.make({
    lists: [list(10, [referring("w", 5, "s"), referring("v", 6, "s"), referring("x", 7)])],
    watches: [{ says: [...widgets] }]
  })
  const ofSecrets = ScriptedClient.make({ lists: [list(10, [secretAt(8)])], watches: [], ...secrets })
  const passes: Array<string> = []
  const reconcile = Effect.fnUntraced(function* ({ name }: ObjectMeta.ObjectKey) {
    const cache = yield* ObjectCache.ObjectCache
    const object = Option.getOrUndefined(yield* cache.get(key(name, widget)))
    const [to] = object === undefined ? [] : references.of(object)
    const found = to === undefined ? undefined : Option.getOrUndefined(yield* cache.get(to))
    passes.push(`${name} ${found?.metadata.resourceVersion ?? "none"}`)
    return { requeue: { _tag: "AwaitChange" }, wrote: false } as const
  })
  const controller = { kind: widget, watches, references }
  return Effect.gen(function* () {
    yield* Controller.start({ ...controller, reconcile })
    yield* TestClock.adjust(0)
    return yield* use({ passes, secrets: ofSecrets })
  }).pipe(
    Effect.scoped,
    Effect.provide(
      InformerCache.layer({ watched: Controller.watched([controller]) }).pipe(
        Layer.provide(ScriptedClient.either("/secrets", ofSecrets.layer, ofWidgets.layer)),
        Layer.provideMerge(WriteTracker.layer)
      )
    )
  )
}

describe("ReferenceWatches objects", () => {
  it.effect("are watched by name from the first reference on, once for all who refer to them", () =>
    started({}, ({ secrets, passes }) =>
      Effect.sync(() => {
        assert.deepStrictEqual([...passes].sort(), ["v 8", "w 8", "x none"])
        const [listed, watched] = secrets.asked
        assert.strictEqual(listed, "/api/v1/namespaces/default/secrets?limit=500&fieldSelector=metadata.name%3Ds")
        assert.match(String(watched), /^\/api\/v1\/namespaces\/default\/secrets\?watch=true&.*&fieldSelector=metadata/)
        assert.strictEqual(secrets.asked.length, 2)
      })
    )
  )

  it.effect("wake every object that refers to them, and nobody else, also when they appear and go", () =>
    started(
      {
        secrets: {
          lists: [list(10, [])],
          watches: [{ says: [1000, line("ADDED", secretAt(11)), 1000, line("DELETED", secretAt(12))] }]
        }
      },
      ({ passes }) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          const appeared = passes.slice(3).sort()
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(passes.slice(0, 3).sort(), ["v none", "w none", "x none"])
          assert.deepStrictEqual(appeared, ["v 11", "w 11"])
          assert.deepStrictEqual(passes.slice(5).sort(), ["v none", "w none"])
        })
    )
  )

  it.effect("let a read wait until they were listed", () =>
    started({ secrets: { lists: [503, 503, list(10, [secretAt(8)])] } }, ({ passes }) =>
      Effect.gen(function* () {
        const before = [...passes]
        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual([before, passes.slice(1).sort()], [["x none"], ["v 8", "w 8"]])
      })
    )
  )

  it.effect("fail a read that has waited for 30 s", () =>
    started({ secrets: { lists: [403] } }, () =>
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const read = yield* Effect.forkChild(cache.get(key("s", secret)))
        yield* TestClock.adjust("29 seconds")
        const early = read.pollUnsafe()
        yield* TestClock.adjust("1 second")
        const late = read.pollUnsafe()

        assert.isUndefined(early)
        assert.isTrue(late !== undefined && Exit.hasDies(late))
      })
    )
  )

  it.effect("are watched no more when the last reference went, by an edit or with its object", () =>
    started(
      {
        widgets: [1000, line("MODIFIED", referring("w", 11)), 1000, line("DELETED", referring("v", 12, "s"))]
      },
      ({ secrets }) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache
          yield* TestClock.adjust("1500 millis")
          const half = secrets.closed.length
          yield* TestClock.adjust("1 second")
          const read = yield* Effect.exit(cache.get(key("s", secret)))

          assert.deepStrictEqual([half, secrets.closed.length], [0, 1])
          assert.isTrue(Exit.hasDies(read))
        })
    )
  )

  it.effect("are followed afresh when a reference comes back, and a read that waited for the old one fails", () =>
    started(
      {
        widgets: [
          40,
          line("DELETED", referring("w", 11, "s")) + line("MODIFIED", referring("v", 12)),
          1000,
          line("MODIFIED", referring("x", 13, "s"))
        ],
        secrets: { lists: [503, list(20, [secretAt(15)])] }
      },
      ({ passes }) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache
          const read = yield* Effect.forkChild(cache.get(key("s", secret)))
          yield* TestClock.adjust(40)
          const exit = read.pollUnsafe()
          yield* TestClock.adjust("2 seconds")

          assert.isTrue(exit !== undefined && Exit.hasDies(exit))
          assert.deepStrictEqual(passes.at(-1), "x 15")
        })
    )
  )

  it.effect("survive a version that the server forgot", () =>
    started(
      {
        secrets: {
          lists: [list(10, [secretAt(8)]), list(20, [secretAt(15)])],
          watches: [{ says: [1000], after: "ends" }, { status: 410 }]
        }
      },
      ({ passes }) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("5 seconds")

          assert.deepStrictEqual(passes.slice(3).sort(), ["v 15", "w 15"])
        })
    )
  )

  it.effect("are read as our own writes left them, and do not wake the object whose turn wrote", () =>
    started({}, ({ passes }) =>
      Effect.gen(function* () {
        const own = yield* WriteTracker.WriteTracker
        const cache = yield* ObjectCache.ObjectCache
        const pass = { key: key("w", widget), number: 1, observedVersion: version(5) }
        yield* own
          .during(key("s", secret), Effect.succeed(secretAt(11)), (object) => ({ _tag: "Stored", object, ours: true }))
          .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
        const read = Option.getOrThrow(yield* cache.get(key("s", secret)))
        yield* TestClock.adjust(0)

        assert.deepStrictEqual([read.metadata.resourceVersion, passes.slice(3)], [version(11), ["v 11"]])
      })
    )
  )

  it.effect("are asked for in nobody's turn, also when a turn's own write brought the reference", () =>
    started({}, ({ secrets }) =>
      Effect.gen(function* () {
        const own = yield* WriteTracker.WriteTracker
        const written = referring("x", 11, "t")
        const pass = { key: key("x", widget), number: 1, observedVersion: version(7) }
        yield* own
          .during(key("x", widget), Effect.succeed(written), (object) => ({ _tag: "Stored", object, ours: true }))
          .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
        yield* TestClock.adjust(0)

        assert.deepStrictEqual(secrets.passes, [undefined, undefined, undefined, undefined])
        assert.include(secrets.asked[2], "fieldSelector=metadata.name%3Dt")
      })
    )
  )

  it.effect("of a kind that is watched whole have no watch of their own, and wake all the same", () =>
    started(
      {
        watches: [{ kind: secret, map: () => [] }],
        secrets: { watches: [{ says: [1000, line("MODIFIED", secretAt(11))] }] }
      },
      ({ secrets, passes }) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(passes.slice(3).sort(), ["v 11", "w 11"])
          assert.isFalse(secrets.asked.some((path) => path.includes("fieldSelector")))
        })
    )
  )

  it.effect("of a kind that is watched with labels can be read, and are not in its lists", () =>
    started(
      {
        watches: [{ kind: secret, labels: { app: "x" }, map: () => [] }],
        secrets: { lists: [list(10, []), list(10, [secretAt(8)])] }
      },
      ({ secrets, passes }) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache

          assert.include(secrets.asked[0], "labelSelector=app%3Dx")
          assert.deepStrictEqual([...passes].sort(), ["v 8", "w 8", "x none"])
          assert.deepStrictEqual(yield* cache.list(secret), [])
        })
    )
  )

  it.effect("cannot be listed, and cannot be read when nothing refers to them", () =>
    started({}, () =>
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const listed = yield* Effect.exit(cache.list(secret))
        const read = yield* Effect.exit(cache.get(key("other", secret)))

        assert.isTrue(Exit.hasDies(listed) && Exit.hasDies(read))
      })
    )
  )
})
