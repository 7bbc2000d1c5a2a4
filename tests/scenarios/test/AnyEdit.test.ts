/**
 * Edits and losses by chance, at any moment of any node's life, and then calm. `SEEDS=1000` tries as many; `SEED=7` that one
 * alone.
 */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { Dice } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../world/Cases.ts"
import * as Edits from "../world/Edits.ts"
import * as World from "../world/World.ts"

const { SEED, SEEDS = "12" } = process.env
const seeds = SEED === undefined ? Dice.seeds(Number(SEEDS)) : [Number(SEED)]

const kubelet = { pulls: (image: string) => image !== Edits.WRONG }

/** A life by chance: the node, what happens to it, and after how many turns each. */
const lifeOf = (dice: Dice.Dice) => {
  const [first, ...rest] = Cases.cases
  const each = dice.pick([first ?? Cases.named("a full node from genesis"), ...rest])
  const turning = dice.below(3) === 0 ? Edits.turning(dice, each.spec) : undefined
  const events = Edits.random(dice).map((event) => ({ ...event, after: dice.below(30) }))
  const when = dice.below(events.length + 1)
  if (turning !== undefined) events.splice(when, 0, { ...Edits.edit(turning.edit), after: dice.below(30) })
  return { each, events, turning }
}

/** Some turns, fewer if the node settles first or waits for what does not come. */
const turns = (world: World.World, count: number) => {
  let left = count
  const until = Effect.sync(() => --left < 0)
  return Effect.ignore(world.settle({ until, maxTurns: 40 }))
}

/** Whether the object says that it does not follow its spec. */
const isHeld = (world: World.World) =>
  world.condition("Degraded").reason === "PlanRefused" ||
  world.condition("PlanUpToDate").status === "False" ||
  String(World.asObject(world.status().waiting).for).endsWith("to be as it was")

/** The image that the pod's node runs. */
const imageOf = (world: World.World) => JSON.stringify(World.asObject(world.pod()?.spec).containers)

const assertSettled = (world: World.World) => {
  const { phase } = world.status()
  assert.strictEqual(phase, "Running", JSON.stringify(world.status()))
  assert.notProperty(world.status(), "plan")
  assert.notProperty(world.status(), "waiting")
  assert.strictEqual(world.condition("PlanUpToDate").status, "True")
  assert.strictEqual(world.condition("Degraded").status, "False")
  assert.include(imageOf(world), '"sei:v3"')
  assert.strictEqual(World.asObject(world.statefulSet()?.spec).replicas, 1)
}

const live = (seed: number) => {
  const { each, events, turning } = lifeOf(Dice.of(seed))
  return Effect.gen(function* () {
    const world = yield* World.make({ kubelet })
    yield* Cases.claim(world, "theirs")
    yield* Cases.begin(world, each)
    const secrets = Edits.secrets(world)
    for (const { after, happen } of events) {
      yield* turns(world, after)
      yield* happen(world)
    }
    yield* turns(world, 5)
    yield* Edits.calm(world, secrets)
    if (turning !== undefined) yield* world.edit(turning.undo)
    yield* Effect.ignore(world.settle())
    if (turning !== undefined && isHeld(world)) {
      yield* Cases.syncers(world)
      yield* Cases.syncers(world, Edits.OTHER_CHAIN)
      yield* world.edit(turning.edit)
    }
    yield* world.settle()
    assertSettled(world)
    yield* world.lawsHold
    yield* world.ledger.clear
    yield* TestClock.adjust("1 hour")
    yield* Effect.repeat(world.turn, { times: 2 })
    assert.deepStrictEqual(World.requests(yield* world.calls), {})
    yield* world.remove
    yield* world.settle()
    assert.isUndefined(world.node())
    assert.deepStrictEqual(world.keysHeldTwice(), [])
    assert.deepStrictEqual(world.disksHeldTwice(), [])
    yield* world.lawsHold
  }).pipe(
    Effect.catchCause((cause) => {
      const told = events.map(({ after, what }) => `after ${after} turns ${what}`).join("; ")
      const error = Cause.squash(cause)
      return Effect.die(new Error(`seed ${seed}: ${each.name}; ${told}: ${String(error)}`, { cause: error }))
    }),
    Effect.provide([World.layer, TestClock.layer()])
  )
}

describe("any edit at any moment", () => {
  it.effect("INV-10: settles once what cannot stand is taken back, and the node can still be deleted", () =>
    Effect.forEach(seeds, live)
  )
})

describe("an object that an active plan has made", () => {
  const objects = [
    [World.ConfigMap, `${World.NAME}-rbac-proxy-config`],
    [World.StatefulSet, World.NAME],
    [Identity.Service, World.NAME]
  ] as const
  for (const [kind, name] of objects) {
    it.effect(`INV-10: is made again when somebody deletes it, and the plan goes on: ${kind.kind}`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        world.agents.script("config-apply", { durationMs: 60_000 })
        yield* world.create()
        yield* world.settle({ until: Effect.sync(World.submitted(world, "config-apply")) })
        const { id } = world.plan()
        yield* world.other(kind, { verb: "delete", name })
        yield* world.turn
        yield* world.other(kind, { verb: "get", name })
        yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Complete") })
        assert.strictEqual(world.plan().id, id)
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Running")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }
})
