import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Controller, InformerCache, WriteTracker } from "../src/index.ts"
import { configMap, key, list, stored, version, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

const converged: Controller.Result = { requeue: { _tag: "AwaitChange" }, wrote: false }

const labels = { app: "x" }

/** Config maps belong to the widget that their label names. */
const watches: ReadonlyArray<Controller.Watch> = [
  {
    kind: configMap,
    labels,
    map: ({ object, previous = object }) =>
      [object, previous].map(({ metadata }) => key(metadata.labels?.owner ?? "", widget))
  }
]

/** Both kinds list one object; then each hears its own events, when `later` has passed. */
const cluster = (events: {
  readonly widgets?: ReadonlyArray<string>
  readonly configMaps?: ReadonlyArray<string>
  /** How often the server is too busy to list config maps. */
  readonly busy?: number
}) => {
  const scripts = {
    widgets: ScriptedClient.make({
      lists: [list(10, [stored("w", 5, {}, widget), stored("v", 6, {}, widget)])],
      watches: [{ after: "ends" }, { says: events.widgets ?? [] }]
    }),
    configMaps: ScriptedClient.make({
      lists: [
        ...Array.from({ length: events.busy ?? 0 }, () => 503),
        list(10, [stored("c", 7, { labels: { ...labels, owner: "w" } })])
      ],
      watches: [{ after: "ends" }, { says: events.configMaps ?? [] }]
    })
  }
  return InformerCache.layer({ watched: Controller.watched([{ kind: widget, watches }]) }).pipe(
    Layer.provide(ScriptedClient.either("/widgets", scripts.widgets.layer, scripts.configMaps.layer)),
    Layer.provideMerge(WriteTracker.layer)
  )
}

/** The names that had turns, in order. */
const started = (reconcile: (name: string) => Effect.Effect<Controller.Result, unknown, ObjectCache.ObjectCache>) =>
  Effect.gen(function* () {
    const passes: Array<string> = []
    const controller = yield* Controller.start({
      kind: widget,
      watches,
      reconcile: (key) =>
        Effect.andThen(
          Effect.sync(() => passes.push(key.name)),
          reconcile(key.name)
        )
    })
    yield* TestClock.adjust(0)
    return { controller, passes }
  })

describe("Controller", () => {
  it.effect("looks at every object once it has heard of every kind", () =>
    Effect.gen(function* () {
      const { controller, passes } = yield* started((name) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache
          assert.isTrue(Option.isSome(yield* cache.get(key(name, widget))))
          assert.strictEqual((yield* cache.list(configMap, { labels })).length, 1)
          return converged
        })
      )

      assert.deepStrictEqual([...passes].sort(), ["v", "w"])
      assert.strictEqual(yield* controller.pending, 0)
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )

  it.effect("begins no turn before every kind was listed", () =>
    Effect.gen(function* () {
      const passes: Array<string> = []
      const reconcile = ({ name }: ObjectMeta.ObjectKey) =>
        Effect.sync(() => {
          passes.push(name)
          return converged
        })
      yield* Effect.forkScoped(Controller.start({ kind: widget, watches, reconcile }))
      yield* TestClock.adjust(0)
      const early = [...passes]
      yield* TestClock.adjust("5 seconds")

      assert.deepStrictEqual([early, [...new Set(passes)].sort()], [[], ["v", "w"]])
    }).pipe(Effect.scoped, Effect.provide(cluster({ busy: 2 })))
  )

  it.effect("wakes an object for its own changes, and the owner for a child's, before and after", () =>
    Effect.gen(function* () {
      const { passes } = yield* started(() => Effect.succeed(converged))
      passes.length = 0

      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([...new Set(passes)].sort(), ["v", "w"])
    }).pipe(
      Effect.scoped,
      Effect.provide(
        cluster({
          widgets: [line("MODIFIED", stored("v", 11, {}, widget))],
          configMaps: [line("MODIFIED", stored("c", 12, { labels: { ...labels, owner: "v" } }))]
        })
      )
    )
  )

  it.effect("INV-5: does not wake an object for its own status write", () =>
    Effect.gen(function* () {
      const own = yield* WriteTracker.WriteTracker
      const { passes } = yield* started(() => Effect.succeed(converged))
      passes.length = 0

      const object = stored("w", 11, {}, widget)
      const pass = { key: key("w", widget), number: 1, observedVersion: version(5) }
      yield* own
        .during(key("w", widget), Effect.succeed(object), (object) => ({ _tag: "Stored", object, ours: true }))
        .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
      const cache = yield* ObjectCache.ObjectCache
      const known = Option.getOrThrow(yield* cache.get(key("w", widget)))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([known.metadata.resourceVersion, passes], [version(11), []])
    }).pipe(Effect.scoped, Effect.provide(cluster({ widgets: [line("MODIFIED", stored("w", 11, {}, widget))] })))
  )

  it.effect("gives a turn that is woken from within another nothing of that other", () =>
    Effect.gen(function* () {
      const own = yield* WriteTracker.WriteTracker
      const seen: Array<number | undefined> = []
      const { passes } = yield* started(() =>
        Effect.map(CurrentReconcile.CurrentReconcile, (pass) => {
          seen.push(pass?.number)
          return converged
        })
      )
      const child = stored("c", 11, { labels: { ...labels, owner: "w" } })
      const changes = Effect.andThen(Effect.sleep(500), Effect.succeed(child))
      const pass = { key: key("w", widget), number: 7, observedVersion: ObjectMeta.ResourceVersion.make("1") }

      yield* own
        .during(key("c"), changes, (object) => ({ _tag: "Stored", object, ours: true }))
        .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass), Effect.forkChild)
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(passes.slice(2).sort(), ["v", "w"])
      assert.deepStrictEqual(new Set(seen), new Set([undefined]))
    }).pipe(
      Effect.scoped,
      Effect.provide(
        cluster({ configMaps: [line("MODIFIED", stored("c", 10, { labels: { ...labels, owner: "v" } }))] })
      )
    )
  )

  it.effect("looks again when a turn asks for it, and when it fails", () =>
    Effect.gen(function* () {
      let failures = 0
      const { controller, passes } = yield* started((name) =>
        name === "v" && failures++ === 0
          ? Effect.fail("broken")
          : Effect.succeed({ requeue: { _tag: "After", delay: Duration.seconds(5) }, wrote: true })
      )
      const pending = yield* controller.pending

      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("4 seconds")

      assert.deepStrictEqual([pending, [...passes].sort()], [1, ["v", "v", "w", "w"]])
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )

  it.effect("a kind that is not watched is a defect, not an empty answer", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache.ObjectCache
      const kind = { ...widget, plural: "gadgets", kind: "Gadget" }

      const exit = yield* Effect.exit(cache.list(kind))

      assert.strictEqual(exit._tag, "Failure")
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )
})
