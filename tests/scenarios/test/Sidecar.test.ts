import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

const running = Effect.gen(function* () {
  const cluster = yield* TestCluster.make()
  yield* cluster.create()
  yield* cluster.converge()
  yield* cluster.callLog.clear
  return cluster
})

const count = (cluster: TestCluster.TestCluster, reason: string) =>
  cluster.events().filter((each) => each === reason).length

describe("the readiness of a sidecar", () => {
  it.effect("is never asked for before the node runs (scenario 65)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Complete") })
      assert.isFalse((yield* cluster.calls).some(({ verb }) => verb === "health"))
      assert.deepStrictEqual(cluster.condition("SidecarReady"), {})
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("is shown as it answers: ready, waiting, or not at all (scenario 64)", () =>
    Effect.gen(function* () {
      const cluster = yield* running
      assert.deepInclude(cluster.condition("SidecarReady"), { status: "True", reason: "Ready" })
      cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true })
      yield* cluster.reconcile
      assert.deepInclude(cluster.condition("SidecarReady"), { status: "False", reason: "NotReady" })
      yield* cluster.converge()
      cluster.agents.setReachable(TestCluster.ADDRESS, false)
      const { requeue } = yield* cluster.reconcile
      assert.deepInclude(cluster.condition("SidecarReady"), { status: "Unknown", reason: "Unreachable" })
      assert.strictEqual(requeue._tag, "Poll")
      assert.notProperty(cluster.status(), "plan")
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "INV-1: one that waits gets a plan of one task, recorded in one turn and sent in the next (scenario 66)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* running
        cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true })
        yield* cluster.reconcile
        assert.deepStrictEqual(TestCluster.types(cluster.plan()), ["mark-ready"])
        assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [])
        const [{ id } = {}] = TestCluster.tasks(cluster.plan())
        yield* cluster.reconcile
        assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), ["mark-ready"])
        yield* cluster.converge()
        assert.notProperty(cluster.status(), "plan")
        assert.strictEqual(cluster.condition("SidecarReady").status, "True")
        assert.isUndefined(cluster.agents.at(TestCluster.ADDRESS).all.find((task) => task.id === id && task.run > 1))
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a pod that somebody deletes comes back, and its sidecar is told again", () =>
    Effect.gen(function* () {
      const cluster = yield* running
      const old = cluster.pod()?.metadata.uid
      yield* cluster.other(TestCluster.Pod, { verb: "delete", name: "node-0-0" })
      yield* cluster.converge()
      assert.notStrictEqual(cluster.pod()?.metadata.uid, old)
      assert.isTrue(cluster.agents.at(TestCluster.ADDRESS).isReady)
      assert.strictEqual(cluster.condition("SidecarReady").status, "True")
      assert.notProperty(cluster.status(), "plan")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("losing it and getting it back are told once each (scenario 68)", () =>
    Effect.gen(function* () {
      const cluster = yield* running
      for (const times of [1, 2]) {
        cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true })
        yield* cluster.converge()
        assert.strictEqual(count(cluster, "SidecarReadinessLost"), times)
        assert.strictEqual(count(cluster, "SidecarReadinessRestored"), times)
      }
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a node that does not answer and drifts is updated, pod first (scenarios 63, 67)", () =>
    Effect.gen(function* () {
      const cluster = yield* running
      cluster.agents.setReachable(TestCluster.ADDRESS, false)
      yield* cluster.edit({ sidecar: { image: "seictl:fixed" } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentSidecarImage, "seictl:fixed")
      assert.strictEqual(cluster.condition("SidecarReady").status, "True")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
