/**
 * Two nodes and one key: only a world in which both live can show who signs. `CrashSweep` has the same with processes that are
 * killed.
 */
import { assert, describe, it } from "@effect/vitest"
import { Interleave } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

const OTHER = "node-1"
const VALIDATOR = { validator: Cases.KEYS }

const secrets = (world: World.World) =>
  Effect.all([Cases.secret(world, "signing-key", Cases.SIGNING_KEY), Cases.secret(world, "node-key", Cases.NODE_KEY)])

const both = (world: World.World) =>
  Effect.gen(function* () {
    yield* secrets(world)
    yield* world.create(VALIDATOR)
    yield* world.create(VALIDATOR, { name: OTHER })
  })

const phases = (world: World.World) => [world.status().phase, world.statusOf(OTHER).phase]

describe("a signing key", () => {
  it.effect(
    "INV-15: is used by one node; another that names it waits, says for whom, and follows when that one is gone",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* both(world)
        yield* world.settle()
        yield* Effect.repeat(world.turnOf(OTHER), { times: 5 })
        assert.deepStrictEqual(phases(world), ["Running", "Initializing"])
        const condition = World.conditionOf(world.statusOf(OTHER), "SigningKeyReady")
        assert.deepInclude(condition, { status: "False", reason: "SigningKeyNotReady" })
        assert.include(String(condition.message), "SeiNode node-0 signs with the same key")
        yield* world.remove
        yield* world.settle()
        yield* world.settleOther(OTHER)
        assert.strictEqual(world.statusOf(OTHER).phase, "Running")
        assert.deepStrictEqual(world.keysHeldTwice(), [])
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-15: is not given on while a pod of its last user is still there, whatever became of its node", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { stopMs: 60_000 } })
      yield* secrets(world)
      yield* world.create(VALIDATOR)
      yield* world.settle()
      // Somebody forces the node away without waiting for its controller.
      yield* world.remove
      yield* world.other(World.NODE, {
        verb: "patch",
        patchFormat: "merge",
        namespace: World.NAMESPACE,
        name: World.NAME,
        body: { metadata: { finalizers: null } }
      })
      yield* world.create(VALIDATOR, { name: OTHER })
      const isHeld = () => world.pod() !== undefined && world.statusOf(OTHER).waiting !== undefined
      yield* world.settleOther(OTHER, { until: Effect.sync(isHeld) })
      assert.include(String(World.asObject(world.statusOf(OTHER).waiting).for), "signs with the same key")
      yield* world.settleOther(OTHER)
      assert.strictEqual(world.statusOf(OTHER).phase, "Running")
      assert.deepStrictEqual(world.keysHeldTwice(), [])
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-15: is taken by one of two nodes in every order of their calls", () =>
    Effect.gen(function* () {
      const orders = yield* Interleave.every((turnstile) =>
        Effect.gen(function* () {
          const world = yield* World.make()
          yield* both(world)
          yield* world.turn
          yield* world.turnOf(OTHER)
          const side = Effect.fnUntraced(function* (name: "left" | "right", key: typeof World.KEY) {
            const turn = yield* world.boot
            const context = yield* Layer.build(turnstile.layer(name))
            return turn(key).pipe(Effect.provideContext(context))
          })
          yield* turnstile.race(yield* side("left", World.KEY), yield* side("right", World.keyOf(OTHER)))
          const made = [world.statefulSet(), world.statefulSetOf(OTHER)].filter((each) => each !== undefined)
          assert.strictEqual(made.length, 1)
          assert.deepStrictEqual(world.keysHeldTwice(), [])
        }).pipe(Effect.scoped, Effect.provide(World.layer))
      )
      assert.isAbove(orders.length, 10)
    })
  )
})
