/**
 * What turns cost, as ratios to a baseline of the same run: one JSON round trip of the node. Absolute times say more about
 * the machine than about the code, so none is kept.
 *
 * `pnpm --filter @portolan/bench run bench`
 */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
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

const report = Effect.gen(function* () {
  yield* journey
  const { baseline, turn } = yield* settledTurn
  const whole = yield* journey
  const ratio = (time: number) => `${Math.round(time / baseline)} x`
  return [
    `a turn of a settled node        ${ratio(turn)} a JSON round trip of it`,
    `from nothing to settled         ${ratio(whole)}, in a new world, with 14 requests`,
    `                                ${(whole / turn).toFixed(0)} x a settled turn`
  ].join("\n")
})

process.stdout.write(`${await Effect.runPromise(report)}\n`)
