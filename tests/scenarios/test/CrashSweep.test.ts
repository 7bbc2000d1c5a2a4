import { assert, describe, it } from "@effect/vitest"
import { Faults, Ledger } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as World from "../world/World.ts"

/** A journey: what stands before it begins, and what begins it. */
interface Journey {
  readonly name: string
  readonly before: (world: World.World) => Effect.Effect<unknown, unknown, World.Promises>
  readonly begin: (world: World.World) => Effect.Effect<unknown>
}

const journeys: ReadonlyArray<Journey> = [
  { name: "init", before: () => Effect.void, begin: (world) => world.create() },
  { name: "update", before: World.settled, begin: (world) => world.edit({ image: "sei:v2" }) },
  { name: "pause", before: World.settled, begin: (world) => world.edit({ paused: true }) },
  { name: "deletion", before: World.settled, begin: (world) => world.remove },
  {
    name: "a lost StatefulSet",
    before: World.settled,
    begin: (world) => world.other(World.StatefulSet, { verb: "delete", name: World.NAME })
  }
]

/** Runs a journey in a new world; the first process may be killed, and then a second one takes over. */
const run = (journey: Journey, faults: Layer.Layer<Faults.Promises, never, Faults.Promises>) =>
  Effect.gen(function* () {
    const world = yield* World.make()
    yield* journey.before(world)
    yield* world.ledger.clear
    yield* journey.begin(world)
    const context = yield* Layer.build(faults)
    const first = yield* world.boot
    const killed = yield* Faults.survives(
      world.settle({ turn: (key) => first(key).pipe(Effect.provideContext(context)) })
    )
    if (killed) {
      const second = yield* world.boot
      yield* world.settle({
        turn: (key) => second(key).pipe(Effect.provideService(Ledger.CurrentProcess, "process-2"))
      })
    }
    yield* world.lawsHold
    return { killed, end: world.end() }
  }).pipe(Effect.scoped, Effect.provide(World.layer))

describe("a process that is killed before or after any of its calls", () => {
  it.effect.each(journeys)("$name ends the same, and every law holds", (journey) =>
    Effect.gen(function* () {
      const counter = Faults.counting()
      const undisturbed = yield* run(journey, counter.layer)
      assert.isFalse(undisturbed.killed)
      for (let call = 0; call < counter.made(); call++) {
        for (const when of ["before", "after"] as const) {
          const { end, killed } = yield* run(journey, Faults.crashing({ call, when }))
          assert.isTrue(killed, `killed ${when} call ${call}`)
          assert.deepStrictEqual(end, undisturbed.end, `killed ${when} call ${call}`)
        }
      }
    })
  )
})
