/**
 * Runs a controller in a test cluster until it converges, for some passes or for some time; restarts it when it is
 * killed.
 */
import { ObjectMeta } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Faults from "../faults/Faults.ts"
import * as StoredStatus from "../invariants/StoredStatus.ts"
import type * as CallLog from "../services/CallLog.ts"
import type { InMemoryKubernetes } from "../services/InMemoryKubernetes.ts"
import type { ControllerUnderTest } from "./ControllerUnderTest.ts"
import type { Process, Processes } from "./Processes.ts"
import * as ReconcileLoop from "./ReconcileLoop.ts"
import type { Timers } from "./Timers.ts"
import type { Recorder } from "./Trace.ts"

/**
 * No reconcile pass is due, but an object has an active plan, which no pass will drive (INV-10), or a failed one without a
 * failed phase, which no pass will build again (INV-4).
 */
export class PlanStalled extends Data.TaggedError("PlanStalled")<{
  readonly object: string
  readonly invariant: "INV-4" | "INV-10"
}> {
  override get message(): string {
    const plan = this.invariant === "INV-10" ? "an active plan" : "a failed plan without a failedPhase"
    return `${this.invariant}: ${this.object} has ${plan}, but no reconcile pass is due`
  }
}

/** A pass found work although its object awaited a change, and no watch had mapped a change to it (INV-10). */
export class MissedChange extends Data.TaggedError("MissedChange")<{ readonly object: string }> {
  override get message(): string {
    return (
      `INV-10: a pass of ${this.object} wrote its status, but the pass before it awaited a change and no watch has ` +
      "enqueued the object since: add a watch whose mapping returns it, or a wait that polls"
    )
  }
}

export interface Limits {
  /** Default: 200. */
  readonly maxPasses?: number
  /** Simulated time. Default: one day. */
  readonly maxTime?: Duration.Input
  /** Stops as soon as this holds, before every object has converged. Evaluated after every pass. */
  readonly until?: () => boolean
  /** Reconciles these objects alone. With none, only the cluster's controllers act. Default: all of the kind. */
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
  readonly callLog: CallLog.CallLog["Service"]
}

type Services = InMemoryKubernetes | Scope

/** See the methods of the same names of `TestCluster`. */
export interface Runs {
  /** Of all objects, or of those selected. */
  readonly unfinished: (selected?: ReadonlyArray<ObjectMeta.ObjectKey>) => PlanStalled | undefined
  readonly converge: (limits?: Limits) => Effect.Effect<void, ReconcileLoop.NotConverged | PlanStalled, Services>
  readonly reconcile: (count: number) => Effect.Effect<void, never, Services>
  readonly advance: (duration: Duration.Input) => Effect.Effect<void, never, Services>
}

export const make = ({
  callLog,
  clusterControllers,
  controllerUnderTest,
  keys,
  mark,
  objects,
  processes,
  timers
}: Options): Runs => {
  /** A process that is killed is followed by a new one, which continues with what is stored. */
  const run = (
    options: Partial<ReconcileLoop.Options<never>>
  ): Effect.Effect<void, ReconcileLoop.NotConverged, Services> =>
    Effect.gen(function* () {
      const process = yield* processes.current
      const { cache } = process
      const converging = ReconcileLoop.converge({
        reconcile: expectEnqueued(process, callLog),
        key: keys,
        clusterControllers: timers.alongside(clusterControllers),
        subscribe: (enqueue) => cache.subscribeKeys(enqueue),
        maxTime: "1 day",
        ...options
      })
      if (!(yield* Faults.wasKilled(converging))) return
      processes.stop()
      yield* run(options)
    })
  const unfinished = (selected?: ReadonlyArray<ObjectMeta.ObjectKey>) => {
    const names = selected?.map(ObjectMeta.keyText)
    for (const object of objects()) {
      const name = ObjectMeta.keyText(ObjectMeta.keyOf(controllerUnderTest.kind, object))
      const invariant = stallOf(object)
      if (invariant === undefined || names?.includes(name) === false) continue
      if (controllerUnderTest.mayStop?.(object) !== true) return new PlanStalled({ object: name, invariant })
    }
    return undefined
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
        const stalled = until === undefined ? unfinished(selected) : undefined
        if (stalled !== undefined) return yield* stalled
      }),
    reconcile: (count) =>
      Effect.suspend(() => {
        let remaining = count
        return count === 0 ? Effect.void : Effect.ignore(run({ until: Effect.sync(() => --remaining <= 0) }))
      }),
    advance: (duration) =>
      Effect.gen(function* () {
        const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
        mark("clock", `${Duration.format(Duration.fromInputUnsafe(duration))} elapse`)
        yield* Effect.ignore(run({ maxTime: duration }))
        yield* TestClock.setTime(Math.max(end, yield* Clock.currentTimeMillis))
      })
  }
}

/** The invariant that does not hold when no pass will reconcile an object any more. */
const stallOf = (object: ObjectMeta.KubernetesObject): PlanStalled["invariant"] | undefined => {
  const plan = StoredStatus.planOf(object)
  if (plan?.phase === "Active") return "INV-10"
  return StoredStatus.isRetried(plan) && object.metadata.deletionTimestamp === undefined ? "INV-4" : undefined
}

const AGENT_VERBS: ReadonlyArray<CallLog.Verb> = ["submit", "poll", "health"]

/**
 * Dies when a pass writes that would not have run without the test, which begins each run with every object. A pass that
 * calls an agent is exempt: what it writes may depend on the agent, which no watch can report.
 */
const expectEnqueued =
  ({ isAwaiting, reconcile }: Process, callLog: CallLog.CallLog["Service"]): Process["reconcile"] =>
  (key) =>
    Effect.suspend(() => {
      const before = callLog.size()
      const isUnexpected = isAwaiting(key)
      return Effect.tap(reconcile(key), ({ wrote }) =>
        isUnexpected && wrote
          ? Effect.flatMap(callLog.calls, (calls) =>
              calls.slice(before).some(({ verb }) => AGENT_VERBS.includes(verb))
                ? Effect.void
                : Effect.die(new MissedChange({ object: ObjectMeta.keyText(key) }))
            )
          : Effect.void
      )
    })
