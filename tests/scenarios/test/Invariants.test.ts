/** Invariants that only show over several passes: what the status keeps, that a node converges, what it waits for. */
import { assert, describe, it } from "@effect/vitest"
import { Condition } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const UNKNOWN = { theirs: { kept: true } }

describe("the status of a node", () => {
  it.effect("INV-7: keeps every condition, whose transition time moves only when its status changes", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      const before = Condition.all(cluster.status())
      yield* TestClock.adjust("1 hour")
      yield* cluster.edit({ image: "sei:v2", paused: true })
      yield* cluster.converge()
      yield* cluster.edit({ paused: false })
      yield* cluster.converge()
      const after = Condition.all(cluster.status())
      for (const { type } of before) assert.isDefined(Condition.find(cluster.status(), type), type)
      const moved = after.filter((is) =>
        before.some((was) => was.type === is.type && was.lastTransitionTime !== is.lastTransitionTime)
      )
      assert.deepStrictEqual(
        moved.map(({ type }) => type),
        ["Paused", "SidecarReady"].filter((type) => moved.some((each) => each.type === type))
      )
      assert.include(
        moved.map(({ type }) => type),
        "Paused"
      )
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-7: keeps the last known readiness of the sidecar while its health is not requested", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      const before = cluster.condition("SidecarReady")
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.deepStrictEqual(cluster.condition("SidecarReady"), before)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-7: keeps the transition time of a condition whose message alone changes", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { pulls: (image) => image !== "sei:wrong" } })
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:wrong" })
      yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
      const before = cluster.condition("NodeUpdateInProgress")
      yield* TestClock.adjust("1 hour")
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      const after = cluster.condition("NodeUpdateInProgress")
      assert.notStrictEqual(after.message, before.message)
      assert.strictEqual(after.lastTransitionTime, before.lastTransitionTime)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-7: shows the observed generation in a condition that changes", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      const generation = cluster.node()?.metadata.generation
      assert.strictEqual(cluster.condition("NodeUpdateInProgress").observedGeneration, generation)
      assert.strictEqual(cluster.condition("Degraded").observedGeneration, generation)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-13: keeps unknown fields of status, plan, tasks and conditions through an update", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ definition: NodeCluster.openDefinition })
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      const plan = cluster.plan()
      const tasks = NodeCluster.tasks(plan).map((task) => ({ ...task, ...UNKNOWN }))
      const conditions = Condition.all(cluster.status()).map((condition) => ({ ...condition, ...UNKNOWN }))
      yield* cluster.tamper({ ...UNKNOWN, conditions, plan: { ...plan, ...UNKNOWN, tasks } })
      yield* cluster.converge({ until: () => cluster.plan().phase === "Complete" })
      assert.deepInclude(cluster.status(), UNKNOWN)
      assert.deepInclude(cluster.plan(), UNKNOWN)
      for (const task of NodeCluster.tasks(cluster.plan())) assert.deepInclude(task, UNKNOWN)
      for (const { type } of conditions) assert.deepInclude(Object(cluster.condition(type)), UNKNOWN)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), UNKNOWN)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-13: keeps foreign finalizers when the node's own is added and removed", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      const body = { metadata: { finalizers: ["example.dev/other"] } }
      yield* cluster.act({ verb: "merge", kind: SeiNode.resource, name: NodeCluster.NAME, body })
      yield* cluster.converge()
      assert.deepStrictEqual(cluster.node()?.metadata.finalizers, ["example.dev/other", SeiNode.FINALIZER])
      yield* cluster.remove
      yield* cluster.converge()
      assert.deepStrictEqual(cluster.node()?.metadata.finalizers, ["example.dev/other"])
      yield* cluster.expectInvariants
    })
  )
})

describe("a node that converges", () => {
  it.effect("INV-10: sends mark-ready to a sidecar that stays unready at most six times in 100 seconds", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      yield* cluster.callLog.clear
      const sidecar = cluster.agents.at(NodeCluster.ADDRESS)
      for (let round = 0; round < 100; round++) {
        sidecar.restart({ keepsTasks: true })
        yield* cluster.reconcile
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(NodeCluster.submissions(yield* cluster.calls).length, 6)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-10: makes no request afterwards, in any mode", () =>
    Effect.forEach(Cases.cases, (each) =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.converge()
        yield* cluster.callLog.clear
        yield* TestClock.adjust("1 hour")
        yield* Effect.repeat(cluster.reconcile, { times: 3 })
        assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), {}, each.name)
        assert.deepStrictEqual(Invariants.checkConverged(yield* cluster.calls), [], each.name)
      })
    )
  )
})

describe("a node that waits", () => {
  it.effect(
    "INV-12: shows the reason, start and deadline of a wait for a sidecar's task, without a write of its own",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        cluster.agents.script("config-apply", { durationMs: 60_000 })
        yield* TestClock.adjust("1 day")
        yield* cluster.create()
        yield* cluster.converge({ until: NodeCluster.submitted(cluster, "config-apply") })
        const first = cluster.waiting()
        assert.deepInclude(first, { reason: "TaskRunning", task: "config-apply", for: "task config-apply is running" })
        assert.isBelow(Date.parse(String(first.since)), Date.parse(String(first.until)))
        yield* TestClock.adjust("30 seconds")
        yield* cluster.reconcile
        assert.deepStrictEqual(cluster.waiting(), first)
        yield* cluster.converge()
        assert.notProperty(cluster.status(), "waiting")
        assert.strictEqual(NodeCluster.requests(yield* cluster.calls).patchStatus, 7)
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-12: shows once that a sidecar's task is overdue", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      cluster.agents.script("config-apply", { durationMs: 10 * 3_600_000 })
      yield* cluster.create()
      yield* cluster.converge({ until: NodeCluster.submitted(cluster, "config-apply") })
      yield* cluster.callLog.clear
      for (let minute = 0; minute < 120; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* cluster.reconcile
      }
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
      assert.include(String(cluster.condition("Degraded").message), "task config-apply is running")
      assert.strictEqual(NodeCluster.requests(yield* cluster.calls).patchStatus, 1)
      assert.strictEqual(cluster.plan().phase, "Active")
      yield* TestClock.adjust("9 hours")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.strictEqual(cluster.condition("Degraded").status, "False")
      yield* cluster.expectInvariants
    })
  )
})
