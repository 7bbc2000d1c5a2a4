import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Controller, InformerCache, WriteTracker } from "../src/index.ts"
import { configMap, key, list, stored, version, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

const converged: Controller.Result = { requeue: { _tag: "AwaitChange" }, wrote: false }

const labels = { app: "x" }

/** Maps a ConfigMap to the widget in its label `owner`, before and after a change. */
const watches: ReadonlyArray<Controller.Watch> = [
  {
    kind: configMap,
    labels,
    reliedOnBy: "tests",
    map: ({ object, previous = object }) =>
      [object, previous].map(({ metadata }) => key(metadata.labels?.owner ?? "", widget))
  }
]

/** Two widgets and one ConfigMap, followed by the given events of each kind. */
const cluster = (events: {
  readonly widgets?: ReadonlyArray<string>
  readonly configMaps?: ReadonlyArray<string>
  /** How many lists of ConfigMaps fail with 503. */
  readonly failedLists?: number
}) => {
  const scripts = {
    widgets: ScriptedClient.make({
      lists: [list(10, [stored("w", 5, {}, widget), stored("v", 6, {}, widget)])],
      watches: [{ ending: "end" }, { body: events.widgets ?? [] }]
    }),
    configMaps: ScriptedClient.make({
      lists: [
        ...Array.from({ length: events.failedLists ?? 0 }, () => 503),
        list(10, [stored("c", 7, { labels: { ...labels, owner: "w" } })])
      ],
      watches: [{ ending: "end" }, { body: events.configMaps ?? [] }]
    })
  }
  return InformerCache.layer({ watched: Controller.watched([{ kind: widget, watches }]) }).pipe(
    Layer.provide(ScriptedClient.routed("/widgets", scripts.widgets.layer, scripts.configMaps.layer)),
    Layer.provideMerge(WriteTracker.layer)
  )
}

/** Starts a controller of widgets. Returns the names that it reconciles, in order. */
const start = (reconcile: (name: string) => Effect.Effect<Controller.Result, unknown, ObjectCache.ObjectCache>) =>
  Effect.gen(function* () {
    const reconciled: Array<string> = []
    const controller = yield* Controller.start({
      kind: widget,
      watches,
      reconcile: (key) =>
        Effect.andThen(
          Effect.sync(() => reconciled.push(key.name)),
          reconcile(key.name)
        )
    })
    yield* TestClock.adjust(0)
    return { controller, reconciled }
  })

describe("Controller", () => {
  it.effect("lists and watches one namespace, if its cache is of one", () =>
    Effect.gen(function* () {
      const { layer, requests } = ScriptedClient.make({ lists: [list(10, [])], watches: [] })
      const cache = InformerCache.layer({ watched: [{ kind: widget }], namespace: "sei" })
      yield* Layer.build(cache.pipe(Layer.provide(layer), Layer.provide(WriteTracker.layer)))
      yield* TestClock.adjust(0)
      const paths = requests.map((path) => path.split("?")[0])
      const path = "/apis/example.com/v1/namespaces/sei/widgets"
      assert.deepStrictEqual(paths, [path, path])
    }).pipe(Effect.scoped)
  )

  it.effect("reconciles every object after the first list of every kind", () =>
    Effect.gen(function* () {
      const { controller, reconciled } = yield* start((name) =>
        Effect.gen(function* () {
          const cache = yield* ObjectCache.ObjectCache
          assert.isTrue(Option.isSome(yield* cache.get(key(name, widget))))
          assert.strictEqual((yield* cache.list(configMap, { labels })).length, 1)
          return converged
        })
      )

      assert.deepStrictEqual([...reconciled].sort(), ["v", "w"])
      assert.strictEqual(yield* controller.pending, 0)
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )

  it.effect("starts no reconcile before the first list of every kind, however long it takes", () =>
    Effect.gen(function* () {
      const reconciled: Array<string> = []
      const reconcile = ({ name }: ObjectMeta.ObjectKey) =>
        Effect.sync(() => {
          reconciled.push(name)
          return converged
        })
      yield* Effect.forkScoped(Controller.start({ kind: widget, watches, reconcile }))
      yield* TestClock.adjust("5 minutes")
      const early = [...reconciled]
      yield* TestClock.adjust("1 hour")

      assert.deepStrictEqual([early, [...new Set(reconciled)].sort()], [[], ["v", "w"]])
    }).pipe(Effect.scoped, Effect.provide(cluster({ failedLists: 40 })))
  )

  it.effect("reconciles as many objects at once as it may, and interrupts them after its grace period", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const events: Array<string> = []
      const reconcile = ({ name }: ObjectMeta.ObjectKey) =>
        Effect.never.pipe(
          Effect.onInterrupt(() => Effect.sync(() => events.push(`${name} interrupted`))),
          (running) =>
            Effect.andThen(
              Effect.sync(() => events.push(`${name} started`)),
              running
            )
        )
      const options = { kind: widget, watches, reconcile, concurrency: 1, grace: "2 seconds" } as const
      yield* Controller.start(options).pipe(Scope.provide(scope))
      yield* TestClock.adjust(0)
      yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust(1999)
      const before = [...events]
      yield* TestClock.adjust(1)

      assert.deepStrictEqual([before, events], [["v started"], ["v started", "v interrupted"]])
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )

  it.effect("reconciles an object after its own change, and both owners when a child changes its owner", () =>
    Effect.gen(function* () {
      const { reconciled } = yield* start(() => Effect.succeed(converged))
      reconciled.length = 0

      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([...new Set(reconciled)].sort(), ["v", "w"])
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

  it.effect("polls an object that has changed as often as at first", () =>
    Effect.gen(function* () {
      const { reconciled } = yield* start(() => Effect.succeed({ requeue: { _tag: "Poll" }, wrote: false } as const))
      // Two watches end at once, so the event arrives after up to 100 ms.
      yield* TestClock.adjust("100 millis")
      reconciled.length = 0
      yield* Effect.forEach(Array.from({ length: 30 }), () => TestClock.adjust(10), { discard: true })
      const [changed, other] = ["v", "w"].map((name) => reconciled.filter((each) => each === name).length)
      assert.isAbove(changed ?? 0, other ?? 0)
    }).pipe(Effect.scoped, Effect.provide(cluster({ widgets: [line("MODIFIED", stored("v", 11, {}, widget))] })))
  )

  it.effect("INV-5: does not reconcile an object after its own status write", () =>
    Effect.gen(function* () {
      const tracker = yield* WriteTracker.WriteTracker
      const { reconciled } = yield* start(() => Effect.succeed(converged))
      reconciled.length = 0

      const object = stored("w", 11, {}, widget)
      const pass = { key: key("w", widget), process: "1234abcd", number: 1, observedVersion: version(5) }
      yield* tracker
        .track(key("w", widget), Effect.succeed(object), (object) => ({ _tag: "Stored", object, isOwnVersion: true }))
        .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
      const cache = yield* ObjectCache.ObjectCache
      const cached = Option.getOrThrow(yield* cache.get(key("w", widget)))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([cached.metadata.resourceVersion, reconciled], [version(11), []])
    }).pipe(Effect.scoped, Effect.provide(cluster({ widgets: [line("MODIFIED", stored("w", 11, {}, widget))] })))
  )

  it.effect("runs a reconcile outside of the reconcile whose write enqueued it", () =>
    Effect.gen(function* () {
      const tracker = yield* WriteTracker.WriteTracker
      const current: Array<number | undefined> = []
      const { reconciled } = yield* start(() =>
        Effect.map(CurrentReconcile.CurrentReconcile, (pass) => {
          current.push(pass?.number)
          return converged
        })
      )
      const child = stored("c", 11, { labels: { ...labels, owner: "w" } })
      const write = Effect.andThen(Effect.sleep(500), Effect.succeed(child))
      const pass = {
        key: key("w", widget),
        process: "1234abcd",
        number: 7,
        observedVersion: ObjectMeta.ResourceVersion.make("1")
      }

      yield* tracker
        .track(key("c"), write, (object) => ({ _tag: "Stored", object, isOwnVersion: true }))
        .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass), Effect.forkChild)
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(reconciled.slice(2).sort(), ["v", "w"])
      assert.deepStrictEqual(new Set(current), new Set([undefined]))
    }).pipe(
      Effect.scoped,
      Effect.provide(
        cluster({ configMaps: [line("MODIFIED", stored("c", 10, { labels: { ...labels, owner: "v" } }))] })
      )
    )
  )

  it.effect("reconciles again after the requested delay, and after a failure", () =>
    Effect.gen(function* () {
      let failures = 0
      const { controller, reconciled } = yield* start((name) =>
        name === "v" && failures++ === 0
          ? Effect.fail("failed")
          : Effect.succeed({ requeue: { _tag: "After", delay: Duration.seconds(5) }, wrote: true })
      )
      const pending = yield* controller.pending

      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("4 seconds")

      assert.deepStrictEqual([pending, [...reconciled].sort()], [1, ["v", "v", "w", "w"]])
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )

  it.effect("a list of a kind that is not watched is a defect, not an empty result", () =>
    Effect.gen(function* () {
      const cache = yield* ObjectCache.ObjectCache
      const kind = { ...widget, plural: "gadgets", kind: "Gadget" }

      const exit = yield* Effect.exit(cache.list(kind))

      assert.strictEqual(exit._tag, "Failure")
    }).pipe(Effect.scoped, Effect.provide(cluster({})))
  )
})
