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

/** When the team of a widget changes, maps it to all other widgets of the previous and the new team. */
const peers: Controller.Watch = {
  kind: widget,
  reliedOnBy: "tests",
  map: ({ deleted, object, previous }, all) => {
    const teams = new Set([object, previous].map((state) => state?.metadata.labels?.team))
    if (!deleted && teams.size === 1) return []
    return all(object.metadata.namespace)
      .filter(({ metadata }) => teams.has(metadata.labels?.team) && metadata.name !== object.metadata.name)
      .map((peer) => ObjectMeta.keyOf(widget, peer))
  }
}

/** A change as text: `c@11 after c@7`. */
const text = ({ deleted, object, previous }: Controller.Change) =>
  [
    `${object.metadata.name}@${object.metadata.resourceVersion}`,
    ...(previous === undefined ? [] : [`after ${previous.metadata.name}@${previous.metadata.resourceVersion}`]),
    ...(deleted ? ["deleted"] : [])
  ].join(" ")

/**
 * Starts a controller of widgets a and b of team red and c of team blue, beside one labelled ConfigMap, and runs a test
 * with the reconciles that follow. After one second the given events arrive.
 */
const withController = <A, E>(
  watches: ReadonlyArray<Controller.Watch>,
  events: { readonly widgets?: ReadonlyArray<string | number>; readonly configMaps?: ReadonlyArray<string | number> },
  use: (reconciled: Array<string>) => Effect.Effect<A, E, WriteTracker.WriteTracker>
) => {
  const widgets = ScriptedClient.make({
    lists: [list(10, [team("a", 5, "red"), team("b", 6, "red"), team("c", 7, "blue")])],
    watches: [{ body: [1000, ...(events.widgets ?? [])] }]
  })
  const configMaps = ScriptedClient.make({
    lists: [list(10, [labelled(7, "x")])],
    watches: [{ body: [1000, ...(events.configMaps ?? [])] }]
  })
  return Effect.gen(function* () {
    const reconciled: Array<string> = []
    const reconcile = ({ name }: ObjectMeta.ObjectKey) =>
      Effect.clockWith((clock) => {
        reconciled.push(`${name} at ${clock.currentTimeMillisUnsafe()}`)
        return Effect.succeed({ requeue: { _tag: "AwaitChange" }, wrote: false } as const)
      })
    yield* Controller.start({ kind: widget, watches, reconcile })
    yield* TestClock.adjust(0)
    reconciled.length = 0
    return yield* use(reconciled)
  }).pipe(
    Effect.scoped,
    Effect.provide(
      InformerCache.layer({ watched: Controller.watched([{ kind: widget, watches }]) }).pipe(
        Layer.provide(ScriptedClient.routed("/widgets", widgets.layer, configMaps.layer)),
        Layer.provideMerge(WriteTracker.layer)
      )
    )
  )
}

describe("Watch mappings", () => {
  it.effect("receive each change as a watch with their labels reports it", () => {
    const changes = { all: [] as string[], labelled: [] as string[] }
    const recordIn = (target: Array<string>) => (change: Controller.Change) => {
      target.push(text(change))
      return []
    }
    return withController(
      [
        { kind: configMap, map: recordIn(changes.all), reliedOnBy: "tests" },
        { kind: configMap, labels: { app: "x" }, map: recordIn(changes.labelled), reliedOnBy: "tests" }
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

          assert.deepStrictEqual(changes.all, [
            "c@11 after c@7",
            "c@12 after c@11",
            "c@13 after c@12",
            "c@14 after c@13",
            "c@15 after c@14 deleted"
          ])
          assert.deepStrictEqual(changes.labelled, [
            "c@7 after c@7 deleted",
            "c@13",
            "c@14 after c@13",
            "c@15 after c@14 deleted"
          ])
        })
    )
  })

  it.effect("may watch the controller's own kind, and map a change by its previous and its new state", () =>
    withController(
      [peers],
      { widgets: [line("MODIFIED", team("a", 11, "blue")), 1000, line("MODIFIED", team("a", 12, "blue"))] },
      (reconciled) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 second")
          const afterChange = reconciled.splice(0).sort()
          yield* TestClock.adjust("1 second")

          assert.deepStrictEqual(afterChange, ["a at 1000", "b at 1000", "c at 1000"])
          assert.deepStrictEqual(reconciled, ["a at 2000"])
        })
    )
  )

  it.effect("enqueue other objects after a write of a reconcile, but not the object of that reconcile", () =>
    withController([peers], { widgets: [line("MODIFIED", team("a", 11, "blue"))] }, (reconciled) =>
      Effect.gen(function* () {
        const tracker = yield* WriteTracker.WriteTracker
        const pass = { key: key("a", widget), process: "1234abcd", number: 1, observedVersion: version(5) }
        yield* tracker
          .track(key("a", widget), Effect.succeed(team("a", 11, "blue")), (object) => ({
            _tag: "Stored",
            object,
            isOwnVersion: true
          }))
          .pipe(Effect.provideService(CurrentReconcile.CurrentReconcile, pass))
        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual([...reconciled].sort(), ["b at 0", "c at 0"])
      })
    )
  )

  it.effect("may list the objects of the controller's kind in one namespace or in all", () => {
    const found: Array<ReadonlyArray<string>> = []
    const watch: Controller.Watch = {
      kind: configMap,
      reliedOnBy: "tests",
      map: (_, all) => {
        for (const namespace of ["default", "other", undefined])
          found.push(all(namespace).map((each) => each.metadata.name))
        return []
      }
    }
    return withController([watch], { configMaps: [line("MODIFIED", labelled(11, "x"))] }, () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(found.slice(-3), [["a", "b", "c"], [], ["a", "b", "c"]])
      })
    )
  })

  it.effect("may have a delay, so that several changes lead to one reconcile; an earlier reconcile replaces it", () =>
    withController(
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
      (reconciled) =>
        Effect.gen(function* () {
          yield* Effect.forEach(Array(20), () => TestClock.adjust("1 second"), { discard: true })

          assert.deepStrictEqual(
            reconciled.filter((entry) => entry.startsWith("c")),
            ["c at 6000"]
          )
          assert.deepStrictEqual(
            reconciled.filter((entry) => entry.startsWith("a")),
            ["a at 1000", "a at 3000"]
          )
        })
    )
  )
})
