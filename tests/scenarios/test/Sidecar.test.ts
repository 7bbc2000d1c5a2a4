import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const runningCluster = Effect.gen(function* () {
  const cluster = yield* NodeCluster.make()
  yield* cluster.create()
  yield* cluster.converge()
  yield* cluster.callLog.clear
  return cluster
})

const count = (cluster: NodeCluster.NodeCluster, reason: string) =>
  cluster.events().filter((each) => each === reason).length

describe("the readiness of a sidecar", () => {
  it.effect("is not requested before the node runs (scenario 65)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: () => cluster.plan().phase === "Complete" })
      assert.isFalse((yield* cluster.calls).some(({ verb }) => verb === "health"))
      assert.deepStrictEqual(cluster.condition("SidecarReady"), {})
    })
  )

  it.effect("is shown as its health endpoint answers: ready, not ready or unreachable (scenario 64)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster
      assert.deepInclude(cluster.condition("SidecarReady"), { status: "True", reason: "Ready" })
      cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("SidecarReady"), { status: "False", reason: "NotReady" })
      yield* cluster.converge()
      cluster.agents.setReachable(NodeCluster.ADDRESS, false)
      const { requeue } = yield* cluster.reconcile
      assert.deepInclude(cluster.condition("SidecarReady"), { status: "Unknown", reason: "Unreachable" })
      assert.strictEqual(requeue._tag, "Poll")
      assert.notProperty(cluster.status(), "plan")
    })
  )

  it.effect(
    "INV-1: causes a plan of one task when it is lost, stored in one pass and submitted in the next (scenario 66)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* runningCluster
        cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
        yield* cluster.reconcile
        assert.deepStrictEqual(NodeCluster.types(cluster.plan()), ["mark-ready"])
        assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [])
        const [{ id } = {}] = NodeCluster.tasks(cluster.plan())
        yield* cluster.reconcile
        assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), ["mark-ready"])
        yield* cluster.converge()
        assert.notProperty(cluster.status(), "plan")
        assert.strictEqual(cluster.condition("SidecarReady").status, "True")
        assert.isUndefined(cluster.agents.at(NodeCluster.ADDRESS).all.find((task) => task.id === id && task.run > 1))
        yield* cluster.expectInvariants
      })
  )

  it.effect("is restored when a user deletes the pod", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster
      const old = cluster.pod()?.metadata.uid
      yield* cluster.act(Acts.remove(NodeCluster.Pod, "node-0-0"))
      yield* cluster.converge()
      assert.notStrictEqual(cluster.pod()?.metadata.uid, old)
      assert.isTrue(cluster.agents.at(NodeCluster.ADDRESS).isReady)
      assert.strictEqual(cluster.condition("SidecarReady").status, "True")
      assert.notProperty(cluster.status(), "plan")
      yield* cluster.expectInvariants
    })
  )

  it.effect("is reported with one event when it is lost and one when it is restored (scenario 68)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster
      for (const times of [1, 2]) {
        cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
        yield* cluster.converge()
        assert.strictEqual(count(cluster, "SidecarReadinessLost"), times)
        assert.strictEqual(count(cluster, "SidecarReadinessRestored"), times)
      }
    })
  )

  it.effect("is not needed for an update: the pod is replaced first (scenarios 63, 67)", () =>
    Effect.gen(function* () {
      const cluster = yield* runningCluster
      cluster.agents.setReachable(NodeCluster.ADDRESS, false)
      yield* cluster.edit({ sidecar: { image: "seictl:fixed" } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentSidecarImage, "seictl:fixed")
      assert.strictEqual(cluster.condition("SidecarReady").status, "True")
      yield* cluster.expectInvariants
    })
  )
})
