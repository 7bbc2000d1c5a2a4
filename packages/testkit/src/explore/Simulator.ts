/**
 * Seeded lives: users who edit, pods that are evicted, faults and time, thrown by a seed; then calm, in which everything
 * must settle and stay so (INV-10), with every law held. A life that fails is made smaller until nothing can be left out.
 */
import * as Effect from "effect/Effect"
import * as Faults from "../faults/Faults.ts"
import type { ControllerUnderTest } from "../harness/ControllerUnderTest.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import type { Trace } from "../harness/Trace.ts"
import type { Call } from "../services/CallLog.ts"
import * as Scenario from "./Scenario.ts"
import * as Schedule from "./Schedule.ts"
import * as SeededRandom from "./SeededRandom.ts"
import * as Shrink from "./Shrink.ts"

export { page } from "./report/Page.ts"
export { report, text } from "./report/Report.ts"
export { testFile } from "./report/TestFile.ts"
export type { Chances, Move, Schedule } from "./Schedule.ts"

export interface Simulation extends Schedule.Chances {
  readonly name: string
  readonly controllerUnderTest: ControllerUnderTest
  /** The objects that are made first. */
  readonly begin: ReadonlyArray<TestCluster.Act>
  /** Takes back what cannot stand, when the weather is over. */
  readonly calm?: ReadonlyArray<TestCluster.Act>
  /** What is wrong with the world when all has settled, one sentence each. */
  readonly wrong?: (cluster: TestCluster.TestCluster) => ReadonlyArray<string>
}

/** One life, and all that can be told of it. */
export interface SimulatedRun {
  readonly schedule: Schedule.Schedule
  /** Empty when all was well. */
  readonly findings: ReadonlyArray<TestCluster.Finding>
  readonly calls: ReadonlyArray<Call>
  readonly trace: Trace
}

/** A seed whose life fails, and the smallest that fails in the same way. */
export interface Failure {
  readonly seed: number
  readonly whole: SimulatedRun
  readonly smallest: SimulatedRun
}

/** What a seed throws. */
export const scheduleOf = (simulation: Simulation, seed: number): Schedule.Schedule =>
  Schedule.random(SeededRandom.of(seed), simulation)

/** Lives a schedule: what is made first, the moves, then calm, then an hour of which nothing is heard. */
export const live = (simulation: Simulation, schedule: Schedule.Schedule): Effect.Effect<SimulatedRun> =>
  TestCluster.run(simulation.controllerUnderTest, (cluster) =>
    Effect.gen(function* () {
      const converged = Effect.gen(function* () {
        yield* Effect.forEach(simulation.begin, cluster.act)
        yield* Effect.forEach(schedule, (move) => make(cluster, move))
        cluster.clearFaults()
        cluster.mark("user", "calm: nothing goes wrong any more")
        yield* Effect.forEach(simulation.calm ?? [], (act) => Effect.ignore(cluster.act(act)))
        yield* cluster.converge({ maxPasses: 300 })
      })
      const ended = yield* Scenario.runToEnd(cluster, converged)
      const wrong =
        ended.length > 0 ? [] : (simulation.wrong?.(cluster) ?? []).map((message) => ({ message, calls: [] }))
      return {
        schedule,
        findings: [...(yield* cluster.findings), ...ended, ...wrong],
        calls: yield* cluster.callLog.calls,
        trace: cluster.trace()
      }
    })
  )

const make = (cluster: TestCluster.TestCluster, move: Schedule.Move): Effect.Effect<void> => {
  switch (move.move) {
    case "act":
      return Effect.ignore(cluster.act(move.act))
    case "evict":
      return evict(cluster, move.pod)
    case "fault": {
      const fault = Faults.named(move.fault)
      return fault === undefined
        ? Effect.die(new Error(`no fault is called ${JSON.stringify(move.fault)}`))
        : Effect.sync(() => cluster.inject(fault, move.call))
    }
    case "passes":
      return cluster.reconcile(move.count)
    case "pass":
      return cluster.advance(move.millis)
  }
}

/** Deletes a pod, as a drain of its node does. */
const evict = (cluster: TestCluster.TestCluster, nth: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const pods = cluster.server.peekAll(
      { group: "", version: "v1", plural: "pods" },
      cluster.controllerUnderTest.namespace ?? "default"
    )
    const pod = pods[nth % Math.max(1, pods.length)]
    return pod === undefined
      ? Effect.void
      : Effect.ignore(cluster.act({ verb: "delete", kind: Pod, name: pod.metadata.name }))
  })

const Pod = { apiVersion: "v1", kind: "Pod", plural: "pods", scope: "Namespaced" } as const

/** Lives a seed; `undefined` when all was well. A failure comes with the smallest schedule that fails alike. */
export const seed = (simulation: Simulation, number: number): Effect.Effect<Failure | undefined> =>
  Effect.gen(function* () {
    const whole = yield* live(simulation, scheduleOf(simulation, number))
    const [first] = whole.findings
    if (first === undefined) return undefined
    const fails = (schedule: Schedule.Schedule) =>
      Effect.map(live(simulation, schedule), ({ findings }) => findings.some((each) => isAlike(each, first)))
    const schedule = yield* Shrink.smallest(whole.schedule, fails)
    return { seed: number, whole, smallest: yield* live(simulation, schedule) }
  })

/** The same law, or, where none has a name, the same first words. */
const isAlike = (left: TestCluster.Finding, right: TestCluster.Finding): boolean =>
  left.invariant === right.invariant &&
  (left.invariant !== undefined || left.message.slice(0, 30) === right.message.slice(0, 30))

/** Lives many seeds; the failures among them. */
export const seeds = (simulation: Simulation, numbers: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<Failure>> =>
  Effect.map(
    Effect.forEach(numbers, (number) => seed(simulation, number)),
    (found) => found.filter((each) => each !== undefined)
  )
