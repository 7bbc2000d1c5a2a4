import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

const replicas = (cluster: TestCluster.TestCluster) => TestCluster.asObject(cluster.statefulSet()?.spec).replicas

describe("pausing a node", () => {
  it.effect("a node that is paused from the start gets a condition and no plan (scenario 41)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create({ paused: true })
      yield* cluster.converge()
      assert.deepInclude(cluster.condition("Paused"), { status: "True", reason: "Paused" })
      assert.strictEqual(cluster.condition("StateSyncReady").reason, "NotApplicable")
      assert.notProperty(cluster.status(), "plan")
      assert.notProperty(cluster.status(), "phase")
      assert.isUndefined(cluster.statefulSet())
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "INV-1: a running node is scaled to nothing and back, each time after the condition is stored (scenario 42)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.create()
        yield* cluster.converge()
        yield* cluster.edit({ paused: true })
        yield* cluster.reconcile
        assert.strictEqual(cluster.condition("Paused").status, "True")
        assert.strictEqual(replicas(cluster), 1)
        yield* cluster.converge()
        assert.strictEqual(replicas(cluster), 0)
        assert.isUndefined(cluster.pod())
        yield* cluster.edit({ paused: false })
        yield* cluster.reconcile
        assert.strictEqual(cluster.condition("Paused").status, "False")
        assert.strictEqual(replicas(cluster), 0)
        yield* cluster.converge()
        assert.strictEqual(replicas(cluster), 1)
        assert.strictEqual(cluster.status().phase, "Running")
        assert.strictEqual(cluster.condition("SidecarReady").status, "True")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-1: a pause freezes the plan where it stands, and it resumes (scenario 42)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.agents.script("configure-genesis", { durationMs: 10_000 })
      yield* cluster.create()
      yield* cluster.converge({
        until: Effect.sync(() => TestCluster.tasks(cluster.plan())[4]?.submittedAt !== undefined)
      })
      const { id } = cluster.plan()
      yield* cluster.edit({ paused: true })
      yield* cluster.converge()
      assert.strictEqual(cluster.plan().phase, "Active")
      yield* cluster.edit({ paused: false })
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Complete") })
      assert.strictEqual(cluster.plan().id, id)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
