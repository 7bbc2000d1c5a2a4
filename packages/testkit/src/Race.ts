/**
 * Two sides that act at once, in every order of their calls: two workers on one object, two leaders, a user who edits
 * during a turn. Every end is held to the laws, and to a check of yours.
 */
import type { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Around } from "./Faults.ts"
import * as Interleave from "./Interleave.ts"
import * as Scenario from "./Scenario.ts"
import type { Subject } from "./Subject.ts"
import * as World from "./World.ts"
import type { Process } from "./world/Processes.ts"

/** What a side may do; each call and each act is one step. */
export interface Player {
  /** One turn of one object, by a process of this side's own. */
  readonly turn: (key: ObjectMeta.ObjectKey) => Effect.Effect<unknown>
  /** Something that a user does; one that the server refuses does nothing. */
  readonly act: (act: World.Act) => Effect.Effect<unknown>
}

export interface Race {
  readonly name: string
  readonly subject: Subject
  /** What happens before, alone. */
  readonly before: (world: World.World) => Effect.Effect<unknown, unknown>
  readonly left: (player: Player, world: World.World) => Effect.Effect<unknown>
  readonly right: (player: Player, world: World.World) => Effect.Effect<unknown>
  /** What is wrong with an end, one sentence each; asked when both sides are done, before anything else happens. */
  readonly wrong?: (world: World.World) => Effect.Effect<ReadonlyArray<string>>
  /** Runs at most so many orders, chosen by chance: 1,000 unless told. */
  readonly limit?: number
}

export interface Report extends Interleave.Orders {
  readonly race: string
  readonly failures: ReadonlyArray<{
    readonly order: ReadonlyArray<Interleave.Side>
    readonly findings: ReadonlyArray<World.Finding>
  }>
}

/** Runs every order, each in a new world; after both sides, everything has to settle and stay so. */
export const run = (race: Race): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const found: Array<ReadonlyArray<World.Finding>> = []
    const { isSample, orders } = yield* Interleave.some(race.limit ?? 1_000, (turnstile) =>
      Effect.map(play(race, turnstile), (findings) => {
        found.push(findings)
      })
    )
    const ends = orders.map((order, index) => ({ order, findings: found[index] ?? [] }))
    return { race: race.name, orders, isSample, failures: ends.filter(({ findings }) => findings.length > 0) }
  })

const play = (race: Race, turnstile: Interleave.Turnstile): Effect.Effect<ReadonlyArray<World.Finding>> =>
  World.run(race.subject, (world) =>
    Effect.gen(function* () {
      const before = yield* Effect.exit(race.before(world))
      if (before._tag === "Failure") return yield* Effect.die(before.cause)
      const [left, right] = [playerOf(world, turnstile.step("left")), playerOf(world, turnstile.step("right"))]
      yield* turnstile.race(race.left(yield* left, world), race.right(yield* right, world))
      const wrong = (yield* race.wrong?.(world) ?? Effect.succeed([])).map((message) => ({ message, calls: [] }))
      const ended = yield* Scenario.ends(world, world.settle())
      return [...wrong, ...(yield* world.findings), ...ended]
    })
  )

/** A side's own process comes up before the race. */
const playerOf = (world: World.World, step: Around): Effect.Effect<Player, never, Scope> =>
  Effect.map(world.beside(step), ({ turn }: Process) => ({
    turn,
    act: (act) => step(Effect.ignore(world.act(act)), { verb: "apply", target: "a user's", sent: act })
  }))

/** One sentence for each order that ended badly: `left right right: INV-3: …`. */
export const sentences = ({ failures }: Report): ReadonlyArray<string> =>
  failures.map(({ findings, order }) => {
    const what = findings.map(World.sentence)
    return `${order.join(" ")}: ${what.join("; ")}`
  })
