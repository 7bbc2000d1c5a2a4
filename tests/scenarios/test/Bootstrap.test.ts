import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const bootstrap = Cases.named("a full node by bootstrap")
const isDeployed = (cluster: TestCluster.TestCluster) => () =>
  TestCluster.task(cluster.plan(), "deploy-bootstrap-job").status === "Complete"
const isAwaited = (cluster: TestCluster.TestCluster) => () =>
  TestCluster.task(cluster.plan(), "mark-ready").status === "Complete"
/** A bootstrap that goes on until somebody ends it. */
const endless = { ends: () => undefined }

const podsOfNode = (cluster: TestCluster.TestCluster) => cluster.pods().map(({ metadata }) => metadata.name)

describe("a bootstrap", () => {
  it.effect("MutualExclusion: has the volume for itself: no production pod before its pod is gone (scenario 49)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { stopMs: 20_000 } })
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(cluster.disksHeldTwice(), [])
      assert.isUndefined(cluster.job())
      assert.deepStrictEqual(podsOfNode(cluster), ["node-0-0"])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("MutualExclusion: scales down a StatefulSet that another controller made too early (scenario 49)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.reconcile
      yield* TestCluster.earlyStatefulSet(cluster)
      yield* cluster.converge({ until: Effect.sync(isDeployed(cluster)) })
      assert.strictEqual(TestCluster.asObject(cluster.statefulSet()?.spec).replicas, 0)
      yield* cluster.converge()
      assert.strictEqual(TestCluster.asObject(cluster.statefulSet()?.spec).replicas, 1)
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(cluster.disksHeldTwice(), [])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("that fails fails its node, with the Job's words", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { ends: () => ({ exitCode: 1 }) } })
      yield* Cases.begin(cluster, bootstrap)
      // The cluster comes to rest once the Job's time to live is over.
      yield* cluster.converge({ maxTime: "2 hours" })
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.include(String(cluster.condition("Degraded").message), "bootstrap job failed")
      assert.isUndefined(cluster.statefulSet())
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("whose Job somebody deletes begins again, and what it restored is kept", () =>
    Effect.gen(function* () {
      let isEndless = true
      const ends = () => (isEndless ? undefined : { exitCode: 0 })
      const cluster = yield* TestCluster.make({ kubelet: { ends } })
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: Effect.sync(isAwaited(cluster)) })
      const claim = cluster.claim()?.metadata.uid
      const body = { propagationPolicy: "Background" }
      yield* cluster.other(TestCluster.Job, {
        verb: "delete",
        namespace: TestCluster.NAMESPACE,
        name: "node-0-bootstrap",
        body
      })
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().supersedes !== undefined) })
      isEndless = false
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.strictEqual(cluster.claim()?.metadata.uid, claim)
      assert.deepStrictEqual(cluster.disksHeldTwice(), [])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-11, INV-12: whose Job somebody deletes without its pod waits until the pod is gone, and says so", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { ends: () => undefined } })
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: Effect.sync(isAwaited(cluster)) })
      const body = { propagationPolicy: "Orphan" }
      yield* cluster.other(TestCluster.Job, { verb: "delete", name: "node-0-bootstrap", body })
      yield* cluster.converge({ until: Effect.sync(() => cluster.condition("Degraded").status === "True") })
      const [pod] = cluster.pods()
      assert.deepStrictEqual(pod?.metadata.ownerReferences ?? [], [])
      assert.strictEqual(TestCluster.asObject(cluster.status().waiting).reason, "BootstrapPodTerminating")
      const deleted = (yield* cluster.calls).filter(({ verb }) => verb === "delete").map(({ target }) => target)
      assert.isFalse(deleted.some((target) => target.startsWith("Pod ")))
      yield* cluster.other(TestCluster.Pod, { verb: "delete", name: String(pod?.metadata.name) })
      yield* cluster.converge({ until: Effect.sync(isAwaited(cluster)) })
      assert.deepStrictEqual(cluster.disksHeldTwice(), [])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-10: is told again by a plan of its own when its sidecar forgets before seid has looked", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: Effect.sync(isAwaited(cluster)) })
      const { uid } = cluster.job()?.metadata ?? {}
      const { id } = cluster.plan()
      cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().id !== id) })
      assert.notInclude(TestCluster.types(cluster.plan()).slice(0, 5), "snapshot-restore")
      assert.strictEqual(cluster.job()?.metadata.uid, uid)
      yield* cluster.edit({ fullNode: { snapshot: null } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.condition("PlanUpToDate").status, "False")
      yield* cluster.edit(bootstrap.spec)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("with an image that nobody can pull is mended by an edit (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { pulls: (image) => image !== "sei:wrong" } })
      yield* Cases.syncers(cluster)
      const source = { s3: { targetHeight: 5 }, bootstrapImage: "sei:wrong" }
      yield* cluster.create({ fullNode: { snapshot: source } })
      const isStuck = () => JSON.stringify(cluster.pods()).includes("ImagePullBackOff")
      yield* cluster.converge({ until: Effect.sync(isStuck) })
      yield* cluster.edit({ fullNode: { snapshot: { bootstrapImage: "sei:v0" } } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("runs on a volume of the user's, and leaves it when the node is deleted", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Cases.claim(cluster, "mine")
      yield* Cases.begin(cluster, bootstrap, { dataVolume: { import: { pvcName: "mine" } } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.isUndefined(cluster.claim())
      yield* cluster.remove
      yield* cluster.converge()
      assert.isDefined(cluster.claimOf("mine"))
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("is stopped with its node, and its pod is gone before the data is", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { ...endless, stopMs: 60_000 } })
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: Effect.sync(isAwaited(cluster)) })
      yield* cluster.remove
      yield* cluster.converge({ until: Effect.sync(() => cluster.job() === undefined) })
      assert.isDefined(cluster.claim())
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(podsOfNode(cluster), [])
      assert.isUndefined(cluster.claim())
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
