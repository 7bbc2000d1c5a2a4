import { assert, describe, it } from "@effect/vitest"
import { Condition, Identity as PlanIdentity, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

describe("plans of a node", () => {
  it.effect(
    "INV-14: the same object gives the same ids, another version gives other ids, all unique (scenario 12)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create()
        const object = cluster.node()
        if (object === undefined) throw new Error("the node does not exist")
        yield* cluster.reconcile
        const { id } = cluster.plan()
        assert.strictEqual(id, PlanIdentity.planId(object, "init"))
        const ids = NodeCluster.tasks(cluster.plan()).map((task) => task.id)
        assert.strictEqual(new Set(ids).size, ids.length)
        assert.deepStrictEqual(
          ids,
          NodeCluster.types(cluster.plan()).map((type, index) =>
            PlanIdentity.taskId(TaskPlan.PlanId.make(String(id)), type, index)
          )
        )
        assert.strictEqual(
          PlanIdentity.taskId(TaskPlan.PlanId.make("3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11"), "mark-ready", 7),
          "7d09e9a5-1c35-521c-9898-1a3b9a389f27"
        )
        const later = cluster.node()
        assert.notStrictEqual(id, later === undefined ? id : PlanIdentity.planId(later, "init"))
      })
  )

  it.effect("an active plan is resumed, not replaced (scenario 13)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.reconcile
      const { id } = cluster.plan()
      yield* cluster.edit({ overrides: { "logging.level": "debug" } })
      yield* cluster.converge({ until: () => cluster.plan().phase === "Complete" })
      assert.strictEqual(cluster.plan().id, id)
    })
  )

  it.effect(
    "INV-9: a task that fails without retries fails its plan and the node permanently (scenarios 15, 16, 23)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        cluster.agents.script("config-apply", { failures: 9, error: "S3 access denied" })
        yield* cluster.create()
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.strictEqual(cluster.plan().phase, "Failed")
        assert.deepInclude(NodeCluster.asObject(cluster.plan().failedTaskDetail), {
          type: "config-apply",
          error: "S3 access denied"
        })
        assert.strictEqual(cluster.plan().failedTaskIndex, 5)
        assert.strictEqual(cluster.condition("Degraded").reason, "PlanFailed")
        assert.include(cluster.events(), "NodeFailed")
        const calls = yield* cluster.take
        assert.strictEqual(NodeCluster.submissions(calls).filter((type) => type === "config-apply").length, 1)
        assert.strictEqual((yield* cluster.reconcile).requeue._tag, "AwaitChange")
        assert.deepStrictEqual(yield* cluster.calls, [])
      })
  )

  it.effect("INV-9: a failure with retries left is stored, waits, and keeps its task id (scenario 17)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("configure-genesis", { failures: 2, error: "genesis not published yet" })
      yield* cluster.create()
      yield* cluster.reconcile
      const { id } = NodeCluster.task(cluster.plan(), "configure-genesis")
      yield* cluster.converge({
        until: () => NodeCluster.task(cluster.plan(), "configure-genesis").retryCount === 1
      })
      const task = NodeCluster.task(cluster.plan(), "configure-genesis")
      assert.strictEqual(task.id, id)
      assert.strictEqual(task.status, "Pending")
      assert.notProperty(task, "submittedAt")
      assert.deepInclude(cluster.waiting(), {
        reason: "RetryBackOff",
        for: "back-off before retry 1 of task configure-genesis",
        detail: "genesis not published yet"
      })
      assert.strictEqual(cluster.plan().phase, "Active")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      const calls = yield* cluster.calls
      assert.strictEqual(NodeCluster.submissions(calls).filter((type) => type === "configure-genesis").length, 3)
      yield* cluster.expectInvariants
    })
  )

  it.effect("a task without retries left fails the plan, which shows their number (scenario 18)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("configure-genesis", { failures: 1_000, error: "no genesis" })
      yield* cluster.create()
      yield* cluster.converge({ maxPasses: 2_000, maxTime: "4 hours" })
      assert.deepInclude(NodeCluster.asObject(cluster.plan().failedTaskDetail), {
        retryCount: 180,
        maxRetries: 180,
        error: "no genesis"
      })
      assert.strictEqual(cluster.status().phase, "Failed")
      yield* cluster.expectInvariants
    })
  )

  it.effect(
    "a sidecar that refuses connections is polled again, and nothing is stored as failed (scenarios 19, 20)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create()
        yield* cluster.converge({ until: () => cluster.pod() !== undefined })
        const { requeue } = yield* cluster.reconcile
        assert.strictEqual(requeue._tag, "Poll")
        assert.strictEqual(NodeCluster.task(cluster.plan(), "configure-genesis").status, "Pending")
        assert.strictEqual(cluster.condition("Degraded").status, "False")
      })
  )

  it.effect("an unknown task type, or parameters that cannot be decoded, fail the plan (scenario 21)", () =>
    Effect.gen(function* () {
      for (const broken of [{ type: "make-coffee" }, { type: "config-apply", params: { mode: 7 } }]) {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create()
        const task = { id: "3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", status: "Pending", ...broken }
        yield* cluster.tamper({
          phase: "Initializing",
          plan: { id: "p", phase: "Active", failedPhase: "Failed", tasks: [task] }
        })
        yield* cluster.reconcile
        assert.strictEqual(cluster.plan().phase, "Failed")
        assert.strictEqual(NodeCluster.asObject(cluster.plan().failedTaskDetail).type, broken.type)
        yield* cluster.remove
      }
    })
  )

  it.effect("a malformed plan is handled: equal task ids, invalid times, no tasks", () =>
    Effect.gen(function* () {
      const id = "3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11"
      const here = { nodeName: NodeCluster.NAME, namespace: NodeCluster.NAMESPACE }
      const plans = [
        [
          { type: "ensure-data-pvc", id, status: "Complete" },
          { type: "observe-image", id, status: "Pending", params: here }
        ],
        [{ type: "configure-genesis", id, status: "Pending", retryAt: "soon", retryCount: 1 }],
        []
      ]
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      for (const tasks of plans) {
        yield* cluster.tamper({ phase: "Initializing", plan: { id: "p", phase: "Active", tasks } })
        const { requeue } = yield* cluster.reconcile
        assert.include(["Poll", "Now"], requeue._tag)
      }
      yield* cluster.tamper({ phase: null, plan: null })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
    })
  )

  it.effect("a task that the sidecar rejects fails the plan with its message, after one submission (scenario 24)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("config-apply", { rejects: 'unknown override key "logging.colour"' })
      yield* cluster.create({ overrides: { "logging.colour": "red" } })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.include(
        String(NodeCluster.asObject(cluster.plan().failedTaskDetail).error),
        'unknown override key "logging.colour"'
      )
      const calls = yield* cluster.calls
      assert.strictEqual(NodeCluster.submissions(calls).filter((type) => type === "config-apply").length, 1)
      yield* cluster.expectInvariants
    })
  )

  it.effect(
    "a spec that contradicts itself is rejected in the status with its field, until an edit corrects it (scenario 29)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create({ fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } })
        yield* cluster.converge()
        assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanRefused" })
        assert.include(String(cluster.condition("Degraded").message), "spec.fullNode.snapshotGeneration")
        assert.include(cluster.events(), "PlanRefused")
        assert.notProperty(cluster.status(), "plan")
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.edit({ fullNode: { snapshotGeneration: { tendermint: { keepRecent: 2 } } } })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.strictEqual(cluster.condition("Degraded").status, "False")
        yield* cluster.expectInvariants
      })
  )

  it.effect("a task that another process submitted is polled before it is submitted again (scenario 22)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge({
        until: () => NodeCluster.task(cluster.plan(), "config-apply").submittedAt !== undefined
      })
      yield* cluster.restart
      yield* cluster.callLog.clear
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.notInclude(NodeCluster.submissions(yield* cluster.calls), "config-apply")
      assert.isTrue(Condition.isTrue(cluster.status(), "SidecarReady"))
    })
  )
})
