/** One pass over one stored object, with services that record their calls in order. */
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

export interface Setup {
  /** What the cache returns, one read after the other; the last one repeats. */
  readonly objects: ReadonlyArray<KubernetesObject | undefined>
  readonly toy?: Partial<Toy.Toy>
  readonly agent?: Partial<TaskAgent["Service"]>
  /** The error of every write. */
  readonly writeError?: Conflict | Rejected | Unavailable | undefined
}

/** One recorded call: a write with the version that it expects, a submission, or an event. */
export type Recorded =
  | { readonly patchStatus: JsonObject; readonly at: string }
  | { readonly setFinalizers: ReadonlyArray<string>; readonly at: string }
  | { readonly submit: string }
  | { readonly event: Event }

/** The services of a pass, with the calls and reports that they record. */
export const servicesOf = ({ agent = {}, objects, writeError }: Omit<Setup, "toy">) => {
  const recorded: Array<Recorded> = []
  const reports: Array<ReconcileReport> = []
  const remaining = [...objects]
  const write = (call: Recorded): Effect.Effect<KubernetesObject, KubernetesError> =>
    Effect.suspend(() => {
      if (writeError !== undefined) {
        return Effect.fail(new KubernetesError({ verb: "patch", key: "Widget default/w", reason: writeError }))
      }
      recorded.push(call)
      return Effect.succeed(Fixtures.widget({}, { version: `${recorded.length}-later` }))
    })
  const layer = Layer.mergeAll(
    Layer.mock(ObjectCache, {
      get: () => Effect.sync(() => Option.fromUndefinedOr(remaining.length > 1 ? remaining.shift() : remaining[0]))
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
  return { layer, recorded, reports }
}

/** Takes one pass: its result, the recorded calls, and the reports. */
export const takePass = Effect.fnUntraced(function* ({ toy = {}, ...setup }: Setup) {
  yield* TestClock.setTime(DateTime.toEpochMillis(Toy.now))
  const { layer, recorded, reports } = servicesOf(setup)
  const reconcile = yield* Reconcile.make(Toy.reconciler(toy))
  const result = yield* reconcile(Fixtures.key).pipe(Effect.provide(layer))
  return { ...result, recorded, reports }
})

/** A widget that carries the finalizer. */
export const widget = (status: object = {}, metadata: JsonObject = {}) =>
  Fixtures.widget(Toy.status(status), { metadata: { finalizers: [Toy.FINALIZER], ...metadata } })

/** Takes one pass over a widget that carries the finalizer. */
export const reconcileWidget = (status: object, toy: Partial<Toy.Toy> = {}, more: Partial<Setup> = {}) =>
  takePass({ objects: [widget(status)], toy, ...more })

/** The one status patch that a pass wrote (INV-2). */
export const patch = (recorded: ReadonlyArray<Recorded>): JsonObject => {
  const patches = recorded.flatMap((call) => ("patchStatus" in call ? [call.patchStatus] : []))
  assert.lengthOf(patches, 1, "INV-2")
  return patches[0] ?? {}
}

/** The status after a pass. */
export const statusAfter = (before: object, recorded: ReadonlyArray<Recorded>) =>
  MergePatch.merge(Toy.status(before), patch(recorded))

/** Status, reason and message of a condition that a pass wrote. */
export const conditionIn = (recorded: ReadonlyArray<Recorded>, type: string) => {
  const { message, reason, status } = Condition.find(patch(recorded), type) ?? {}
  return [status, reason, message]
}

/** The kinds of the recorded calls, in order. */
export const kinds = (recorded: ReadonlyArray<Recorded>) => recorded.map((call) => Object.keys(call)[0])
