/**
 * The instruments for tests that know promises and no Effect. Each rejects with a report when something is wrong, so that a
 * test is a call.
 *
 * ```ts
 * test("a backup is made, whatever goes wrong", () =>
 *   sweep(backups, async (world) => {
 *     await world.create({ metadata: { name: "nightly" }, spec: { database: "orders" } })
 *     await world.settle()
 *   }))
 * ```
 */
import type { ObjectMeta } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Races from "./explore/Race.ts"
import type * as Scenario from "./explore/Scenario.ts"
import * as Simulator from "./explore/Simulator.ts"
import * as Sweeps from "./explore/Sweep.ts"
import type { Fault } from "./faults/Faults.ts"
import type { ControllerUnderTest } from "./harness/ControllerUnderTest.ts"
import * as Worlds from "./harness/TestCluster.ts"
import * as Budgets from "./invariants/Budget.ts"
import * as Invariants from "./invariants/Invariants.ts"
import type { Call } from "./services/CallLog.ts"

/** A world whose methods return promises; see `World.World` for what each does. */
export interface TestCluster {
  readonly act: (act: Worlds.Act) => Promise<ObjectMeta.JsonObject>
  readonly create: (body: ObjectMeta.JsonObject) => Promise<ObjectMeta.JsonObject>
  readonly edit: (name: string, body: ObjectMeta.JsonObject) => Promise<ObjectMeta.JsonObject>
  readonly remove: (name: string) => Promise<ObjectMeta.JsonObject>
  readonly find: Worlds.TestCluster["find"]
  readonly agents: Worlds.TestCluster["agents"]
  readonly converge: (limits?: Worlds.Limits) => Promise<void>
  readonly passes: (count: number) => Promise<void>
  readonly pass: (duration: Duration.Input) => Promise<void>
  readonly inject: (fault: Fault, call?: number) => void
  /** Every call that was made so far. */
  readonly calls: () => Promise<ReadonlyArray<Call>>
}

/** Something broke; the message is the whole report. */
export class Broken extends Error {
  override readonly name = "Broken"
}

type Script = (cluster: TestCluster) => Promise<unknown>

/** Runs a script in a new world, on a clock that moves when the script lets it; then every law has to hold. */
export const withCluster = <A>(
  controllerUnderTest: ControllerUnderTest,
  script: (cluster: TestCluster) => Promise<A>
): Promise<A> =>
  Effect.runPromise(
    Worlds.run(controllerUnderTest, (cluster) =>
      Effect.gen(function* () {
        const result = yield* played(script)(cluster)
        const findings = yield* cluster.findings
        return findings.length === 0 ? result : yield* Effect.fail(broken(findings.map(Worlds.describeFinding)))
      })
    )
  )

/** Runs a script once for every boundary and every fault: see `Sweep`. */
export const sweep = async (
  controllerUnderTest: ControllerUnderTest,
  script: Script,
  {
    name = controllerUnderTest.kind.kind,
    ...options
  }: Sweeps.Options & { readonly name?: string } & Pick<Scenario.Scenario, "finalState"> = {}
): Promise<Sweeps.Report> => {
  const finalState = options.finalState === undefined ? {} : { finalState: options.finalState }
  const report = await Effect.runPromise(
    Sweeps.run({ name, controllerUnderTest, script: played(script), ...finalState }, options)
  )
  if (Sweeps.failures(report).length > 0) throw broken([Sweeps.table(report)])
  return report
}

/** Lives many seeds: see `Simulator`. Stops at the first that fails. */
export const simulate = async (simulation: Simulator.Simulation, seeds: number): Promise<void> => {
  for (let seed = 1; seed <= seeds; seed++) {
    const failure = await Effect.runPromise(Simulator.runSeed(simulation, seed))
    if (failure !== undefined) throw broken([Simulator.report(failure)])
  }
}

/** Runs two sides in every order: see `Race`. */
export const race = async (contest: Races.Race): Promise<Races.Report> => {
  const report = await Effect.runPromise(Races.run(contest))
  if (report.failures.length > 0) throw broken(Races.describeFailures(report))
  return report
}

/** Throws when calls cost more than they may: see `Budget`. */
export const expectBudget = Budgets.expectBudget

/** Throws when a law is broken in some calls: see `Invariants`. */
export const expectInvariants = (calls: ReadonlyArray<Call>): void => {
  const violations = Invariants.check(calls)
  if (violations.length > 0) throw broken(violations.map(Worlds.describeFinding))
}

const broken = (cases: ReadonlyArray<string>): Broken => new Broken(cases.join("\n"))

/** A script of promises as one of effects, in the same world and on the same clock. */
const played =
  <A>(script: (cluster: TestCluster) => Promise<A>) =>
  (cluster: Worlds.TestCluster): Effect.Effect<A, unknown> =>
    Effect.flatMap(Effect.context<never>(), (context) => {
      const run = Effect.runPromiseWith(context)
      const plain: TestCluster = {
        ...cluster,
        act: (act) => run(cluster.act(act)),
        create: (body) => run(cluster.create(body)),
        edit: (name, body) => run(cluster.edit(name, body)),
        remove: (name) => run(cluster.remove(name)),
        converge: (limits) => run(cluster.converge(limits)),
        passes: (count) => run(cluster.reconcile(count)),
        pass: (duration) => run(cluster.advance(duration)),
        calls: () => run(cluster.callLog.calls)
      }
      return Effect.tryPromise({ try: () => script(plain), catch: (error) => error })
    })
