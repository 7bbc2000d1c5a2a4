import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

/** A path through a turn: how to get to it, and how many status writes its next turn makes. */
interface Path {
  readonly name: string
  readonly reach: (world: World.World) => Effect.Effect<unknown, unknown, World.Promises>
  readonly writes: number
}

const taken = {
  phase: "Initializing",
  plan: {
    id: "0c7c8c4e-6f0e-4d8e-9f3a-3c2f8f0d1a11",
    phase: "Active",
    targetPhase: "Running",
    failedPhase: "Failed",
    tasks: [
      {
        type: "ensure-data-pvc",
        id: "92f1e14c-2a7d-5fab-aa68-4d817362faa0",
        status: "Pending",
        params: { nodeName: World.NAME, namespace: World.NAMESPACE }
      }
    ]
  }
}

const paths: ReadonlyArray<Path> = [
  { name: "creation", reach: (world) => world.create(), writes: 1 },
  { name: "execution", reach: (world) => Effect.andThen(world.create(), world.turn), writes: 1 },
  { name: "waiting", reach: (world) => World.until(world, World.submitted(world, "configure-genesis")), writes: 0 },
  {
    name: "completion",
    reach: (world) => Effect.andThen(World.until(world, World.submitted(world, "config-validate")), World.later),
    writes: 1
  },
  { name: "clearing", reach: (world) => World.until(world, () => world.plan().phase === "Complete"), writes: 1 },
  {
    name: "failure",
    reach: (world) => {
      world.agents.script("config-apply", { failures: 1 })
      return Effect.andThen(World.until(world, World.submitted(world, "config-apply")), World.later)
    },
    writes: 1
  },
  {
    name: "retry",
    reach: (world) => {
      world.agents.script("configure-genesis", { failures: 1 })
      return Effect.andThen(World.until(world, World.submitted(world, "configure-genesis")), World.later)
    },
    writes: 1
  },
  { name: "refusal", reach: (world) => world.create({ fullNode: { snapshot: { stateSync: {} } } }), writes: 1 },
  {
    name: "update",
    reach: (world) => Effect.andThen(World.settled(world), world.edit({ image: "sei:v2" })),
    writes: 1
  },
  { name: "pause", reach: (world) => Effect.andThen(World.settled(world), world.edit({ paused: true })), writes: 1 },
  {
    name: "scaling down for a pause",
    reach: (world) => Effect.andThen(World.settled(world), Effect.andThen(world.edit({ paused: true }), world.turn)),
    writes: 0
  },
  {
    name: "unpause",
    reach: (world) =>
      Effect.andThen(world.create({ paused: true }), Effect.andThen(world.turn, world.edit({ paused: false }))),
    writes: 1
  },
  { name: "deletion", reach: (world) => Effect.andThen(World.settled(world), world.remove), writes: 1 },
  {
    name: "letting go",
    reach: (world) => Effect.andThen(World.settled(world), Effect.andThen(world.remove, world.turn)),
    writes: 0
  },
  { name: "takeover", reach: (world) => Effect.andThen(world.create(), world.tamper(taken)), writes: 1 },
  { name: "no-op", reach: World.settled, writes: 0 }
]

describe("status writes of a turn", () => {
  it.effect.each(paths)("INV-2: $name makes exactly $writes", ({ reach, writes }) =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* reach(world)
      yield* world.ledger.clear
      yield* world.turn
      const calls = yield* world.calls
      assert.strictEqual(calls.filter(({ verb }) => verb === "patchStatus").length, writes)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-2: a write that somebody else overtook is not tried again in its turn", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      yield* world.edit({ image: "sei:v2" })
      yield* world.ledger.clear
      yield* world.overtaken
      const calls = yield* world.calls
      assert.deepStrictEqual(
        calls.filter(({ verb }) => verb === "patchStatus").map(({ result }) => result),
        ["conflict"]
      )
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
