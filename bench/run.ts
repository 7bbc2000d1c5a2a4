/**
 * What turns cost, as ratios to a baseline of the same run: one JSON round trip of the node. Absolute times say more about
 * the machine than about the code, so none is kept; the fleet's seconds and kilobytes are printed because they have a
 * bound: a thousand nodes settle in 20 s on one core, everything in memory included.
 *
 * `pnpm --filter @portolan/bench run bench`
 */
import { CallLog, Faults, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Widgets from "../packages/testkit/test/toy/Widgets.ts"
import * as Cases from "../tests/scenarios/harness/Cases.ts"
import * as Fleet from "../tests/scenarios/harness/Fleet.ts"
import * as TestCluster from "../tests/scenarios/harness/NodeCluster.ts"

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

const withCluster = <A, E, R>(use: (cluster: TestCluster.TestCluster) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(TestCluster.make(), use).pipe(Effect.provide(TestCluster.layer), Effect.provide(TestClock.layer()))

const finalPass = withCluster((cluster) =>
  Effect.gen(function* () {
    yield* TestCluster.converged(cluster)
    const text = JSON.stringify(cluster.node())
    const baseline = yield* median(
      Effect.sync(() => JSON.stringify(JSON.parse(text))),
      REPEATS * 10
    )
    return { baseline, pass: yield* median(cluster.reconcile, REPEATS) }
  })
)

const scenario = median(withCluster(TestCluster.converged), 50)

/** From nothing to settled by the longest of plans. */
const longest = median(
  withCluster((cluster) =>
    Effect.andThen(Cases.begin(cluster, Cases.named("a full node by bootstrap")), cluster.converge())
  ),
  20
)

/** A turn that asks a sidecar about a task that does not end, in a plan as long as its case makes it. */
const pollingPass = (name: string) =>
  withCluster((cluster) =>
    Effect.gen(function* () {
      cluster.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
      yield* Cases.begin(cluster, Cases.named(name))
      yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "config-apply")) })
      return { tasks: TestCluster.tasks(cluster.plan()).length, pass: yield* median(cluster.reconcile, REPEATS) }
    })
  )

/** A process that dies at a call, another one that takes over, and the laws: what a sweep does for every call. */
const crashed = median(
  withCluster((cluster) =>
    Effect.gen(function* () {
      yield* cluster.create()
      const faults = yield* Layer.build(Faults.crashing({ call: 12, when: "after" }))
      const first = yield* cluster.boot
      yield* Faults.wasKilled(cluster.converge({ reconcile: (key) => first(key).pipe(Effect.provideContext(faults)) }))
      const second = yield* cluster.boot
      yield* cluster.converge({ reconcile: second }).pipe(Effect.provideService(CallLog.CurrentProcess, "process-2"))
      yield* cluster.invariantsHold
    }).pipe(Effect.scoped)
  ),
  50
)

/**
 * A whole sweep of a scenario of ten calls on the testkit's smallest controller: how many runs a second, each a world of its
 * own from nothing to settled with a fault at a call, its laws and an hour of silence. It is to be 300 at least, on one core.
 */
const sweep = Effect.gen(function* () {
  for (let warm = 0; warm < 10; warm++) yield* Sweep.run(Widgets.scenario)
  const start = performance.now()
  let runs = 0
  for (let round = 0; round < 10; round++) runs += (yield* Sweep.run(Widgets.scenario)).runs.length
  return runs / ((performance.now() - start) / 1000)
})

const NODES = 1_000

/** Heap in use once what is garbage is gone; run with `--expose-gc` for an exact figure. */
const heap = Effect.sync(() => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
})

/** Many nodes at once, from nothing to settled: how long, how many requests each, and what one leaves in memory. */
const fleet = Effect.gen(function* () {
  const cluster = yield* Fleet.make
  const empty = yield* heap
  const start = performance.now()
  for (let index = 0; index < NODES; index++) yield* cluster.create(`node-${index}`)
  yield* cluster.pass("1 minute")
  const seconds = (performance.now() - start) / 1000
  const calls = [...(yield* cluster.take).values()].flat()
  const requests = Object.values(TestCluster.requests(calls)).reduce((sum, count) => sum + count, 0)
  const kilobytes = ((yield* heap) - empty) / 1024 / NODES
  return { seconds, kilobytes, requests: requests / NODES, phases: JSON.stringify(cluster.phases()) }
}).pipe(Effect.scoped, Effect.provide(TestCluster.layer), Effect.provide(TestClock.layer()))

const report = Effect.gen(function* () {
  // First of all, as a sweep begins: what other worlds taught the machine makes this one slower.
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
    `a turn of a settled node        ${ratio(pass)} a JSON round trip of it`,
    `from nothing to settled         ${ratio(whole)}, in a new world, with 14 requests`,
    `                                ${(whole / pass).toFixed(0)} x a settled turn`,
    `by bootstrap, with 26 requests  ${(bootstrap / whole).toFixed(1)} x that`,
    `a turn that waits in a plan     ${ratio(short.pass)} with ${short.tasks} tasks, ${ratio(long.pass)} with ${long.tasks}`,
    `one run of a crash sweep        ${(crash / whole).toFixed(1)} x from nothing to settled, laws included`,
    `a sweep with every fault        ${Math.round(rate)} runs a second, on one core`,
    `${NODES} nodes at once             ${many.seconds.toFixed(1)} s, ${many.phases}`,
    `                                ${((many.seconds * 1000) / NODES / whole).toFixed(1)} x one node in a world of its own, each`,
    `                                ${many.requests} requests and ${many.kilobytes.toFixed(0)} KB of heap for each node, its server included`
  ].join("\n")
})

process.stdout.write(`${await Effect.runPromise(report)}\n`)
