/** One turn over one stored object, in a world that remembers what it was told, in order. */
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as Condition from "../src/model/Condition.ts"
import * as MergePatch from "../src/model/MergePatch.ts"
import type { JsonObject, KubernetesObject } from "../src/model/ObjectMeta.ts"
import * as Protocol from "../src/reconcile/Protocol.ts"
import { TurnObserver, type TurnReport } from "../src/reconcile/TurnReport.ts"
import { EventRecorder, type Note } from "../src/services/EventRecorder.ts"
import { type Conflict, KubernetesError, type Rejected, type Unavailable } from "../src/services/KubernetesApi.ts"
import { ObjectCache } from "../src/services/ObjectCache.ts"
import { StatusWriter } from "../src/services/StatusWriter.ts"
import { TaskAgent } from "../src/services/TaskAgent.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as Toy from "./toy.ts"

export interface World {
  /** What the cache holds, one after the other; the last one stays. */
  readonly objects: ReadonlyArray<KubernetesObject | undefined>
  readonly toy?: Partial<Toy.Toy>
  readonly agent?: Partial<TaskAgent["Service"]>
  /** Why the API server does not take a write. */
  readonly refuses?: Conflict | Rejected | Unavailable
}

/** What the world was told: writes with the version that they expect, submissions, notes. */
export type Told =
  | { readonly patchStatus: JsonObject; readonly at: string }
  | { readonly setFinalizers: ReadonlyArray<string>; readonly at: string }
  | { readonly submit: string }
  | { readonly note: Note }

/** Takes one turn: how it ended, what the world was told, and what was reported. */
export const take = Effect.fnUntraced(function* ({ agent = {}, objects, refuses, toy = {} }: World) {
  yield* TestClock.setTime(DateTime.toEpochMillis(Toy.now))
  const told: Array<Told> = []
  const reports: Array<TurnReport> = []
  const left = [...objects]
  const write = (what: Told): Effect.Effect<KubernetesObject, KubernetesError> =>
    Effect.suspend(() => {
      if (refuses !== undefined) {
        return Effect.fail(new KubernetesError({ verb: "patch", key: "Widget default/w", reason: refuses }))
      }
      told.push(what)
      return Effect.succeed(Fixtures.widget({}, { version: `${told.length}-later` }))
    })
  const world = Layer.mergeAll(
    Layer.mock(ObjectCache, {
      get: () => Effect.sync(() => Option.fromUndefinedOr(left.length > 1 ? left.shift() : left[0]))
    }),
    Layer.succeed(StatusWriter, {
      patchStatus: (_, at, patchStatus) => write({ patchStatus, at }),
      setFinalizers: (_, at, setFinalizers) => write({ setFinalizers, at })
    }),
    Layer.succeed(EventRecorder, { record: (_, __, note) => Effect.sync(() => void told.push({ note })) }),
    Layer.mock(TaskAgent, {
      ...agent,
      submit: (address, task) =>
        Effect.suspend(() => {
          told.push({ submit: task.id })
          return agent.submit?.(address, task) ?? Effect.void
        })
    }),
    Layer.succeed(TurnObserver, (report) => Effect.sync(() => void reports.push(report)))
  )
  const turn = yield* Protocol.make(Toy.reconciler(toy))
  const ended = yield* turn(Fixtures.key).pipe(Effect.provide(world))
  return { ...ended, told, reports }
})

/** A widget that is guarded already. */
export const widget = (status: object = {}, metadata: JsonObject = {}) =>
  Fixtures.widget(Toy.status(status), { metadata: { finalizers: [Toy.FINALIZER], ...metadata } })

/** Takes one turn of a guarded widget with a status. */
export const takeOne = (status: object, toy: Partial<Toy.Toy> = {}, more: Partial<World> = {}) =>
  take({ objects: [widget(status)], toy, ...more })

/** The one status patch that a turn wrote (INV-2). */
export const patch = (told: ReadonlyArray<Told>): JsonObject => {
  const patches = told.flatMap((each) => ("patchStatus" in each ? [each.patchStatus] : []))
  assert.lengthOf(patches, 1, "INV-2")
  return patches[0] ?? {}
}

/** The status that a turn leaves. */
export const after = (before: object, told: ReadonlyArray<Told>) => MergePatch.merge(Toy.status(before), patch(told))

/** What a condition says after a turn. */
export const says = (told: ReadonlyArray<Told>, type: string) => {
  const { message, reason, status } = Condition.find(patch(told), type) ?? {}
  return [status, reason, message]
}

/** What was told, in order. */
export const kinds = (told: ReadonlyArray<Told>) => told.map((each) => Object.keys(each)[0])
