/**
 * The testkit for tests of async functions, without Effect: the entry point `@portolan/testkit/async`. Every function
 * rejects with a report when something is wrong, so that a test is one call.
 *
 * ```ts
 * test("a backup is made whatever fails", () =>
 *   sweep(backups, async (cluster) => {
 *     await cluster.create({ metadata: { name: "nightly" }, spec: { database: "orders" } })
 *     await cluster.converge()
 *   }))
 * ```
 */
import type { ObjectMeta } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Race from "./explore/Race.ts"
import type * as Scenario from "./explore/Scenario.ts"
import * as Simulator from "./explore/Simulator.ts"
import * as Sometimes from "./explore/Sometimes.ts"
import * as Sweep from "./explore/Sweep.ts"
import type { Fault } from "./faults/Faults.ts"
import type { ControllerUnderTest } from "./harness/ControllerUnderTest.ts"
import * as Clusters from "./harness/TestCluster.ts"
import * as Budget from "./invariants/Budget.ts"
import * as Invariants from "./invariants/Invariants.ts"
import type { Call } from "./services/CallLog.ts"

/** A test cluster with async methods; see the methods of the same names of `TestCluster.TestCluster`. */
export interface TestCluster {
  readonly act: (act: Clusters.Act) => Promise<ObjectMeta.JsonObject>
  readonly create: (body: ObjectMeta.JsonObject) => Promise<ObjectMeta.JsonObject>
  readonly edit: (name: string, body: ObjectMeta.JsonObject) => Promise<ObjectMeta.JsonObject>
  readonly remove: (name: string) => Promise<ObjectMeta.JsonObject>
  readonly find: Clusters.TestCluster["find"]
  readonly agents: Clusters.TestCluster["agents"]
  readonly converge: (limits?: Clusters.Limits) => Promise<void>
  readonly reconcile: (count: number) => Promise<void>
  readonly advance: (duration: Duration.Input) => Promise<void>
  readonly inject: (fault: Fault, call?: number) => void
  /** Every call so far. */
  readonly calls: () => Promise<ReadonlyArray<Call>>
}

/** A check failed; the message is the whole report. */
export class TestFailed extends Error {
  override readonly name = "TestFailed"
}

type Script = (cluster: TestCluster) => Promise<unknown>

/** Runs a script in a new test cluster, then checks every invariant. The clock moves only when the script moves it. */
export const withCluster = <A>(
  controllerUnderTest: ControllerUnderTest,
  script: (cluster: TestCluster) => Promise<A>
): Promise<A> =>
  Effect.runPromise(
    Clusters.run(controllerUnderTest, (cluster) =>
      Effect.gen(function* () {
        const result = yield* effectOf(script)(cluster)
        const findings = yield* cluster.findings
        return findings.length === 0 ? result : yield* Effect.fail(failure(findings.map(Clusters.describeWithCalls)))
      })
    )
  )

/** Runs a script once for every fault at every call: see `Sweep`. `reaches`: see `Scenario.Scenario`. */
export const sweep = async (
  controllerUnderTest: ControllerUnderTest,
  script: Script,
  {
    name = controllerUnderTest.kind.kind,
    ...options
  }: Sweep.Options & { readonly name?: string } & Pick<Scenario.Scenario, "finalState" | "reaches"> = {}
): Promise<Sweep.Report> => {
  const { finalState, reaches } = options
  const scenario: Scenario.Scenario = {
    name,
    controllerUnderTest,
    script: effectOf(script),
    ...(finalState === undefined ? {} : { finalState }),
    ...(reaches === undefined ? {} : { reaches })
  }
  const report = await Effect.runPromise(Sweep.run(scenario, options))
  if (!Sweep.passed(report)) throw failure([Sweep.table(report)])
  return report
}

/**
 * Runs the seeds 1 to `seeds` and stops at the first one that fails: see `Simulator`. Rejects as well when enough seeds ran and
 * `sometimes` of the simulation held in none of them.
 */
export const simulate = async (simulation: Simulator.Simulation, seeds: number): Promise<void> => {
  const everHeld: Array<string> = []
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure: failed, held } = await Effect.runPromise(Simulator.trySeed(simulation, seed))
    if (failed !== undefined) throw failure([Simulator.report(failed)])
    everHeld.push(...held)
  }
  const missing = Sometimes.missing(simulation, everHeld, seeds)
  if (missing.length > 0) throw failure(missing)
}

/** Runs two sides in every order of their steps: see `Race`. */
export const race = async (options: Race.Race): Promise<Race.Report> => {
  const report = await Effect.runPromise(Race.run(options))
  if (report.failures.length > 0) throw failure(Race.describeFailures(report))
  return report
}

/** Throws when calls exceed a budget: see `Budget`. */
export const expectBudget = Budget.expectBudget

/** Throws when calls violate an invariant: see `Invariants`. */
export const expectInvariants = (calls: ReadonlyArray<Call>): void => {
  const violations = Invariants.check(calls)
  if (violations.length > 0) throw failure(violations.map(Clusters.describeWithCalls))
}

const failure = (reports: ReadonlyArray<string>): TestFailed => new TestFailed(reports.join("\n"))

/** An async script as an effect, in the same test cluster and on the same clock. */
const effectOf =
  <A>(script: (cluster: TestCluster) => Promise<A>) =>
  (cluster: Clusters.TestCluster): Effect.Effect<A, unknown> =>
    Effect.flatMap(Effect.context<never>(), (context) => {
      const run = Effect.runPromiseWith(context)
      const async: TestCluster = {
        ...cluster,
        act: (act) => run(cluster.act(act)),
        create: (body) => run(cluster.create(body)),
        edit: (name, body) => run(cluster.edit(name, body)),
        remove: (name) => run(cluster.remove(name)),
        converge: (limits) => run(cluster.converge(limits)),
        reconcile: (count) => run(cluster.reconcile(count)),
        advance: (duration) => run(cluster.advance(duration)),
        calls: () => run(cluster.callLog.calls)
      }
      return Effect.tryPromise({ try: () => script(async), catch: (error) => error })
    })
