/**
 * Two sides that act at once, in every order of their calls: two workers on one object, two leaders, a user who edits
 * during a turn. Every end is held to the laws, and to a check of yours.
 */
import type { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Around } from "../faults/Faults.ts"
import type { ControllerUnderTest } from "../harness/ControllerUnderTest.ts"
import type { Process } from "../harness/Processes.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import * as Interleave from "./Interleave.ts"
import * as Scenario from "./Scenario.ts"

/** What a side may do; each call and each act is one step. */
export interface Player {
  /** One turn of one object, by a process of this side's own. */
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<unknown>
  /** Something that a user does; one that the server refuses does nothing. */
  readonly act: (act: TestCluster.Act) => Effect.Effect<unknown>
}

export interface Race {
  readonly name: string
  readonly controllerUnderTest: ControllerUnderTest
  /** What happens before, alone. */
  readonly before: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown>
  readonly left: (player: Player, cluster: TestCluster.TestCluster) => Effect.Effect<unknown>
  readonly right: (player: Player, cluster: TestCluster.TestCluster) => Effect.Effect<unknown>
  /** What is wrong with an end, one sentence each; asked when both sides are done, before anything else happens. */
  readonly wrong?: (cluster: TestCluster.TestCluster) => Effect.Effect<ReadonlyArray<string>>
  /** Runs at most so many orders, chosen by chance: 1,000 unless told. */
  readonly limit?: number
}

export interface Report extends Interleave.Orders {
  readonly race: string
  readonly failures: ReadonlyArray<{
    readonly order: ReadonlyArray<Interleave.Side>
    readonly findings: ReadonlyArray<TestCluster.Finding>
  }>
}

/** Runs every order, each in a new world; after both sides, everything has to settle and stay so. */
export const run = (race: Race): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const found: Array<ReadonlyArray<TestCluster.Finding>> = []
    const { isSample, orders } = yield* Interleave.some(race.limit ?? 1_000, (lockstep) =>
      Effect.map(play(race, lockstep), (findings) => {
        found.push(findings)
      })
    )
    const ends = orders.map((order, index) => ({ order, findings: found[index] ?? [] }))
    return { race: race.name, orders, isSample, failures: ends.filter(({ findings }) => findings.length > 0) }
  })

const play = (race: Race, lockstep: Interleave.Lockstep): Effect.Effect<ReadonlyArray<TestCluster.Finding>> =>
  TestCluster.run(race.controllerUnderTest, (cluster) =>
    Effect.gen(function* () {
      const before = yield* Effect.exit(race.before(cluster))
      if (before._tag === "Failure") return yield* Effect.die(before.cause)
      const [left, right] = [playerOf(cluster, lockstep.step("left")), playerOf(cluster, lockstep.step("right"))]
      yield* lockstep.race(race.left(yield* left, cluster), race.right(yield* right, cluster))
      const wrong = (yield* race.wrong?.(cluster) ?? Effect.succeed([])).map((message) => ({ message, calls: [] }))
      const ended = yield* Scenario.runToEnd(cluster, cluster.converge())
      return [...wrong, ...(yield* cluster.findings), ...ended]
    })
  )

/** A side's own process comes up before the race. */
const playerOf = (cluster: TestCluster.TestCluster, step: Around): Effect.Effect<Player, never, Scope> =>
  Effect.map(cluster.startAnother(step), ({ reconcile }: Process) => ({
    reconcile,
    act: (act) => step(Effect.ignore(cluster.act(act)), { verb: "apply", target: "a user's", sent: act })
  }))

/** One sentence for each order that ended badly: `left right right: INV-3: …`. */
export const describeFailures = ({ failures }: Report): ReadonlyArray<string> =>
  failures.map(({ findings, order }) => {
    const what = findings.map(TestCluster.describeFinding)
    return `${order.join(" ")}: ${what.join("; ")}`
  })
