/**
 * Deterministic simulation from a seed. First chaos: users edit, pods are evicted, faults are injected and time passes.
 * Then quiescence: faults stop, and every object must converge and stay converged (INV-10) with every invariant held. A
 * schedule that fails is shrunk until no action can be left out.
 */
import * as Effect from "effect/Effect"
import * as Faults from "../faults/Faults.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import { withoutLogs } from "./Logging.ts"
import { report } from "./report/Report.ts"
import * as Scenario from "./Scenario.ts"
import * as Schedule from "./Schedule.ts"
import * as SeededRandom from "./SeededRandom.ts"
import * as Shrink from "./Shrink.ts"
import type { Failure, SimulatedRun, Simulation } from "./Simulation.ts"
import * as Sometimes from "./Sometimes.ts"

export { page } from "./report/Page.ts"
export { report, text } from "./report/Report.ts"
export { testFile } from "./report/TestFile.ts"
export type { Action, ChaosOptions, Schedule } from "./Schedule.ts"
export type { Failure, SimulatedRun, Simulation } from "./Simulation.ts"

/** The schedule of a seed. */
export const scheduleOf = (simulation: Simulation, seed: number): Schedule.Schedule =>
  Schedule.random(SeededRandom.of(seed), simulation)

/** Runs a schedule: setup, the actions, quiescence, then an hour without any write. */
export const run = (simulation: Simulation, schedule: Schedule.Schedule): Effect.Effect<SimulatedRun> =>
  TestCluster.run(simulation.controllerUnderTest, (cluster) =>
    Effect.gen(function* () {
      const script = Effect.gen(function* () {
        yield* Effect.forEach(simulation.setup, cluster.act)
        yield* Effect.forEach(schedule, (action) => perform(simulation, cluster, action))
        cluster.clearFaults()
        cluster.mark("fault", "faults stop, quiescence begins")
        yield* Effect.forEach(simulation.quiescence ?? [], (act) => Effect.ignore(cluster.act(act)))
        yield* cluster.converge({ maxPasses: 300 })
      })
      const convergence = yield* Scenario.checkConvergence(cluster, script)
      const messages = convergence.length > 0 ? [] : (simulation.violations?.(cluster) ?? [])
      const violations = messages.map((message) => ({ message, calls: [] }))
      return {
        schedule,
        findings: [...(yield* cluster.findings), ...convergence, ...violations],
        calls: yield* cluster.callLog.calls,
        trace: cluster.trace()
      }
    })
  )

const perform = (
  { faults = Faults.all }: Simulation,
  cluster: TestCluster.TestCluster,
  action: Schedule.Action
): Effect.Effect<void> => {
  switch (action.action) {
    case "user":
      return Effect.ignore(cluster.act(action.request))
    case "evict":
      return evict(cluster, action.pod)
    case "fault": {
      const fault = faults.find(({ name }) => name === action.fault) ?? Faults.named(action.fault)
      return fault === undefined
        ? Effect.die(new Error(`there is no fault named ${JSON.stringify(action.fault)}`))
        : Effect.sync(() => cluster.inject(fault, action.call))
    }
    case "reconcile":
      return cluster.reconcile(action.passes)
    case "advance":
      return cluster.advance(action.millis)
  }
}

/** Deletes a pod, as draining its node does. */
const evict = (cluster: TestCluster.TestCluster, index: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const pods = cluster.server.peekAll(
      { group: "", version: "v1", plural: "pods" },
      cluster.controllerUnderTest.namespace ?? "default"
    )
    const pod = pods[index % Math.max(1, pods.length)]
    return pod === undefined
      ? Effect.void
      : Effect.ignore(cluster.act({ verb: "delete", kind: Pod, name: pod.metadata.name }))
  })

const Pod = { apiVersion: "v1", kind: "Pod", plural: "pods", scope: "Namespaced" } as const

/** One seed: its failure, if it has one, and the conditions of `sometimes` that held. */
export interface SeedResult {
  readonly failure: Failure | undefined
  readonly held: ReadonlyArray<string>
}

/** Runs the schedule of a seed, without the logs of the controller. A failure has the smallest schedule that fails the same way. */
export const trySeed = (simulation: Simulation, seed: number): Effect.Effect<SeedResult> =>
  Effect.gen(function* () {
    const original = yield* run(simulation, scheduleOf(simulation, seed))
    const held = Sometimes.held(simulation.sometimes ?? [], original)
    const [first] = original.findings
    if (first === undefined) return { failure: undefined, held }
    const fails = (schedule: Schedule.Schedule) =>
      Effect.map(run(simulation, schedule), ({ findings }) => findings.some((finding) => isSame(finding, first)))
    const schedule = yield* Shrink.smallest(original.schedule, fails)
    return { failure: { seed, original, smallest: yield* run(simulation, schedule) }, held }
  }).pipe(withoutLogs)

/** The failure of a seed; `undefined` when it passes. */
export const runSeed = (simulation: Simulation, seed: number): Effect.Effect<Failure | undefined> =>
  Effect.map(trySeed(simulation, seed), ({ failure }) => failure)

/** True for findings of the same invariant; without an invariant, for findings whose messages start alike. */
const isSame = (left: TestCluster.Finding, right: TestCluster.Finding): boolean =>
  left.invariant === right.invariant &&
  (left.invariant !== undefined || left.message.slice(0, 30) === right.message.slice(0, 30))

export interface SeedsReport {
  readonly failures: ReadonlyArray<Failure>
  /** What `sometimes` requires and no seed reached, one sentence each. */
  readonly missing: ReadonlyArray<string>
}

/** Runs many seeds. */
export const runSeeds = (simulation: Simulation, seeds: ReadonlyArray<number>): Effect.Effect<SeedsReport> =>
  Effect.map(
    Effect.forEach(seeds, (seed) => trySeed(simulation, seed)),
    (results) => ({
      failures: results.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
      missing: Sometimes.missing(
        simulation,
        results.flatMap(({ held }) => held),
        seeds.length
      )
    })
  )

/** Reports of the failures, and what no seed reached; empty when all is well. */
export const describeSeeds = ({ failures, missing }: SeedsReport): ReadonlyArray<string> => [
  ...failures.map(report),
  ...missing
]
