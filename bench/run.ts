/**
 * Benchmarks of reconcile passes, printed as ratios to a baseline of the same run: one JSON round trip of the node.
 * Absolute times depend on the machine, so none is stored. The seconds and kilobytes of the fleet are printed because
 * they have a limit: a thousand nodes converge within 20 s on one core, with the emulated cluster in the same process.
 *
 * `pnpm --filter @portolan/bench run bench`
 */
import { Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Widgets from "../packages/testkit/test/toy/Widgets.ts"
import * as Cases from "../tests/scenarios/harness/Cases.ts"
import * as Fleet from "../tests/scenarios/harness/Fleet.ts"
import * as NodeCluster from "../tests/scenarios/harness/NodeCluster.ts"

const REPEATS = 300

/** The median time of an effect, in milliseconds. */
const median = <E, R>(effect: Effect.Effect<unknown, E, R>, repeats: number): Effect.Effect<number, E, R> =>
  Effect.gen(function* () {
    const times: Array<number> = []
    for (let round = 0; round < repeats; round++) {
      const start = performance.now()
      yield* effect
      times.push(performance.now() - start)
    }
    return times.toSorted((left, right) => left - right)[Math.floor(repeats / 2)] ?? 0
  })

/** A pass over a converged node, and the baseline. */
const convergedPass = NodeCluster.run((cluster) =>
  Effect.gen(function* () {
    yield* NodeCluster.converged(cluster)
    const text = JSON.stringify(cluster.node())
    const baseline = yield* median(
      Effect.sync(() => JSON.stringify(JSON.parse(text))),
      REPEATS * 10
    )
    return { baseline, pass: yield* median(cluster.reconcile, REPEATS) }
  })
)

/** A node from its creation to convergence. */
const convergence = median(NodeCluster.run(NodeCluster.converged), 50)

/** The same with the longest plan. */
const bootstrapConvergence = median(
  NodeCluster.run((cluster) =>
    Effect.andThen(Cases.begin(cluster, Cases.named("a full node by bootstrap")), cluster.converge())
  ),
  20
)

/** A pass that polls a task which does not end, in the plan of a named case. */
const pollingPass = (name: string) =>
  NodeCluster.run((cluster) =>
    Effect.gen(function* () {
      cluster.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
      yield* Cases.begin(cluster, Cases.named(name))
      yield* cluster.converge({ until: NodeCluster.submitted(cluster, "config-apply") })
      return { tasks: NodeCluster.tasks(cluster.plan()).length, pass: yield* median(cluster.reconcile, REPEATS) }
    })
  )

/** A process that is killed at a call, a second process, and the check of the invariants: one run of a crash sweep. */
const crashRun = median(
  NodeCluster.run((cluster) =>
    Effect.gen(function* () {
      cluster.inject(Faults.killedAfter, 12)
      yield* NodeCluster.converged(cluster)
      yield* cluster.expectInvariants
    })
  ),
  50
)

/**
 * Runs per second of a sweep of the toy controller. Each run has a test cluster of its own, a fault at a call,
 * convergence, an hour without writes, and the check of the invariants. The target is at least 300 on one core.
 */
const sweepRate = Effect.gen(function* () {
  for (let warm = 0; warm < 10; warm++) yield* Sweep.run(Widgets.scenario)
  const start = performance.now()
  let runs = 0
  for (let round = 0; round < 10; round++) runs += (yield* Sweep.run(Widgets.scenario)).runs.length
  return runs / ((performance.now() - start) / 1000)
})

const NODES = 1_000

/** The used heap in bytes. Exact only with `--expose-gc`, which collects garbage first. */
const heap = Effect.sync(() => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
})

/** Many nodes at once, from creation to convergence: seconds, requests per node, and heap per node. */
const fleet = Effect.gen(function* () {
  const cluster = yield* Fleet.make
  const empty = yield* heap
  const start = performance.now()
  for (let index = 0; index < NODES; index++) yield* cluster.create(`node-${index}`)
  yield* cluster.advance("1 minute")
  const seconds = (performance.now() - start) / 1000
  const calls = [...(yield* cluster.take).values()].flat()
  const requests = Object.values(NodeCluster.requests(calls)).reduce((sum, count) => sum + count, 0)
  const kilobytes = ((yield* heap) - empty) / 1024 / NODES
  return { seconds, kilobytes, requests: requests / NODES, phases: JSON.stringify(cluster.phases()) }
}).pipe(Effect.scoped, Effect.provide(TestClock.layer()))

const report = Effect.gen(function* () {
  // The sweep runs first, because code that other benchmarks have optimized for their objects makes it slower.
  const rate = yield* sweepRate
  yield* convergence
  const { baseline, pass } = yield* convergedPass
  const create = yield* convergence
  const bootstrap = yield* bootstrapConvergence
  const short = yield* pollingPass("a full node from genesis")
  const long = yield* pollingPass("a full node by bootstrap")
  const crash = yield* crashRun
  const { kilobytes, phases, requests, seconds } = yield* fleet
  const ratio = (time: number) => `${Math.round(time / baseline)} x`
  return [
    `pass over a converged node      ${ratio(pass)} a JSON round trip of the node`,
    `from creation to convergence    ${ratio(create)}, in a new test cluster, with 14 requests`,
    `                                ${(create / pass).toFixed(0)} x a pass over a converged node`,
    `by bootstrap, with 26 requests  ${(bootstrap / create).toFixed(1)} x from creation to convergence`,
    `pass that polls a task          ${ratio(short.pass)} with ${short.tasks} tasks in the plan, ${ratio(long.pass)} with ${long.tasks}`,
    `one run of a crash sweep        ${(crash / create).toFixed(1)} x from creation to convergence, with invariants`,
    `sweep with every fault          ${Math.round(rate)} runs per second on one core`,
    `${NODES} nodes at once             ${seconds.toFixed(1)} s, ${phases}`,
    `                                ${((seconds * 1000) / NODES / create).toFixed(1)} x from creation to convergence, for each node`,
    `                                ${requests} requests and ${kilobytes.toFixed(0)} KB of heap for each node, with its API server`
  ].join("\n")
})

process.stdout.write(`${await Effect.runPromise(report)}\n`)
