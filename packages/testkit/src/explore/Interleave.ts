/**
 * Every order in which two processes can make their calls. A call is one atomic step; what a process does between two
 * calls belongs to the first of them.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Faults from "../faults/Faults.ts"
import * as SeededRandom from "./SeededRandom.ts"

export type Side = "left" | "right"

/** Runs the two sides of one run step by step, in the order of that run. */
export interface Lockstep {
  /** Makes a call a step of a side: it waits until the order reaches that side. */
  readonly step: (side: Side) => Faults.Around
  /** The services of one side, each call of which is a step. */
  readonly layer: (side: Side) => Layer.Layer<Faults.Services, never, Faults.Services>
  /** Runs both sides until both have ended. */
  readonly race: <A, B, E, R>(
    left: Effect.Effect<A, E, R>,
    right: Effect.Effect<B, E, R>
  ) => Effect.Effect<readonly [A, B], E, R>
}

/** The orders that were run, each as the side of every step. */
export interface Orders {
  readonly orders: ReadonlyArray<ReadonlyArray<Side>>
  /** True when there are more orders than were run. */
  readonly isSample: boolean
}

/**
 * Runs a scenario once for every order, or for `limit` orders when there are more. The choice is random with a fixed
 * seed, so it is the same every time. The scenario starts anew for each order and shares no state between runs. It
 * fails or dies when one of its checks does.
 */
export const upTo = <E, R>(
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
      run.steps.forEach(({ hadChoice, side }, index) => {
        if (index < prefix.length || !hadChoice) return
        const earlier = run.steps.slice(0, index).map((step) => step.side)
        prefixes.push([...earlier, side === "left" ? "right" : "left"])
      })
    }
    return { orders, isSample: prefixes.length > 0 }
  })

/** Runs a scenario once for every order, without a limit. */
export const every = <E, R>(
  scenario: (lockstep: Lockstep) => Effect.Effect<void, E, R>
): Effect.Effect<ReadonlyArray<ReadonlyArray<Side>>, E, R> =>
  Effect.map(upTo(Number.POSITIVE_INFINITY, scenario), ({ orders }) => orders)

interface Step {
  readonly side: Side
  /** Both sides could have made this step. */
  readonly hadChoice: boolean
}

/** One run: the sides of the first steps are given by `prefix`; after that the left side goes first. */
const runOf = (prefix: ReadonlyArray<Side>) => {
  const waiting = new Map<Side, Deferred.Deferred<void>>()
  const steps: Array<Step> = []
  const waitFor = (side: Side) =>
    Effect.gen(function* () {
      const released = yield* Deferred.make<void>()
      waiting.set(side, released)
      yield* Deferred.await(released)
    })
  const step =
    (side: Side): Faults.Around =>
    (call) =>
      Effect.andThen(waitFor(side), call)
  const lockstep: Lockstep = {
    step,
    layer: (side) => Faults.around(step(side)),
    race: (left, right) =>
      Effect.gen(function* () {
        const fibers = { left: yield* Effect.forkChild(left), right: yield* Effect.forkChild(right) }
        const hasEnded = (side: Side) => fibers[side].pollUnsafe() !== undefined
        while (true) {
          yield* yieldUntil(() => (["left", "right"] as const).every((side) => waiting.has(side) || hasEnded(side)))
          const [first] = waiting.keys()
          if (first === undefined) break
          const side = prefix[steps.length] ?? (waiting.has("left") ? "left" : first)
          steps.push({ side, hadChoice: waiting.size === 2 })
          const released = waiting.get(side)
          waiting.delete(side)
          if (released !== undefined) yield* Deferred.done(released, Exit.void)
        }
        return [yield* Fiber.join(fibers.left), yield* Fiber.join(fibers.right)] as const
      })
  }
  return { lockstep, steps }
}

/** Yields to other fibers until the condition holds. */
const yieldUntil = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.andThen(Effect.yieldNow, yieldUntil(condition))))
