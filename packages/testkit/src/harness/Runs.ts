/** Turns of one process after the other, until all has settled, for a number of turns or for some time. */
import { ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Faults from "../faults/Faults.ts"
import type { InMemoryKubernetes } from "../services/InMemoryKubernetes.ts"
import type { ControllerUnderTest } from "./ControllerUnderTest.ts"
import type { Processes } from "./Processes.ts"
import * as ReconcileLoop from "./ReconcileLoop.ts"
import type { Timers } from "./Timers.ts"
import type { Recorder } from "./Trace.ts"

/** Nothing is due any more, and an object is in the middle of a plan: nobody will ever drive it. */
export class Abandoned extends Data.TaggedError("Abandoned")<{ readonly object: string }> {
  override get message(): string {
    return `INV-10: ${this.object} rests in the middle of a plan: no turn is due, and none will be`
  }
}

export interface Limits {
  /** 200 unless told. */
  readonly maxPasses?: number
  /** Simulated time: one day unless told. */
  readonly maxTime?: Duration.Input
  /** Stops as soon as this holds, before every object has converged; asked after every pass. */
  readonly until?: () => boolean
  /** Reconciles these objects alone: by default all of the kind. With none, only the cluster's controllers act. */
  readonly keys?: ReadonlyArray<ObjectMeta.ObjectKey>
}

export interface Options {
  readonly controllerUnderTest: ControllerUnderTest
  readonly clusterControllers: ReconcileLoop.ClusterControllers | undefined
  readonly objects: () => ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly processes: Processes
  readonly timers: Timers
  readonly mark: Recorder["mark"]
}

type Here = InMemoryKubernetes | Scope

export interface Runs {
  /** An object in the middle of a plan that may not stop there, of all or of some. */
  readonly unfinished: (selected?: ReadonlyArray<ObjectMeta.ObjectKey>) => string | undefined
  readonly converge: (limits?: Limits) => Effect.Effect<void, ReconcileLoop.NotConverged | Abandoned, Here>
  readonly reconcile: (count: number) => Effect.Effect<void, never, Here>
  readonly advance: (duration: Duration.Input) => Effect.Effect<void, never, Here>
}

export const make = ({
  keys,
  mark,
  objects,
  processes,
  clusterControllers: rest,
  controllerUnderTest,
  timers
}: Options): Runs => {
  /** Each process begins where the one before it was killed. */
  const run = (options: Partial<ReconcileLoop.Options<never>>): Effect.Effect<void, ReconcileLoop.NotConverged, Here> =>
    Effect.gen(function* () {
      const { reconcile, view } = yield* processes.current
      const converging = ReconcileLoop.converge({
        reconcile,
        key: keys,
        clusterControllers: timers.alongside(rest),
        subscribe: (receive) => view.subscribe(receive),
        maxTime: "1 day",
        ...options
      })
      if (!(yield* Faults.survives(converging))) return
      processes.end()
      yield* run(options)
    })
  const unfinished = (selected?: ReadonlyArray<ObjectMeta.ObjectKey>) => {
    const wanted = selected?.map(ObjectMeta.keyText)
    return objects()
      .filter((object) => isActive(object) && controllerUnderTest.mayStop?.(object) !== true)
      .map((object) => ObjectMeta.keyText(ObjectMeta.keyOf(controllerUnderTest.kind, object)))
      .find((text) => wanted?.includes(text) !== false)
  }
  return {
    unfinished,
    converge: ({ keys: selected, until, ...limits } = {}) =>
      Effect.gen(function* () {
        yield* run({
          ...limits,
          ...(selected === undefined ? {} : { key: () => selected }),
          ...(until === undefined ? {} : { until: Effect.sync(until) })
        })
        const object = until === undefined ? unfinished(selected) : undefined
        if (object !== undefined) return yield* new Abandoned({ object })
      }),
    reconcile: (count) =>
      Effect.suspend(() => {
        let left = count
        return count === 0 ? Effect.void : Effect.ignore(run({ until: Effect.sync(() => --left <= 0) }))
      }),
    advance: (duration) =>
      Effect.gen(function* () {
        const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
        mark("clock", `${Duration.format(Duration.fromInputUnsafe(duration))} pass`)
        yield* Effect.ignore(run({ maxTime: duration }))
        yield* TestClock.setTime(Math.max(end, yield* Clock.currentTimeMillis))
      })
  }
}

const isActive = (object: ObjectMeta.KubernetesObject): boolean =>
  TaskPlan.decode(ObjectMeta.statusOf(object).plan)?.phase === "Active"
