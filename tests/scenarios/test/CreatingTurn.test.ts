import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

/** A plan there is, and how to bring a node to the turn that records it. */
interface Kind {
  readonly name: string
  readonly reach: (world: World.World) => Effect.Effect<unknown, unknown, World.Promises>
  readonly first: string
}

const wrong = "sei:wrong"
const isStuck = (world: World.World) => () => String(JSON.stringify(world.pod()?.status)).includes("ImagePullBackOff")

const kinds: ReadonlyArray<Kind> = [
  { name: "init", reach: (world) => world.create(), first: "ensure-data-pvc" },
  {
    name: "an init that supersedes another",
    reach: (world) =>
      Effect.gen(function* () {
        yield* world.create({ image: wrong })
        yield* world.settle({ until: Effect.sync(isStuck(world)) })
        yield* world.edit({ image: "sei:v2" })
      }),
    first: "ensure-data-pvc"
  },
  {
    name: "update",
    reach: (world) => Effect.andThen(World.settled(world), world.edit({ image: "sei:v2" })),
    first: "apply-statefulset"
  },
  {
    name: "an update that supersedes another",
    reach: (world) =>
      Effect.gen(function* () {
        yield* World.settled(world)
        yield* world.edit({ image: wrong })
        yield* world.settle({ until: Effect.sync(isStuck(world)) })
        yield* world.edit({ image: "sei:v2" })
      }),
    first: "apply-statefulset"
  },
  {
    name: "an update that follows a failed one",
    reach: (world) =>
      Effect.gen(function* () {
        yield* World.settled(world)
        world.agents.script("config-validate", { failures: 1_000 })
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Failed") })
        yield* World.backOff
      }),
    first: "apply-statefulset"
  },
  {
    name: "restore",
    reach: (world) =>
      Effect.andThen(World.settled(world), world.other(World.StatefulSet, { verb: "delete", name: World.NAME })),
    first: "apply-statefulset"
  },
  {
    name: "mark-ready",
    reach: (world) =>
      Effect.andThen(
        World.settled(world),
        Effect.sync(() => world.agents.at(World.ADDRESS).restart({ keepsTasks: true }))
      ),
    first: "mark-ready"
  }
]

describe("the turn that records a plan", () => {
  it.effect.each(kinds)(
    "INV-1: $name: 0 submissions and 0 writes besides status and the finalizer",
    ({ first, reach }) =>
      Effect.gen(function* () {
        const world = yield* World.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* reach(world)
        const before = world.plan().id
        yield* world.ledger.clear
        yield* world.turn
        const calls = yield* world.calls
        assert.notStrictEqual(world.plan().id, before)
        assert.strictEqual(world.plan().phase, "Active")
        assert.strictEqual(World.types(world.plan())[0], first)
        assert.deepStrictEqual(World.submissions(calls), [])
        const writes = calls.filter(({ verb }) => !["poll", "health", "event", "setFinalizers"].includes(verb))
        assert.deepStrictEqual(
          writes.map(({ verb }) => verb),
          ["patchStatus"]
        )
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )
})
