import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import { CHAIN } from "../harness/NodeController.ts"

const FROM_PEERS = { fullNode: { snapshot: { stateSync: {} } } }
const FROM_S3 = { fullNode: { snapshot: { s3: { targetHeight: 5 } } } }
const declaring = (...rpcServers: ReadonlyArray<string>) => ({
  fullNode: { snapshot: { stateSync: {}, rpcServers: [...rpcServers] } }
})
const NOT_CONFIGURED = { status: "False", reason: "NoSyncersConfigured" } as const

/** The node has no plan and no objects. */
const assertBlocked = (cluster: NodeCluster.NodeCluster) => {
  assert.notProperty(cluster.status(), "plan")
  assert.notProperty(cluster.status(), "resolvedStateSyncers")
  assert.notProperty(cluster.status(), "phase")
  assert.isUndefined(cluster.statefulSet())
  assert.isUndefined(cluster.pvc())
}

describe("a node that needs state syncers", () => {
  it.effect("starts with two syncers of the registry, sorted, and passes them to its plan (scenario 30)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.discovery.syncers.set(CHAIN, ["b:26657", "a:26657 b:26657"])
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "True", reason: "Ready" })
      assert.include(String(cluster.condition("StateSyncReady").message), "canonical syncers configured")
      assert.deepStrictEqual(cluster.status().resolvedStateSyncers, ["a:26657", "b:26657"])
      const { params } = NodeCluster.task(cluster.plan(), "configure-state-sync")
      assert.deepStrictEqual(NodeCluster.asObject(params).RpcServers, ["a:26657", "b:26657"])
    })
  )

  it.effect("lets its sidecar find RPC servers when an operator stored its plan without any", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      Cases.addSyncers(cluster)
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      const plan = cluster.plan()
      const tasks = NodeCluster.tasks(plan).map(({ params, ...task }) => {
        const { RpcServers: _, ...rest } = NodeCluster.asObject(params)
        return { ...task, params: rest }
      })
      yield* cluster.tamper({ plan: { ...plan, tasks } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.include(NodeCluster.submissions(yield* cluster.calls), "configure-state-sync")
    })
  )

  for (const [what, syncers] of [
    ["no syncer", []],
    ["one syncer", ["a:26657"]],
    ["one syncer twice", ["a:26657", "a:26657"]]
  ] as const) {
    it.effect(`waits with ${what}: no plan, no objects, one warning, and the wait is shown (scenario 31)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        cluster.discovery.syncers.set(CHAIN, syncers)
        yield* cluster.create(FROM_PEERS)
        yield* Effect.repeat(cluster.reconcile, { times: 5 })
        assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
        const message = String(cluster.condition("StateSyncReady").message)
        assert.match(message, new RegExp(`2.*${CHAIN}.*${new Set(syncers).size}`, "u"))
        assertBlocked(cluster)
        assert.deepStrictEqual(cluster.events(), ["StateSyncBlocked"])
        assert.include(String(cluster.waiting().for), "two state syncers")
        yield* cluster.expectInvariants
      })
    )
  }

  it.effect("starts by itself once the registry has two (scenario 32)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      Cases.addSyncers(cluster)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-16: keeps the syncers of its plan when the registry changes", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      Cases.addSyncers(cluster)
      yield* cluster.create(FROM_S3)
      yield* cluster.reconcile
      cluster.discovery.syncers.set(CHAIN, ["c:26657", "d:26657"])
      yield* cluster.reconcile
      assert.deepStrictEqual(cluster.status().resolvedStateSyncers, ["c:26657", "d:26657"])
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect("waits while the registry cannot be read, and shows it (scenario 33)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.discovery.registryError = "registry.yaml: line 3 is no YAML"
      yield* cluster.create(FROM_PEERS)
      const { requeue } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "Poll")
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "Unknown", reason: "SyncerSourceError" })
      assert.deepStrictEqual(cluster.events(), ["StateSyncBlocked"])
      assertBlocked(cluster)
    })
  )

  it.effect("stays running and is updated when the registry cannot be read later (scenario 34)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      Cases.addSyncers(cluster)
      yield* cluster.create(FROM_PEERS)
      yield* cluster.converge()
      cluster.discovery.registryError = "gone"
      yield* cluster.act(Acts.remove(NodeCluster.StatefulSet, NodeCluster.NAME))
      yield* cluster.converge()
      assert.isDefined(cluster.statefulSet())
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "Unknown", reason: "SyncerSourceError" })
      yield* cluster.expectInvariants
    })
  )

  it.effect("uses the two RPC servers of its spec and does not read the registry (scenario 35)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create(declaring("b:26657", "a:26657"))
      yield* cluster.reconcile
      assert.include(String(cluster.condition("StateSyncReady").message), "declared on spec")
      assert.deepStrictEqual(cluster.status().resolvedStateSyncers, ["a:26657", "b:26657"])
      assert.strictEqual(cluster.discovery.calls.registry, 0)
    })
  )

  it.effect("also waits when it starts from an S3 snapshot (scenario 37)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.discovery.syncers.set(CHAIN, ["a:26657"])
      yield* cluster.create(FROM_S3)
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
      assertBlocked(cluster)
    })
  )

  it.effect("needs none when it starts from genesis (scenario 38)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("StateSyncReady"), { status: "False", reason: "NotApplicable" })
      assert.strictEqual(cluster.status().phase, "Initializing")
      assert.strictEqual(cluster.discovery.calls.registry, 0)
    })
  )

  it.effect("removes a finished plan although it cannot start another one (scenario 39)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create(FROM_PEERS)
      const ended = { id: "p", tasks: [{ type: "mark-ready", id: "t", status: "Complete" }], phase: "Complete" }
      yield* cluster.tamper({ phase: "Initializing", plan: ended })
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.notProperty(cluster.status(), "plan")
      assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
    })
  )

  it.effect("shows that they are missing while it is paused (scenario 43)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create({ ...FROM_PEERS, paused: true })
      yield* cluster.converge()
      assert.deepInclude(cluster.condition("StateSyncReady"), NOT_CONFIGURED)
      assert.deepInclude(cluster.condition("Paused"), { status: "True" })
    })
  )

  it.effect("INV-12: shows that its wait is overdue after an hour, and continues to wait", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create(FROM_PEERS)
      yield* cluster.reconcile
      const { until } = cluster.waiting()
      yield* TestClock.adjust("61 minutes")
      const { requeue } = yield* cluster.reconcile
      assert.strictEqual(requeue._tag, "Poll")
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
      assert.include(String(cluster.condition("Degraded").message), String(until))
      assert.include(cluster.events(), "WaitOverdue")
      Cases.addSyncers(cluster)
      yield* cluster.converge()
      assert.deepInclude(cluster.condition("Degraded"), { status: "False", reason: "AsExpected" })
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )
})
