/** Processes of a controller in one world: how they come up, what strikes them, and who comes after them. */
import type { ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Faults from "../Faults.ts"
import * as LaggingCache from "../LaggingCache.ts"
import * as Ledger from "../Ledger.ts"
import type { Cast, Promises } from "../Subject.ts"
import type * as TurnLoop from "../TurnLoop.ts"
import * as Strikes from "./Strikes.ts"

/** One process. */
export interface Process {
  readonly name: string
  readonly view: LaggingCache.LaggingCache
  readonly turn: (key: ObjectMeta.ObjectKey) => Effect.Effect<TurnLoop.Turned>
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
  /** Told of every turn that begins. */
  readonly began: (process: string, key: ObjectMeta.ObjectKey) => void
}

/** How many turns of each object another leader gets while this one is paused. */
const RIVAL_TURNS = 3

export interface Processes extends Omit<Strikes.Strikes, "around"> {
  /** The process that runs now; the first one comes up when it is first asked for. */
  readonly current: Effect.Effect<Process, never, Scope>
  /** Another process beside it, with something around each of its calls; its calls are neither counted nor struck. */
  readonly beside: (around: Faults.Around) => Effect.Effect<Process, never, Scope>
  /** Has another one come up the next time. */
  readonly end: () => void
}

export const make = ({ began, cast, keys, promises, stage, struck }: Options): Processes => {
  const strikes = Strikes.make(struck)
  let booted = 0
  let running: Process | undefined

  const boot = (wrap: (view: LaggingCache.LaggingCache) => Faults.Around | undefined) =>
    Effect.gen(function* () {
      const name = `process-${++booted}`
      const view = LaggingCache.make(stage.server)
      const around = wrap(view)
      const struck = around === undefined ? promises : Context.merge(promises, Faults.wrapped(around, promises))
      const given = Context.add(Context.merge(struck, view.over(struck)), Ledger.CurrentProcess, name)
      const turn = yield* cast.boot
      return {
        name,
        view,
        turn: (key: ObjectMeta.ObjectKey) =>
          Effect.suspend(() => {
            began(name, key)
            return Effect.provideContext(turn(key), given)
          })
      }
    })

  const rival = Effect.scoped(
    Effect.gen(function* () {
      const { turn } = yield* boot(() => undefined)
      for (const key of keys()) yield* Effect.repeat(turn(key), { times: RIVAL_TURNS - 1 })
    })
  )

  return {
    current: Effect.suspend(() =>
      running === undefined
        ? Effect.tap(
            boot((view) => strikes.around({ ...stage, view, rival })),
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
    made: strikes.made,
    strike: strikes.strike,
    setDisturbed: strikes.setDisturbed,
    calm: strikes.calm
  }
}
