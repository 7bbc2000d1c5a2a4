/**
 * Processes of the controller in one test cluster: starts them, injects faults into them, replaces one that was killed.
 */
import { ObjectMeta, type Watches } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Scope } from "effect/Scope"
import * as FaultInjector from "../faults/FaultInjector.ts"
import * as Faults from "../faults/Faults.ts"
import * as CallLog from "../services/CallLog.ts"
import * as LaggingCache from "../services/LaggingCache.ts"
import type { ControllerServices, Harness } from "./ControllerUnderTest.ts"
import type * as ReconcileLoop from "./ReconcileLoop.ts"

/** One process. */
export interface Process {
  /** `process-1`, `process-2`, … */
  readonly name: string
  readonly cache: LaggingCache.LaggingCache
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<ReconcileLoop.PassResult>
  /** Whether the last pass of an object awaits a change, and no change has enqueued the object since. */
  readonly isAwaiting: (key: ObjectMeta.ObjectKey) => boolean
}

export interface Options {
  readonly start: Harness["start"]
  /** What every process watches, and so what its cache has. */
  readonly controlled: Watches.Controlled
  /** The services of every process, before faults and its cache are put around them. */
  readonly services: Context.Context<ControllerServices>
  /** The objects that another leader reconciles while this one is paused. */
  readonly keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly faultContext: Omit<Faults.FaultContext, "cache" | "otherLeader">
  /** Called for every fault that is injected. */
  readonly onInjected: (fault: Faults.Fault, site: Faults.CallSite<unknown>) => void
  /** Called when a reconcile pass starts. */
  readonly onPassStarted: (process: string, key: ObjectMeta.ObjectKey) => void
}

/** How many passes another leader runs for each object while this one is paused. */
const OTHER_LEADER_PASSES = 3

export interface Processes extends Omit<FaultInjector.FaultInjector, "around"> {
  /** The running process; starts one if there is none. */
  readonly current: Effect.Effect<Process, never, Scope>
  /** Starts a second process, with a wrapper around each of its calls. No fault is injected into it. */
  readonly startAnother: (around: Faults.Around) => Effect.Effect<Process, never, Scope>
  /** Stops the running process. */
  readonly stop: () => void
}

export const make = ({
  controlled,
  faultContext,
  keys,
  onInjected,
  onPassStarted,
  services,
  start: startController
}: Options): Processes => {
  const injector = FaultInjector.make(onInjected)
  let started = 0
  let running: Process | undefined

  const start = (wrapper: (cache: LaggingCache.LaggingCache) => Faults.Around | undefined) =>
    Effect.gen(function* () {
      const name = `process-${++started}`
      const cache = LaggingCache.make(faultContext.server, controlled)
      const around = wrapper(cache)
      const wrapped = around === undefined ? services : Context.merge(services, Faults.wrapServices(around, services))
      const context = Context.add(Context.merge(wrapped, cache.over(wrapped)), CallLog.CurrentProcess, name)
      const reconcile = yield* Random.withSeed(startController, name)
      return {
        name,
        cache,
        isAwaiting: () => false,
        reconcile: (key: ObjectMeta.ObjectKey) =>
          Effect.suspend(() => {
            onPassStarted(name, key)
            return Effect.provideContext(reconcile(key), context)
          })
      }
    })

  const otherLeader = Effect.scoped(
    Effect.gen(function* () {
      const { reconcile } = yield* start(() => undefined)
      for (const key of keys()) yield* Effect.repeat(reconcile(key), { times: OTHER_LEADER_PASSES - 1 })
    })
  )

  return {
    current: Effect.suspend(() =>
      running === undefined
        ? Effect.tap(
            Effect.map(
              start((cache) => injector.around({ ...faultContext, cache, otherLeader })),
              trackAwaiting
            ),
            (process) =>
              Effect.sync(() => {
                running = process
              })
          )
        : Effect.succeed(running)
    ),
    startAnother: (around) => start(() => around),
    stop: () => {
      running?.cache.close()
      running = undefined
    },
    faultableCalls: injector.faultableCalls,
    inject: injector.inject,
    setFaultsEnabled: injector.setFaultsEnabled,
    clearFaults: injector.clearFaults
  }
}

/** The process, with a record of which objects await a change. */
const trackAwaiting = (process: Process): Process => {
  const awaiting = new Set<string>()
  const enqueued = new Set<string>()
  process.cache.subscribeKeys((keys) => {
    for (const { key } of keys) enqueued.add(ObjectMeta.keyText(key))
  })
  return {
    ...process,
    isAwaiting: (key) => awaiting.has(ObjectMeta.keyText(key)) && !enqueued.has(ObjectMeta.keyText(key)),
    reconcile: (key) =>
      Effect.suspend(() => {
        const text = ObjectMeta.keyText(key)
        awaiting.delete(text)
        enqueued.delete(text)
        return Effect.tap(process.reconcile(key), ({ requeue }) =>
          Effect.sync(() => {
            if (requeue._tag === "AwaitChange") awaiting.add(text)
          })
        )
      })
  }
}
