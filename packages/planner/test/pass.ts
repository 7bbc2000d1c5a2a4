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
import * as Reconcile from "../src/reconcile/Reconcile.ts"
import { ReconcileObserver, type ReconcileReport } from "../src/reconcile/ReconcileReport.ts"
import { type Event, EventRecorder } from "../src/services/EventRecorder.ts"
import { type Conflict, KubernetesError, type Rejected, type Unavailable } from "../src/services/KubernetesApi.ts"
import { ObjectCache } from "../src/services/ObjectCache.ts"
import { StatusWriter } from "../src/services/StatusWriter.ts"
import { TaskAgent } from "../src/services/TaskAgent.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as Toy from "./toy.ts"

export interface TestCluster {
  /** What the cache holds, one after the other; the last one stays. */
  readonly objects: ReadonlyArray<KubernetesObject | undefined>
  readonly toy?: Partial<Toy.Toy>
  readonly agent?: Partial<TaskAgent["Service"]>
  /** Why the API server does not take a write. */
  readonly refuses?: Conflict | Rejected | Unavailable
}

/** What the world was told: writes with the version that they expect, submissions, notes. */
export type Recorded =
  | { readonly patchStatus: JsonObject; readonly at: string }
  | { readonly setFinalizers: ReadonlyArray<string>; readonly at: string }
  | { readonly submit: string }
  | { readonly event: Event }

/** Takes one turn: how it ended, what the world was told, and what was reported. */
export const take = Effect.fnUntraced(function* ({ agent = {}, objects, refuses, toy = {} }: TestCluster) {
  yield* TestClock.setTime(DateTime.toEpochMillis(Toy.now))
  const recorded: Array<Recorded> = []
  const reports: Array<ReconcileReport> = []
  const left = [...objects]
  const write = (what: Recorded): Effect.Effect<KubernetesObject, KubernetesError> =>
    Effect.suspend(() => {
      if (refuses !== undefined) {
        return Effect.fail(new KubernetesError({ verb: "patch", key: "Widget default/w", reason: refuses }))
      }
      recorded.push(what)
      return Effect.succeed(Fixtures.widget({}, { version: `${recorded.length}-later` }))
    })
  const cluster = Layer.mergeAll(
    Layer.mock(ObjectCache, {
      get: () => Effect.sync(() => Option.fromUndefinedOr(left.length > 1 ? left.shift() : left[0]))
    }),
    Layer.succeed(StatusWriter, {
      patchStatus: (_, at, patchStatus) => write({ patchStatus, at }),
      setFinalizers: (_, at, setFinalizers) => write({ setFinalizers, at })
    }),
    Layer.succeed(EventRecorder, { record: (_, __, event) => Effect.sync(() => void recorded.push({ event })) }),
    Layer.mock(TaskAgent, {
      ...agent,
      submit: (address, task) =>
        Effect.suspend(() => {
          recorded.push({ submit: task.id })
          return agent.submit?.(address, task) ?? Effect.void
        })
    }),
    Layer.succeed(ReconcileObserver, (report) => Effect.sync(() => void reports.push(report)))
  )
  const reconcile = yield* Reconcile.make(Toy.reconciler(toy))
  const ended = yield* reconcile(Fixtures.key).pipe(Effect.provide(cluster))
  return { ...ended, recorded, reports }
})

/** A widget that is guarded already. */
export const widget = (status: object = {}, metadata: JsonObject = {}) =>
  Fixtures.widget(Toy.status(status), { metadata: { finalizers: [Toy.FINALIZER], ...metadata } })

/** Takes one turn of a guarded widget with a status. */
export const takeOne = (status: object, toy: Partial<Toy.Toy> = {}, more: Partial<TestCluster> = {}) =>
  take({ objects: [widget(status)], toy, ...more })

/** The one status patch that a turn wrote (INV-2). */
export const patch = (recorded: ReadonlyArray<Recorded>): JsonObject => {
  const patches = recorded.flatMap((each) => ("patchStatus" in each ? [each.patchStatus] : []))
  assert.lengthOf(patches, 1, "INV-2")
  return patches[0] ?? {}
}

/** The status that a turn leaves. */
export const after = (before: object, recorded: ReadonlyArray<Recorded>) =>
  MergePatch.merge(Toy.status(before), patch(recorded))

/** What a condition says after a turn. */
export const says = (recorded: ReadonlyArray<Recorded>, type: string) => {
  const { message, reason, status } = Condition.find(patch(recorded), type) ?? {}
  return [status, reason, message]
}

/** What was told, in order. */
export const kinds = (recorded: ReadonlyArray<Recorded>) => recorded.map((each) => Object.keys(each)[0])
