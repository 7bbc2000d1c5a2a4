/**
 * What passes cost, as ratios to a baseline of the same run: one JSON round trip of the node. Absolute times say more about
 * the machine than about the code, so none is kept; the fleet's seconds and kilobytes are printed because they have a
 * bound: a thousand nodes converge in 20 s on one core, everything in memory included.
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

const finalPass = NodeCluster.run((cluster) =>
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

const scenario = median(NodeCluster.run(NodeCluster.converged), 50)

/** From creation to convergence by the longest plan. */
const longest = median(
  NodeCluster.run((cluster) =>
    Effect.andThen(Cases.begin(cluster, Cases.named("a full node by bootstrap")), cluster.converge())
  ),
  20
)

/** A pass that polls a task of the sidecar that does not end, in the plan of a case. */
const pollingPass = (name: string) =>
  NodeCluster.run((cluster) =>
    Effect.gen(function* () {
      cluster.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
      yield* Cases.begin(cluster, Cases.named(name))
      yield* cluster.converge({ until: NodeCluster.submitted(cluster, "config-apply") })
      return { tasks: NodeCluster.tasks(cluster.plan()).length, pass: yield* median(cluster.reconcile, REPEATS) }
    })
  )

/** A process that is killed at a call, another that continues, and the invariants: what a crash sweep does for every call. */
const crashed = median(
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
 * A sweep of a scenario of ten calls on the testkit's smallest controller: how many runs a second. Each run has a cluster of
 * its own, a fault at a call, the invariants and an hour without requests. The bound is 300 runs a second on one core.
 */
const sweep = Effect.gen(function* () {
  for (let warm = 0; warm < 10; warm++) yield* Sweep.run(Widgets.scenario)
  const start = performance.now()
  let runs = 0
  for (let round = 0; round < 10; round++) runs += (yield* Sweep.run(Widgets.scenario)).runs.length
  return runs / ((performance.now() - start) / 1000)
})

const NODES = 1_000

/** Heap in use after a garbage collection; run with `--expose-gc` for an exact figure. */
const heap = Effect.sync(() => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
})

/** Many nodes at once, from creation to convergence: the time, and the requests and the heap for each node. */
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
  // The sweep runs first: code that V8 has optimized for other clusters makes it slower.
  const rate = yield* sweep
  yield* scenario
  const { baseline, pass } = yield* finalPass
  const whole = yield* scenario
  const bootstrap = yield* longest
  const short = yield* pollingPass("a full node from genesis")
  const long = yield* pollingPass("a full node by bootstrap")
  const crash = yield* crashed
  const many = yield* fleet
  const ratio = (time: number) => `${Math.round(time / baseline)} x`
  return [
    `a pass of a converged node      ${ratio(pass)} a JSON round trip of it`,
    `from creation to convergence    ${ratio(whole)}, in a new cluster, with 14 requests`,
    `                                ${(whole / pass).toFixed(0)} x a pass of a converged node`,
    `by bootstrap, with 26 requests  ${(bootstrap / whole).toFixed(1)} x that`,
    `a pass that waits in a plan     ${ratio(short.pass)} with ${short.tasks} tasks, ${ratio(long.pass)} with ${long.tasks}`,
    `one run of a crash sweep        ${(crash / whole).toFixed(1)} x from creation to convergence, invariants included`,
    `a sweep with every fault        ${Math.round(rate)} runs a second, on one core`,
    `${NODES} nodes at once             ${many.seconds.toFixed(1)} s, ${many.phases}`,
    `                                ${((many.seconds * 1000) / NODES / whole).toFixed(1)} x one node in a cluster of its own, each`,
    `                                ${many.requests} requests and ${many.kilobytes.toFixed(0)} KB of heap for each node, its server included`
  ].join("\n")
})

process.stdout.write(`${await Effect.runPromise(report)}\n`)
