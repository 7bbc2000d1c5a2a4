/** Turns of one process after the other, until all has settled, for a number of turns or for some time. */
import { ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Faults from "../Faults.ts"
import type { InMemoryKubernetes } from "../InMemoryKubernetes.ts"
import type { Subject } from "../Subject.ts"
import * as TurnLoop from "../TurnLoop.ts"
import type { Processes } from "./Processes.ts"
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
  readonly maxTurns?: number
  /** Simulated time: one day unless told. */
  readonly maxTime?: Duration.Input
}

export interface Options {
  readonly subject: Subject
  readonly rest: TurnLoop.Actors | undefined
  readonly objects: () => ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly keys: () => ReadonlyArray<ObjectMeta.ObjectKey>
  readonly processes: Processes
  readonly timers: Timers
  readonly mark: Recorder["mark"]
}

type Here = InMemoryKubernetes | Scope

export interface Lives {
  readonly unfinished: () => string | undefined
  readonly settle: (limits?: Limits) => Effect.Effect<void, TurnLoop.NotSettled | Abandoned, Here>
  readonly turns: (count: number) => Effect.Effect<void, never, Here>
  readonly pass: (duration: Duration.Input) => Effect.Effect<void, never, Here>
}

export const make = ({ keys, mark, objects, processes, rest, subject, timers }: Options): Lives => {
  /** Each process begins where the one before it was killed. */
  const live = (options: Partial<TurnLoop.Options<never>>): Effect.Effect<void, TurnLoop.NotSettled, Here> =>
    Effect.gen(function* () {
      const { turn, view } = yield* processes.current
      const settling = TurnLoop.settle({
        turn,
        key: keys,
        actors: timers.beside(rest),
        wakes: (hear) => view.subscribe(hear),
        maxTime: "1 day",
        ...options
      })
      if (!(yield* Faults.survives(settling))) return
      processes.end()
      yield* live(options)
    })
  const unfinished = () => {
    const left = objects().find((object) => isActive(object) && subject.mayRest?.(object) !== true)
    return left === undefined ? undefined : ObjectMeta.keyText(ObjectMeta.keyOf(subject.kind, left))
  }
  return {
    unfinished,
    settle: (limits = {}) =>
      Effect.gen(function* () {
        yield* live(limits)
        const object = unfinished()
        if (object !== undefined) return yield* new Abandoned({ object })
      }),
    turns: (count) =>
      Effect.suspend(() => {
        let left = count
        return count === 0 ? Effect.void : Effect.ignore(live({ until: Effect.sync(() => --left <= 0) }))
      }),
    pass: (duration) =>
      Effect.gen(function* () {
        const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
        mark("clock", `${Duration.format(Duration.fromInputUnsafe(duration))} pass`)
        yield* Effect.ignore(live({ maxTime: duration }))
        yield* TestClock.setTime(Math.max(end, yield* Clock.currentTimeMillis))
      })
  }
}

const isActive = (object: ObjectMeta.KubernetesObject): boolean =>
  TaskPlan.decode(ObjectMeta.statusOf(object).plan)?.phase === "Active"
