/** Processes of a controller in one world: how they come up, what strikes them, and who comes after them. */
import type { ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as FaultInjector from "../faults/FaultInjector.ts"
import * as Faults from "../faults/Faults.ts"
import * as CallLog from "../services/CallLog.ts"
import * as LaggingCache from "../services/LaggingCache.ts"
import type { ControllerServices, Harness } from "./ControllerUnderTest.ts"
import type * as ReconcileLoop from "./ReconcileLoop.ts"

/** One process. */
export interface Process {
  readonly name: string
  readonly view: LaggingCache.LaggingCache
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<ReconcileLoop.PassResult>
}

export interface Options {
  readonly harness: Harness
  /** What every process is given by its world. */
  readonly services: Context.Context<ControllerServices>
  /** Turns of a concurrentWrite go over these objects. */
  readonly keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly faultContext: Omit<Faults.Stage, "view" | "concurrentWrite">
  /** Told of every fault that strikes. */
  readonly onInjected: (fault: Faults.Fault, site: Faults.Site<unknown>) => void
  /** Told of every turn that begins. */
  readonly onPassStarted: (process: string, key: ObjectMeta.ObjectKey) => void
}

/** How many turns of each object another leader gets while this one is paused. */
const CONCURRENT_PASSES = 3

export interface Processes extends Omit<FaultInjector.FaultInjector, "around"> {
  /** The process that runs now; the first one comes up when it is first asked for. */
  readonly current: Effect.Effect<Process, never, Scope>
  /** Another process beside it, with something around each of its calls; its calls are neither counted nor struck. */
  readonly beside: (around: Faults.Around) => Effect.Effect<Process, never, Scope>
  /** Has another one come up the next time. */
  readonly end: () => void
}

export const make = ({
  onPassStarted: began,
  harness,
  keys,
  services,
  faultContext,
  onInjected: injected
}: Options): Processes => {
  const injections = FaultInjector.make(injected)
  let booted = 0
  let running: Process | undefined

  const boot = (wrap: (view: LaggingCache.LaggingCache) => Faults.Around | undefined) =>
    Effect.gen(function* () {
      const name = `process-${++booted}`
      const view = LaggingCache.make(faultContext.server)
      const around = wrap(view)
      const injected = around === undefined ? services : Context.merge(services, Faults.wrapped(around, services))
      const given = Context.add(Context.merge(injected, view.over(injected)), CallLog.CurrentProcess, name)
      const reconcile = yield* harness.start
      return {
        name,
        view,
        reconcile: (key: ObjectMeta.ObjectKey) =>
          Effect.suspend(() => {
            began(name, key)
            return Effect.provideContext(reconcile(key), given)
          })
      }
    })

  const concurrentWrite = Effect.scoped(
    Effect.gen(function* () {
      const { reconcile } = yield* boot(() => undefined)
      for (const key of keys()) yield* Effect.repeat(reconcile(key), { times: CONCURRENT_PASSES - 1 })
    })
  )

  return {
    current: Effect.suspend(() =>
      running === undefined
        ? Effect.tap(
            boot((view) => injections.around({ ...faultContext, view, concurrentWrite })),
            (process) =>
              Effect.sync(() => {
                running = process
              })
          )
        : Effect.succeed(running)
    ),
    beside: (around) => boot(() => around),
    end: () => {
      running?.view.close()
      running = undefined
    },
    faultableCalls: injections.faultableCalls,
    inject: injections.inject,
    setFaultsEnabled: injections.setFaultsEnabled,
    clearFaults: injections.clearFaults
  }
}
