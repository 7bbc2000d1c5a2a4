/**
 * What turns cost, as ratios to a baseline of the same run: one JSON round trip of the node. Absolute times say more about
 * the machine than about the code, so none is kept; the fleet's seconds and kilobytes are printed because they have a
 * bound: a thousand nodes settle in 20 s on one core, everything in memory included.
 *
 * `pnpm --filter @portolan/bench run bench`
 */
import { Faults, Ledger, Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Widgets from "../packages/testkit/test/toy/Widgets.ts"
import * as Cases from "../tests/scenarios/world/Cases.ts"
import * as Fleet from "../tests/scenarios/world/Fleet.ts"
import * as World from "../tests/scenarios/world/World.ts"

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

const inWorld = <A, E, R>(use: (world: World.World) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(World.make(), use).pipe(Effect.provide(World.layer), Effect.provide(TestClock.layer()))

const settledTurn = inWorld((world) =>
  Effect.gen(function* () {
    yield* World.settled(world)
    const text = JSON.stringify(world.node())
    const baseline = yield* median(
      Effect.sync(() => JSON.stringify(JSON.parse(text))),
      REPEATS * 10
    )
    return { baseline, turn: yield* median(world.turn, REPEATS) }
  })
)

const journey = median(inWorld(World.settled), 50)

/** From nothing to settled by the longest of plans. */
const longest = median(
  inWorld((world) => Effect.andThen(Cases.begin(world, Cases.named("a full node by bootstrap")), world.settle())),
  20
)

/** A turn that asks a sidecar about a task that does not end, in a plan as long as its case makes it. */
const pollingTurn = (name: string) =>
  inWorld((world) =>
    Effect.gen(function* () {
      world.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
      yield* Cases.begin(world, Cases.named(name))
      yield* world.settle({ until: Effect.sync(World.submitted(world, "config-apply")) })
      return { tasks: World.tasks(world.plan()).length, turn: yield* median(world.turn, REPEATS) }
    })
  )

/** A process that dies at a call, another one that takes over, and the laws: what a sweep does for every call. */
const crashed = median(
  inWorld((world) =>
    Effect.gen(function* () {
      yield* world.create()
      const faults = yield* Layer.build(Faults.crashing({ call: 12, when: "after" }))
      const first = yield* world.boot
      yield* Faults.survives(world.settle({ turn: (key) => first(key).pipe(Effect.provideContext(faults)) }))
      const second = yield* world.boot
      yield* world.settle({ turn: second }).pipe(Effect.provideService(Ledger.CurrentProcess, "process-2"))
      yield* world.lawsHold
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
  const world = yield* Fleet.make
  const empty = yield* heap
  const start = performance.now()
  for (let index = 0; index < NODES; index++) yield* world.create(`node-${index}`)
  yield* world.pass("1 minute")
  const seconds = (performance.now() - start) / 1000
  const calls = [...(yield* world.take).values()].flat()
  const requests = Object.values(World.requests(calls)).reduce((sum, count) => sum + count, 0)
  const kilobytes = ((yield* heap) - empty) / 1024 / NODES
  return { seconds, kilobytes, requests: requests / NODES, phases: JSON.stringify(world.phases()) }
}).pipe(Effect.scoped, Effect.provide(World.layer), Effect.provide(TestClock.layer()))

const report = Effect.gen(function* () {
  // First of all, as a sweep begins: what other worlds taught the machine makes this one slower.
  const rate = yield* sweep
  yield* journey
  const { baseline, turn } = yield* settledTurn
  const whole = yield* journey
  const bootstrap = yield* longest
  const short = yield* pollingTurn("a full node from genesis")
  const long = yield* pollingTurn("a full node by bootstrap")
  const crash = yield* crashed
  const many = yield* fleet
  const ratio = (time: number) => `${Math.round(time / baseline)} x`
  return [
    `a turn of a settled node        ${ratio(turn)} a JSON round trip of it`,
    `from nothing to settled         ${ratio(whole)}, in a new world, with 14 requests`,
    `                                ${(whole / turn).toFixed(0)} x a settled turn`,
    `by bootstrap, with 26 requests  ${(bootstrap / whole).toFixed(1)} x that`,
    `a turn that waits in a plan     ${ratio(short.turn)} with ${short.tasks} tasks, ${ratio(long.turn)} with ${long.tasks}`,
    `one run of a crash sweep        ${(crash / whole).toFixed(1)} x from nothing to settled, laws included`,
    `a sweep with every fault        ${Math.round(rate)} runs a second, on one core`,
    `${NODES} nodes at once             ${many.seconds.toFixed(1)} s, ${many.phases}`,
    `                                ${((many.seconds * 1000) / NODES / whole).toFixed(1)} x one node in a world of its own, each`,
    `                                ${many.requests} requests and ${many.kilobytes.toFixed(0)} KB of heap for each node, its server included`
  ].join("\n")
})

process.stdout.write(`${await Effect.runPromise(report)}\n`)
