/**
 * Every order in which two processes can make their calls. Each call is one step, taken whole; what a process does between
 * its calls belongs to the call before.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Faults from "../faults/Faults.ts"
import * as SeededRandom from "./SeededRandom.ts"

export type Side = "left" | "right"

/** Where the processes of one run meet. */
export interface Lockstep {
  /** Something that waits for its turn, as one step of a side. */
  readonly step: (side: Side) => Faults.Around
  /** The promises of one side: each call waits for its turn. */
  readonly layer: (side: Side) => Layer.Layer<Faults.Services, never, Faults.Services>
  /** Runs both sides to their ends, in the order of this run. */
  readonly race: <A, B, E, R>(
    left: Effect.Effect<A, E, R>,
    right: Effect.Effect<B, E, R>
  ) => Effect.Effect<readonly [A, B], E, R>
}

/** The orders that were run, each as the sides that stepped. */
export interface Orders {
  readonly orders: ReadonlyArray<ReadonlyArray<Side>>
  /** There are more orders than were run. */
  readonly isSample: boolean
}

/**
 * Runs a scenario once for every order, from the beginning each time; where there are more than `limit`, for so many of
 * them by chance, always the same. The scenario builds its own world, so that runs share nothing, and fails or dies when a
 * check of it does.
 */
export const some = <E, R>(
  limit: number,
  scenario: (lockstep: Lockstep) => Effect.Effect<void, E, R>
): Effect.Effect<Orders, E, R> =>
  Effect.gen(function* () {
    const random = SeededRandom.of(1)
    const orders: Array<ReadonlyArray<Side>> = []
    const prefixes: Array<ReadonlyArray<Side>> = [[]]
    while (prefixes.length > 0 && orders.length < limit) {
      const [prefix = []] = prefixes.splice(random.below(prefixes.length), 1)
      const run = runOf(prefix)
      yield* scenario(run.lockstep)
      orders.push(run.steps.map(({ side }) => side))
      run.steps.forEach(({ both, side }, index) => {
        if (index < prefix.length || !both) return
        const earlier = run.steps.slice(0, index).map((step) => step.side)
        prefixes.push([...earlier, side === "left" ? "right" : "left"])
      })
    }
    return { orders, isSample: prefixes.length > 0 }
  })

/** Runs a scenario once for every order, however many there are. */
export const every = <E, R>(
  scenario: (lockstep: Lockstep) => Effect.Effect<void, E, R>
): Effect.Effect<ReadonlyArray<ReadonlyArray<Side>>, E, R> =>
  Effect.map(some(Number.POSITIVE_INFINITY, scenario), ({ orders }) => orders)

interface Step {
  readonly side: Side
  /** The other side could have stepped instead. */
  readonly both: boolean
}

const runOf = (prefix: ReadonlyArray<Side>) => {
  const waiting = new Map<Side, Deferred.Deferred<void>>()
  const steps: Array<Step> = []
  const wait = (side: Side) =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      waiting.set(side, gate)
      yield* Deferred.await(gate)
    })
  const step =
    (side: Side): Faults.Around =>
    (call) =>
      Effect.andThen(wait(side), call)
  const lockstep: Lockstep = {
    step,
    layer: (side) => Faults.around(step(side)),
    race: (left, right) =>
      Effect.gen(function* () {
        const fibers = { left: yield* Effect.forkChild(left), right: yield* Effect.forkChild(right) }
        const isOver = (side: Side) => fibers[side].pollUnsafe() !== undefined
        while (true) {
          yield* quiet(() => (["left", "right"] as const).every((side) => waiting.has(side) || isOver(side)))
          const [first] = waiting.keys()
          if (first === undefined) break
          const side = prefix[steps.length] ?? (waiting.has("left") ? "left" : first)
          steps.push({ side, both: waiting.size === 2 })
          const gate = waiting.get(side)
          waiting.delete(side)
          if (gate !== undefined) yield* Deferred.done(gate, Exit.void)
        }
        return [yield* Fiber.join(fibers.left), yield* Fiber.join(fibers.right)] as const
      })
  }
  return { lockstep, steps }
}

/** Lets other fibers run until something holds. */
const quiet = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.yieldNow, quiet(holds))))
