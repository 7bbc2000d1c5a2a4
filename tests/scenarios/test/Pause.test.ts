import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

describe("pausing a node", () => {
  it.effect("a node that is created paused gets a condition and no plan (scenario 41)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create({ paused: true })
      yield* cluster.converge()
      assert.deepInclude(cluster.condition("Paused"), { status: "True", reason: "Paused" })
      assert.strictEqual(cluster.condition("StateSyncReady").reason, "NotApplicable")
      assert.notProperty(cluster.status(), "plan")
      assert.notProperty(cluster.status(), "phase")
      assert.isUndefined(cluster.statefulSet())
      yield* cluster.expectInvariants
    })
  )

  it.effect(
    "INV-1: a running node is scaled to zero and back, each time after the condition is stored (scenario 42)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create()
        yield* cluster.converge()
        yield* cluster.edit({ paused: true })
        yield* cluster.reconcile
        assert.strictEqual(cluster.condition("Paused").status, "True")
        assert.strictEqual(cluster.replicas(), 1)
        yield* cluster.converge()
        assert.strictEqual(cluster.replicas(), 0)
        assert.isUndefined(cluster.pod())
        yield* cluster.edit({ paused: false })
        yield* cluster.reconcile
        assert.strictEqual(cluster.condition("Paused").status, "False")
        assert.strictEqual(cluster.replicas(), 0)
        yield* cluster.converge()
        assert.strictEqual(cluster.replicas(), 1)
        assert.strictEqual(cluster.status().phase, "Running")
        assert.strictEqual(cluster.condition("SidecarReady").status, "True")
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-1: a pause stops the plan at its current task, and the plan resumes there (scenario 42)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("configure-genesis", { durationMs: 10_000 })
      yield* cluster.create()
      yield* cluster.converge({
        until: () => NodeCluster.tasks(cluster.plan())[4]?.submittedAt !== undefined
      })
      const { id } = cluster.plan()
      yield* cluster.edit({ paused: true })
      yield* cluster.converge()
      assert.strictEqual(cluster.plan().phase, "Active")
      yield* cluster.edit({ paused: false })
      yield* cluster.converge({ until: () => cluster.plan().phase === "Complete" })
      assert.strictEqual(cluster.plan().id, id)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )
})
