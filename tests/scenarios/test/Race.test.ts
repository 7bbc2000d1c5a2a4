import { assert, describe, it } from "@effect/vitest"
import { Interleave, Ledger } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as World from "../world/World.ts"

/** A moment at which two turns can meet: how to get there. */
interface Moment {
  readonly name: string
  readonly reach: (world: World.World) => Effect.Effect<unknown, unknown, World.Promises>
  /** The status writes that must win: one, or none where nothing is to be written. */
  readonly writes: number
}

const moments: ReadonlyArray<Moment> = [
  { name: "creation", reach: (world) => world.create(), writes: 1 },
  {
    name: "a claim",
    reach: (world) => Effect.andThen(World.until(world, World.submitted(world, "configure-genesis")), World.later),
    writes: 1
  },
  {
    name: "completion",
    reach: (world) => Effect.andThen(World.until(world, World.submitted(world, "config-validate")), World.later),
    writes: 1
  },
  { name: "clearing", reach: (world) => World.until(world, () => world.plan().phase === "Complete"), writes: 1 },
  {
    name: "a failure",
    reach: (world) => {
      world.agents.script("config-apply", { failures: 1 })
      return Effect.andThen(World.until(world, World.submitted(world, "config-apply")), World.later)
    },
    writes: 1
  },
  {
    name: "an update",
    reach: (world) => Effect.andThen(World.settled(world), world.edit({ image: "sei:v2" })),
    writes: 1
  },
  { name: "a pause", reach: (world) => Effect.andThen(World.settled(world), world.edit({ paused: true })), writes: 1 },
  { name: "a deletion", reach: (world) => Effect.andThen(World.settled(world), world.remove), writes: 1 },
  { name: "rest", reach: World.settled, writes: 0 }
]

describe("two turns that hold the same version of a node, in every order of their calls", () => {
  it.effect.each(moments)(
    "INV-3, INV-8, INV-14: at $name one write wins, the loser changes nothing, nothing is sent twice",
    (moment) =>
      Effect.gen(function* () {
        const orders = yield* Interleave.every((turnstile) =>
          Effect.gen(function* () {
            const world = yield* World.make()
            yield* moment.reach(world)
            yield* world.ledger.clear
            const before = world.node()?.metadata.resourceVersion
            const side = Effect.fnUntraced(function* (name: "left" | "right") {
              const turn = yield* world.boot
              const context = yield* Layer.build(turnstile.layer(name))
              return turn(World.KEY).pipe(
                Effect.provideContext(context),
                Effect.provideService(Ledger.CurrentProcess, name)
              )
            })
            yield* turnstile.race(yield* side("left"), yield* side("right"))
            const calls = yield* world.calls
            const writes = calls.filter(({ verb }) => verb === "patchStatus")
            const seen = writes.filter(({ turn }) => turn?.seen === before)
            assert.strictEqual(seen.filter(({ result }) => result === "ok").length, moment.writes)
            const ids = calls.flatMap(({ result, sent, verb }) =>
              verb === "submit" && result === "ok" ? [`${World.asObject(World.asJson(sent)).type}`] : []
            )
            assert.deepStrictEqual(
              ids.filter((type) => type !== "mark-ready").length,
              new Set(ids.filter((type) => type !== "mark-ready")).size
            )
            yield* world.lawsHold
            yield* world.settle()
            yield* world.lawsHold
          }).pipe(Effect.scoped, Effect.provide(World.layer))
        )
        assert.isAbove(orders.length, 0)
      })
  )
})
