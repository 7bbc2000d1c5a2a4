/**
 * Runs two participants at once, in every order of their calls: two workers on one object, two leaders, or a user who
 * edits during a pass. Every order must hold the invariants and pass the checks of the race.
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

/** What one side of a race can do. Each call and each user action is one step. */
export interface Participant {
  /** One pass over one object, by a process that belongs to this side alone. */
  readonly reconcile: (key: ObjectMeta.ObjectKey) => Effect.Effect<unknown>
  /** A user action. Has no effect when the API server rejects it. */
  readonly act: (act: TestCluster.Act) => Effect.Effect<unknown>
}

export interface Race {
  readonly name: string
  readonly controllerUnderTest: ControllerUnderTest
  /** Runs alone, before both sides start. */
  readonly setup: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown>
  readonly left: (participant: Participant, cluster: TestCluster.TestCluster) => Effect.Effect<unknown>
  readonly right: (participant: Participant, cluster: TestCluster.TestCluster) => Effect.Effect<unknown>
  /** What is wrong once both sides are done and before anything else happens, one sentence each. */
  readonly violations?: (cluster: TestCluster.TestCluster) => Effect.Effect<ReadonlyArray<string>>
  /** Runs at most this many orders, chosen at random from a fixed seed. Default: 1,000. */
  readonly maxOrders?: number
}

export interface Report extends Interleave.Orders {
  readonly race: string
  readonly failures: ReadonlyArray<{
    readonly order: ReadonlyArray<Interleave.Side>
    readonly findings: ReadonlyArray<TestCluster.Finding>
  }>
}

/** Runs every order, each in a new test cluster. After both sides, every object must converge and stay converged. */
export const run = (race: Race): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const findingsByOrder: Array<ReadonlyArray<TestCluster.Finding>> = []
    const { isSample, orders } = yield* Interleave.upTo(race.maxOrders ?? 1_000, (lockstep) =>
      Effect.map(runOrder(race, lockstep), (findings) => {
        findingsByOrder.push(findings)
      })
    )
    const results = orders.map((order, index) => ({ order, findings: findingsByOrder[index] ?? [] }))
    return { race: race.name, orders, isSample, failures: results.filter(({ findings }) => findings.length > 0) }
  })

const runOrder = (race: Race, lockstep: Interleave.Lockstep): Effect.Effect<ReadonlyArray<TestCluster.Finding>> =>
  TestCluster.run(race.controllerUnderTest, (cluster) =>
    Effect.gen(function* () {
      const setup = yield* Effect.exit(race.setup(cluster))
      if (setup._tag === "Failure") return yield* Effect.die(setup.cause)
      const [left, right] = [participant(cluster, lockstep.step("left")), participant(cluster, lockstep.step("right"))]
      yield* lockstep.race(race.left(yield* left, cluster), race.right(yield* right, cluster))
      const messages = yield* race.violations?.(cluster) ?? Effect.succeed([])
      const violations = messages.map((message) => ({ message, calls: [] }))
      const convergence = yield* Scenario.checkConvergence(cluster, cluster.converge())
      return [...violations, ...(yield* cluster.findings), ...convergence]
    })
  )

/** Starts the process of a side. The start is not part of the race. */
const participant = (cluster: TestCluster.TestCluster, step: Around): Effect.Effect<Participant, never, Scope> =>
  Effect.map(cluster.startAnother(step), ({ reconcile }: Process) => ({
    reconcile,
    act: (act) => step(Effect.ignore(cluster.act(act)), { verb: "apply", target: "user action", sent: act })
  }))

/** One sentence for each failed order: `left right right: INV-3: …`. */
export const describeFailures = ({ failures }: Report): ReadonlyArray<string> =>
  failures.map(({ findings, order }) => `${order.join(" ")}: ${findings.map(TestCluster.describeWithCalls).join("; ")}`)
