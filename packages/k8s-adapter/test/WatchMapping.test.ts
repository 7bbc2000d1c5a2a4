import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Controller, InformerCache, WriteTracker } from "../src/index.ts"
import { configMap, key, list, stored, version, widget } from "./fixtures/Objects.ts"
import * as ScriptedClient from "./fixtures/ScriptedClient.ts"

const { line } = ScriptedClient

const team = (name: string, at: number, of: string) => stored(name, at, { labels: { team: of } }, widget)

const labelled = (at: number, app?: string) => stored("c", at, app === undefined ? {} : { labels: { app } })

/** Everybody of the team that a widget is in, or was in, but itself; only when its team changed. */
const peers: Controller.Watch = {
  kind: widget,
  map: ({ deleted, object, previous }, all) => {
    const teams = new Set([object, previous].map((each) => each?.metadata.labels?.team))
    if (!deleted && teams.size === 1) return []
    return all(object.metadata.namespace)
      .filter(({ metadata }) => teams.has(metadata.labels?.team) && metadata.name !== object.metadata.name)
      .map((each) => ObjectMeta.keyOf(widget, each))
  }
}

/** A change as a rule was told it: `c@11 after c@7`. */
const text = ({ deleted, object, previous }: Controller.Change) =>
  [
    `${object.metadata.name}@${object.metadata.resourceVersion}`,
    ...(previous === undefined ? [] : [`after ${previous.metadata.name}@${previous.metadata.resourceVersion}`]),
    ...(deleted ? ["deleted"] : [])
  ].join(" ")

/** Widgets a, b of team red and c of team blue, and one labelled config map; then each hears its own events. */
const started = <A, E>(
  watches: ReadonlyArray<Controller.Watch>,
  events: { readonly widgets?: ReadonlyArray<string | number>; readonly configMaps?: ReadonlyArray<string | number> },
  use: (passes: Array<string>) => Effect.Effect<A, E, WriteTracker.WriteTracker>
) => {
  const widgets = ScriptedClient.make({
    lists: [list(10, [team("a", 5, "red"), team("b", 6, "red"), team("c", 7, "blue")])],
    watches: [{ says: [1000, ...(events.widgets ?? [])] }]
  })
  const configMaps = ScriptedClient.make({
    lists: [list(10, [labelled(7, "x")])],
    watches: [{ says: [1000, ...(events.configMaps ?? [])] }]
  })
  return Effect.gen(function* () {
    const passes: Array<string> = []
    const reconcile = ({ name }: ObjectMeta.ObjectKey) =>
      Effect.clockWith((clock) => {
        passes.push(`${name} at ${clock.currentTimeMillisUnsafe()}`)
        return Effect.succeed({ requeue: { _tag: "AwaitChange" }, wrote: false } as const)
      })
    yield* Controller.start({ kind: widget, watches, reconcile })
    yield* TestClock.adjust(0)
    passes.length = 0
    return yield* use(passes)
  }).pipe(
    Effect.scoped,
    Effect.provide(
      InformerCache.layer({ watched: Controller.watched([{ kind: widget, watches }]) }).pipe(
        Layer.provide(ScriptedClient.either("/widgets", widgets.layer, configMaps.layer)),
        Layer.provideMerge(WriteTracker.layer)
      )
    )
  )
}

describe("Wake rules", () => {
  it.effect("are told what changed, as a watch with their labels would see it", () => {
    const notified = { all: [] as string[], labelled: [] as string[] }
    const noting = (notes: Array<string>) => (change: Controller.Change) => {
      notes.push(text(change))
      return []
    }
    return started(
      [
        { kind: configMap, map: noting(notified.all) },
        { kind: configMap, labels: { app: "x" }, map: noting(notified.labelled) }
      ],
      {
        configMaps: [
          line("MODIFIED", labelled(11)),
          line("MODIFIED", labelled(12)),
          line("MODIFIED", labelled(13, "x")),
          line("MODIFIED", labelled(14, "x")),
          line("DELETED", labelled(15, "x"))
        ]
      },
      () =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(notified.all, [
            "c@11 after c@7",
            "c@12 after c@11",
            "c@13 after c@12",
            "c@14 after c@13",
            "c@15 after c@14 deleted"
          ])
          assert.deepStrictEqual(notified.labelled, [
            "c@7 after c@7 deleted",
            "c@13",
            "c@14 after c@13",
            "c@15 after c@14 deleted"
          ])
        })
    )
  })

  it.effect("may watch the controller's own kind, and choose among all of its objects by what was and what is", () =>
    started(
      [peers],
      { widgets: [line("MODIFIED", team("a", 11, "blue")), 1000, line("MODIFIED", team("a", 12, "blue"))] },
      (passes) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          const changed = passes.splice(0).sort()
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(changed, ["a at 1000", "b at 1000", "c at 1000"])
          assert.deepStrictEqual(passes, ["a at 2000"])
        })
    )
  )

  it.effect("wake peers for what a turn wrote, but not the object of that turn", () =>
    started([peers], { widgets: [line("MODIFIED", team("a", 11, "blue"))] }, (passes) =>
      Effect.gen(function* () {
        const own = yield* WriteTracker.WriteTracker
        const pass = { key: key("a", widget), number: 1, observedVersion: version(5) }
        yield* own
          .during(key("a", widget), Effect.succeed(team("a", 11, "blue")), (object) => ({
            _tag: "Stored",
            object,
            ours: true
          }))
          .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual([...passes].sort(), ["b at 0", "c at 0"])
      })
    )
  )

  it.effect("may wait, so that many changes become one look, which an earlier one saves", () =>
    started(
      [{ ...peers, delay: "5 seconds" }],
      {
        widgets: [
          line("MODIFIED", team("a", 11, "blue")),
          1000,
          line("MODIFIED", team("b", 12, "blue")),
          1000,
          line("MODIFIED", team("a", 13, "red"))
        ]
      },
      (passes) =>
        Effect.gen(function* () {
          yield* Effect.forEach(Array(20), () => TestClock.adjust("1 second"), { discard: true })

          assert.deepStrictEqual(
            passes.filter((each) => each.startsWith("c")),
            ["c at 6000"]
          )
          assert.deepStrictEqual(
            passes.filter((each) => each.startsWith("a")),
            ["a at 1000", "a at 3000"]
          )
        })
    )
  )
})
