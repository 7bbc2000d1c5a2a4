/** Processes of a controller in one world: how they come up, what strikes them, and who comes after them. */
import type { ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Scope } from "effect/Scope"
import * as Faults from "../Faults.ts"
import * as LaggingCache from "../LaggingCache.ts"
import * as Ledger from "../Ledger.ts"
import type { Cast, Promises } from "../Subject.ts"
import type * as TurnLoop from "../TurnLoop.ts"

/** One process. */
export interface Process {
  readonly name: string
  readonly view: LaggingCache.LaggingCache
  readonly turn: (key: ObjectMeta.ObjectKey) => Effect.Effect<TurnLoop.Turned>
}

/** A call that was made, in the order in which faults are counted. */
export interface Made {
  readonly site: Faults.Site<unknown>
  /** The fault that struck it. */
  readonly fault?: Faults.Fault
}

export interface Options {
  readonly cast: Cast
  /** What every process is given by its world. */
  readonly promises: Context.Context<Promises>
  /** Turns of a rival go over these objects. */
  readonly keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly stage: Omit<Faults.Stage, "view" | "rival">
  /** Told of every fault that strikes. */
  readonly struck: (fault: Faults.Fault, site: Faults.Site<unknown>) => void
}

/** How many turns of each object another leader gets while this one is paused. */
const RIVAL_TURNS = 3

export interface Processes {
  /** The process that runs now; the first one comes up when it is first asked for. */
  readonly current: Effect.Effect<Process, never, Scope>
  /** Another process beside it, with something around each of its calls; its calls are neither counted nor struck. */
  readonly beside: (around: Faults.Around) => Effect.Effect<Process, never, Scope>
  /** Has another one come up the next time. */
  readonly end: () => void
  /** Every call that could be struck. */
  readonly made: () => ReadonlyArray<Made>
  /** Strikes the nth call from now, the next one being 0, or the first after it that the fault can happen to. */
  readonly strike: (fault: Faults.Fault, call: number) => void
  /** Whether calls are counted, and may be struck. */
  readonly setDisturbed: (disturbed: boolean) => void
  /** Forgets every strike that has not happened. */
  readonly calm: () => void
}

export const make = ({ cast, keys, promises, stage, struck }: Options): Processes => {
  const made: Array<Made> = []
  const strikes = new Map<number, Array<Faults.Fault>>()
  let isDisturbed = true
  let booted = 0
  let running: Process | undefined

  const boot = (wrap: (view: LaggingCache.LaggingCache) => Faults.Around | undefined) =>
    Effect.gen(function* () {
      const name = `process-${++booted}`
      const view = LaggingCache.make(stage.server)
      const around = wrap(view)
      const struck = around === undefined ? view.layer : view.layer.pipe(Layer.provideMerge(Faults.around(around)))
      const context = yield* Layer.build(struck.pipe(Layer.provide(Layer.succeedContext(promises))))
      const given = Context.merge(promises, Context.add(context, Ledger.CurrentProcess, name))
      const turn = yield* cast.boot
      return {
        name,
        view,
        turn: (key: ObjectMeta.ObjectKey) => Effect.provideContext(turn(key), given)
      }
    })

  const rival = Effect.scoped(
    Effect.gen(function* () {
      const { turn } = yield* boot(() => undefined)
      for (const key of keys()) yield* Effect.repeat(turn(key), { times: RIVAL_TURNS - 1 })
    })
  )

  const striking =
    (view: LaggingCache.LaggingCache): Faults.Around =>
    (call, site) =>
      Effect.gen(function* () {
        if (!isDisturbed) return yield* call
        const index = made.length
        const waiting = strikes.get(index) ?? []
        strikes.delete(index)
        const fault = waiting.find((each) => each.strikes(site))
        const later = waiting.filter((each) => each !== fault)
        if (later.length > 0) strikes.set(index + 1, [...later, ...(strikes.get(index + 1) ?? [])])
        made.push({ site, ...(fault === undefined ? {} : { fault }) })
        if (fault !== undefined) struck(fault, site)
        return yield* fault === undefined ? call : fault.around(call, site, { ...stage, view, rival })
      })

  return {
    current: Effect.suspend(() =>
      running === undefined
        ? Effect.tap(boot(striking), (process) =>
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
    made: () => made,
    strike: (fault, call) => {
      const index = made.length + call
      strikes.set(index, [...(strikes.get(index) ?? []), fault])
    },
    setDisturbed: (disturbed) => {
      isDisturbed = disturbed
    },
    calm: () => strikes.clear()
  }
}
