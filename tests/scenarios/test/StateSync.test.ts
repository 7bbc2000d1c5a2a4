import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

const FROM_PEERS = { fullNode: { snapshot: { stateSync: {} } } }
const FROM_S3 = { fullNode: { snapshot: { s3: { targetHeight: 5 } } } }
const declaring = (...rpcServers: ReadonlyArray<string>) => ({
  fullNode: { snapshot: { stateSync: {}, rpcServers: [...rpcServers] } }
})
const NOT_CONFIGURED = { status: "False", reason: "NoSyncersConfigured" }

/** Nothing was begun, and the object says what is missing. */
const isBlocked = (world: World.World) => {
  assert.notProperty(world.status(), "plan")
  assert.notProperty(world.status(), "resolvedStateSyncers")
  assert.notProperty(world.status(), "phase")
  assert.isUndefined(world.statefulSet())
  assert.isUndefined(world.claim())
}

describe("a node that begins from state", () => {
  it.effect("begins with two syncers of the registry, sorted, and gives them to its plan (scenario 30)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.finders.syncers.set(Cases.CHAIN, ["b:26657", "a:26657 b:26657"])
      yield* world.create(FROM_PEERS)
      yield* world.turn
      assert.deepInclude(world.condition("StateSyncReady"), { status: "True", reason: "Ready" })
      assert.include(String(world.condition("StateSyncReady").message), "canonical syncers configured")
      assert.deepStrictEqual(world.status().resolvedStateSyncers, ["a:26657", "b:26657"])
      const { params } = World.task(world.plan(), "configure-state-sync")
      assert.deepStrictEqual(World.asObject(params).RpcServers, ["a:26657", "b:26657"])
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("asks its sidecar to find witnesses when its plan was stored without any, as an operator may have", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Cases.syncers(world)
      yield* world.create(FROM_PEERS)
      yield* world.turn
      const plan = world.plan()
      const tasks = World.tasks(plan).map(({ params, ...task }) => {
        const { RpcServers: _, ...rest } = World.asObject(params)
        return { ...task, params: rest }
      })
      yield* world.tamper({ plan: { ...plan, tasks } })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.include(World.submissions(yield* world.calls), "configure-state-sync")
    }).pipe(Effect.provide(World.layer))
  )

  for (const [what, syncers] of [
    ["no syncer", []],
    ["one syncer", ["a:26657"]],
    ["one syncer twice", ["a:26657", "a:26657"]]
  ] as const) {
    it.effect(`waits with ${what}: no plan, no object, one warning, and the wait is shown (scenario 31)`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        world.finders.syncers.set(Cases.CHAIN, syncers)
        yield* world.create(FROM_PEERS)
        yield* Effect.repeat(world.turn, { times: 5 })
        assert.deepInclude(world.condition("StateSyncReady"), NOT_CONFIGURED)
        const message = String(world.condition("StateSyncReady").message)
        assert.match(message, new RegExp(`2.*${Cases.CHAIN}.*${new Set(syncers).size}`, "u"))
        isBlocked(world)
        assert.deepStrictEqual(world.events(), ["StateSyncBlocked"])
        assert.include(String(World.asObject(world.status().waiting).for), "two state syncers")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }

  it.effect("begins by itself once the registry has two (scenario 32)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create(FROM_PEERS)
      yield* world.turn
      yield* Cases.syncers(world)
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("waits while the registry cannot be read, and says so (scenario 33)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.finders.registryError = "registry.yaml: line 3 is no YAML"
      yield* world.create(FROM_PEERS)
      const { requeue } = yield* world.turn
      assert.strictEqual(requeue._tag, "Poll")
      assert.deepInclude(world.condition("StateSyncReady"), { status: "Unknown", reason: "SyncerSourceError" })
      assert.deepStrictEqual(world.events(), ["StateSyncBlocked"])
      isBlocked(world)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("that runs is kept and updated whatever becomes of the registry (scenario 34)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Cases.syncers(world)
      yield* world.create(FROM_PEERS)
      yield* world.settle()
      world.finders.registryError = "gone"
      yield* world.other(World.StatefulSet, { verb: "delete", name: World.NAME })
      yield* world.settle()
      assert.isDefined(world.statefulSet())
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, "sei:v2")
      assert.deepInclude(world.condition("StateSyncReady"), { status: "Unknown", reason: "SyncerSourceError" })
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("takes two witnesses of its spec and does not ask the registry (scenario 35)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create(declaring("b:26657", "a:26657"))
      yield* world.turn
      assert.include(String(world.condition("StateSyncReady").message), "declared on spec")
      assert.deepStrictEqual(world.status().resolvedStateSyncers, ["a:26657", "b:26657"])
      assert.strictEqual(world.finders.asked.registry, 0)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("fails closed for an S3 snapshot just as well (scenario 37)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.finders.syncers.set(Cases.CHAIN, ["a:26657"])
      yield* world.create(FROM_S3)
      yield* world.turn
      assert.deepInclude(world.condition("StateSyncReady"), NOT_CONFIGURED)
      isBlocked(world)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("is not asked for anything when it begins from genesis (scenario 38)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.turn
      assert.deepInclude(world.condition("StateSyncReady"), { status: "False", reason: "NotApplicable" })
      assert.strictEqual(world.status().phase, "Initializing")
      assert.strictEqual(world.finders.asked.registry, 0)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("gives up a plan that has ended although it may not begin another one (scenario 39)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create(FROM_PEERS)
      const ended = { id: "p", tasks: [{ type: "mark-ready", id: "t", status: "Complete" }], phase: "Complete" }
      yield* world.tamper({ phase: "Initializing", plan: ended })
      yield* Effect.repeat(world.turn, { times: 3 })
      assert.notProperty(world.status(), "plan")
      assert.deepInclude(world.condition("StateSyncReady"), NOT_CONFIGURED)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("that is paused still says why it could not begin (scenario 43)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create({ ...FROM_PEERS, paused: true })
      yield* world.settle()
      assert.deepInclude(world.condition("StateSyncReady"), NOT_CONFIGURED)
      assert.deepInclude(world.condition("Paused"), { status: "True" })
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-12: says that its wait is overdue once people took too long, and goes on waiting", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create(FROM_PEERS)
      yield* world.turn
      const { until } = World.asObject(world.status().waiting)
      yield* TestClock.adjust("61 minutes")
      const { requeue } = yield* world.turn
      assert.strictEqual(requeue._tag, "Poll")
      assert.deepInclude(world.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
      assert.include(String(world.condition("Degraded").message), String(until))
      assert.include(world.events(), "WaitOverdue")
      yield* Cases.syncers(world)
      yield* world.settle()
      assert.deepInclude(world.condition("Degraded"), { status: "False", reason: "AsExpected" })
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
