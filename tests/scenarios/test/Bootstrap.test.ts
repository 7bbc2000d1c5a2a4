import { assert, describe, it } from "@effect/vitest"
import { Faults } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const bootstrap = Cases.named("a full node by bootstrap")
const isDeployed = (cluster: NodeCluster.NodeCluster) => () =>
  NodeCluster.task(cluster.plan(), "deploy-bootstrap-job").status === "Complete"
/** The node's tasks in the bootstrap pod are done, and the Job is still running. */
const isAwaited = (cluster: NodeCluster.NodeCluster) => () =>
  NodeCluster.task(cluster.plan(), "mark-ready").status === "Complete"
/** The bootstrap pod runs until it is deleted. */
const endless = { ends: () => undefined }

const podsOfNode = (cluster: NodeCluster.NodeCluster) => cluster.pods().map(({ metadata }) => metadata.name)

describe("a bootstrap", () => {
  it.effect(
    "MutualExclusion: has the volume to itself: no production pod starts before its pod is gone (scenario 49)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: { stopMs: 20_000 } })
        yield* Cases.begin(cluster, bootstrap)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.deepStrictEqual(cluster.violations(), [])
        assert.isUndefined(cluster.job())
        assert.deepStrictEqual(podsOfNode(cluster), ["node-0-0"])
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-1: does not stop the running node when an old cache still shows its pod (seed 28)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: () => cluster.status().phase === "Running" })
      const pod = cluster.pod()?.metadata.uid
      cluster.inject(Faults.cacheOlder)
      yield* cluster.converge()
      assert.lengthOf(
        cluster.faultableCalls().filter(({ fault }) => fault !== undefined),
        1
      )
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      yield* cluster.expectInvariants
    })
  )

  it.effect(
    "INV-10: starts once although the response to the creation of its Job is lost and the cache is behind",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, bootstrap)
        const isCreation = ({ key, verb }: Faults.CallSite<unknown>) => verb === "create" && key?.kind.kind === "Job"
        cluster.inject({ ...Faults.answerLost, appliesTo: isCreation })
        yield* cluster.reconcile
        cluster.inject(Faults.cacheFrozen)
        const awaitsCache = () => cluster.waiting().reason === "ObjectNotObserved"
        yield* cluster.converge({ until: awaitsCache })
        assert.isTrue(awaitsCache())
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.notInclude(cluster.events(), "PlanSuperseded")
        yield* cluster.expectInvariants
      })
  )

  it.effect("MutualExclusion: scales down a StatefulSet that another controller created too early (scenario 49)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.reconcile
      yield* NodeCluster.createStatefulSet(cluster)
      yield* cluster.converge({ until: isDeployed(cluster) })
      assert.strictEqual(cluster.replicas(), 0)
      yield* cluster.converge()
      assert.strictEqual(cluster.replicas(), 1)
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(cluster.violations(), [])
      yield* cluster.expectInvariants
    })
  )

  it.effect("that fails also fails its node, with the Job's message", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { ends: () => ({ exitCode: 1 }) } })
      yield* Cases.begin(cluster, bootstrap)
      // The Job is deleted when its time to live is over.
      yield* cluster.converge({ maxTime: "2 hours" })
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.include(String(cluster.condition("Degraded").message), "bootstrap job failed")
      assert.isUndefined(cluster.statefulSet())
      yield* cluster.expectInvariants
    })
  )

  it.effect("whose Job is deleted starts over, and the restored data is kept", () =>
    Effect.gen(function* () {
      let isEndless = true
      const ends = () => (isEndless ? undefined : { exitCode: 0 })
      const cluster = yield* NodeCluster.make({ kubelet: { ends } })
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: isAwaited(cluster) })
      const claim = cluster.pvc()?.metadata.uid
      yield* cluster.act(Acts.remove(NodeCluster.Job, "node-0-bootstrap"))
      yield* cluster.converge({ until: () => cluster.plan().supersedes !== undefined })
      isEndless = false
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.strictEqual(cluster.pvc()?.metadata.uid, claim)
      assert.deepStrictEqual(cluster.violations(), [])
      yield* cluster.expectInvariants
    })
  )

  it.effect(
    "INV-11, INV-12: whose Job is deleted without its pod waits for the pod to be gone, and shows the wait",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: endless })
        yield* Cases.begin(cluster, bootstrap)
        yield* cluster.converge({ until: isAwaited(cluster) })
        yield* cluster.act({ ...Acts.remove(NodeCluster.Job, "node-0-bootstrap"), propagationPolicy: "Orphan" })
        yield* cluster.converge({ until: () => cluster.condition("Degraded").status === "True" })
        const [pod] = cluster.pods()
        assert.deepStrictEqual(pod?.metadata.ownerReferences ?? [], [])
        assert.strictEqual(cluster.waiting().reason, "BootstrapPodTerminating")
        const deleted = (yield* cluster.calls).filter(({ verb }) => verb === "delete").map(({ target }) => target)
        assert.isFalse(deleted.some((target) => target.startsWith("Pod ")))
        yield* cluster.act(Acts.remove(NodeCluster.Pod, String(pod?.metadata.name)))
        yield* cluster.converge({ until: isAwaited(cluster) })
        assert.deepStrictEqual(cluster.violations(), [])
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-10: gets a new plan when its sidecar forgets mark-ready before seid has started", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: isAwaited(cluster) })
      const { uid } = cluster.job()?.metadata ?? {}
      const { id } = cluster.plan()
      cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.converge({ until: () => cluster.plan().id !== id })
      assert.notInclude(NodeCluster.types(cluster.plan()).slice(0, 5), "snapshot-restore")
      assert.strictEqual(cluster.job()?.metadata.uid, uid)
      yield* cluster.edit({ fullNode: { snapshot: null } })
      yield* cluster.reconcile
      assert.strictEqual(cluster.condition("PlanUpToDate").status, "False")
      yield* cluster.edit(bootstrap.spec)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect("with an image that cannot be pulled is corrected by an edit (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { pulls: (image) => image !== "sei:wrong" } })
      Cases.addSyncers(cluster)
      const source = { s3: { targetHeight: 5 }, bootstrapImage: "sei:wrong" }
      yield* cluster.create({ fullNode: { snapshot: source } })
      const isStuck = () => JSON.stringify(cluster.pods()).includes("ImagePullBackOff")
      yield* cluster.converge({ until: isStuck })
      yield* cluster.edit({ fullNode: { snapshot: { bootstrapImage: "sei:v0" } } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect("runs on an imported volume, which stays when the node is deleted", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.act(Acts.pvc("mine"))
      yield* Cases.begin(cluster, bootstrap, { dataVolume: { import: { pvcName: "mine" } } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.isUndefined(cluster.pvc())
      yield* cluster.remove
      yield* cluster.converge()
      assert.isDefined(cluster.pvc("mine"))
      yield* cluster.expectInvariants
    })
  )

  it.effect("is deleted with its node, and its pod is gone before the data is", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { ...endless, stopMs: 60_000 } })
      yield* Cases.begin(cluster, bootstrap)
      yield* cluster.converge({ until: isAwaited(cluster) })
      yield* cluster.remove
      yield* cluster.converge({ until: () => cluster.job() === undefined })
      assert.isDefined(cluster.pvc())
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(podsOfNode(cluster), [])
      assert.isUndefined(cluster.pvc())
      yield* cluster.expectInvariants
    })
  )
})
