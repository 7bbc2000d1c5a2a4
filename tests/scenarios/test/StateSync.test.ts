import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const FROM_PEERS = { fullNode: { snapshot: { stateSync: {} } } }
const FROM_S3 = { fullNode: { snapshot: { s3: { targetHeight: 5 } } } }
const declaring = (...rpcServers: ReadonlyArray<string>) => ({
  fullNode: { snapshot: { stateSync: {}, rpcServers: [...rpcServers] } }
})
const NOT_CONFIGURED = { status: "False", reason: "NoSyncersConfigured" }

/** Nothing was begun, and the object says what is missing. */
const isBlocked = (cluster: TestCluster.TestCluster) => {
  assert.notProperty(cluster.status(), "plan")
  assert.notProperty(cluster.status(), "resolvedStateSyncers")
  assert.notProperty(cluster.status(), "phase")
  assert.isUndefined(cluster.statefulSet())
  assert.isUndefined(cluster.claim())
}

describe("a node that begins from state", () => {
  it.effect("begins with two syncers of the registry, sorted, and gives them to its plan (scenario 30)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.finders.syncers.set(Cases.CHAIN, ["b:26657", "a:26657 b:26657"])
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "True", reason: "Ready" })
      assert.include(String(cluster.condition("StateSyncReady").message), "canonical syncers configured")
      assert.deepStrictEqual(cluster.status().resolvedStateSyncers, ["a:26657", "b:26657"])
      const { params } = TestCluster.task(cluster.plan(), "configure-state-sync")
      assert.deepStrictEqual(TestCluster.asObject(params).RpcServers, ["a:26657", "b:26657"])
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("asks its sidecar to find witnesses when its plan was stored without any, as an operator may have", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Cases.syncers(cluster)
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      const plan = cluster.plan()
      const tasks = TestCluster.tasks(plan).map(({ params, ...task }) => {
        const { RpcServers: _, ...rest } = TestCluster.asObject(params)
        return { ...task, params: rest }
      })
      yield* cluster.tamper({ plan: { ...plan, tasks } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.include(TestCluster.submissions(yield* cluster.calls), "configure-state-sync")
    }).pipe(Effect.provide(TestCluster.layer))
  )

  for (const [what, syncers] of [
    ["no syncer", []],
    ["one syncer", ["a:26657"]],
    ["one syncer twice", ["a:26657", "a:26657"]]
  ] as const) {
    it.effect(`waits with ${what}: no plan, no object, one warning, and the wait is shown (scenario 31)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        cluster.finders.syncers.set(Cases.CHAIN, syncers)
        yield* cluster.create(FROM_PEERS)
        yield* Effect.repeat(cluster.reconcile, { times: 5 })
        assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
        const message = String(cluster.condition("StateSyncReady").message)
        assert.match(message, new RegExp(`2.*${Cases.CHAIN}.*${new Set(syncers).size}`, "u"))
        isBlocked(cluster)
        assert.deepStrictEqual(cluster.events(), ["StateSyncBlocked"])
        assert.include(String(TestCluster.asObject(cluster.status().waiting).for), "two state syncers")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  it.effect("begins by itself once the registry has two (scenario 32)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      yield* Cases.syncers(cluster)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("waits while the registry cannot be read, and says so (scenario 33)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.finders.registryError = "registry.yaml: line 3 is no YAML"
      yield* cluster.create(FROM_PEERS)
      const { requeue } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "Poll")
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "Unknown", reason: "SyncerSourceError" })
      assert.deepStrictEqual(cluster.events(), ["StateSyncBlocked"])
      isBlocked(cluster)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("that runs is kept and updated whatever becomes of the registry (scenario 34)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Cases.syncers(cluster)
      yield* cluster.create(FROM_PEERS)
      yield* cluster.converge()
      cluster.finders.registryError = "gone"
      yield* cluster.other(TestCluster.StatefulSet, { verb: "delete", name: TestCluster.NAME })
      yield* cluster.converge()
      assert.isDefined(cluster.statefulSet())
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "Unknown", reason: "SyncerSourceError" })
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("takes two witnesses of its spec and does not ask the registry (scenario 35)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create(declaring("b:26657", "a:26657"))
      yield* cluster.reconcile
      assert.include(String(cluster.condition("StateSyncReady").message), "declared on spec")
      assert.deepStrictEqual(cluster.status().resolvedStateSyncers, ["a:26657", "b:26657"])
      assert.strictEqual(cluster.finders.calls.registry, 0)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("fails closed for an S3 snapshot just as well (scenario 37)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.finders.syncers.set(Cases.CHAIN, ["a:26657"])
      yield* cluster.create(FROM_S3)
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
      isBlocked(cluster)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("is not asked for anything when it begins from genesis (scenario 38)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "False", reason: "NotApplicable" })
      assert.strictEqual(cluster.status().phase, "Initializing")
      assert.strictEqual(cluster.finders.calls.registry, 0)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("gives up a plan that has ended although it may not begin another one (scenario 39)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create(FROM_PEERS)
      const ended = { id: "p", tasks: [{ type: "mark-ready", id: "t", status: "Complete" }], phase: "Complete" }
      yield* cluster.tamper({ phase: "Initializing", plan: ended })
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.notProperty(cluster.status(), "plan")
      assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("that is paused still says why it could not begin (scenario 43)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create({ ...FROM_PEERS, paused: true })
      yield* cluster.converge()
      assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
      assert.deepInclude(cluster.condition("Paused"), { status: "True" })
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-12: says that its wait is overdue once people took too long, and goes on waiting", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      const { until } = TestCluster.asObject(cluster.status().waiting)
      yield* TestClock.adjust("61 minutes")
      const { requeue } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "Poll")
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
      assert.include(String(cluster.condition("Degraded").message), String(until))
      assert.include(cluster.events(), "WaitOverdue")
      yield* Cases.syncers(cluster)
      yield* cluster.converge()
      assert.deepInclude(cluster.condition("Degraded"), { status: "False", reason: "AsExpected" })
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
