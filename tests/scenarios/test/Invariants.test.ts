/** Laws that only show over time: what stays, what comes to rest, what is told. */
import { assert, describe, it } from "@effect/vitest"
import { Condition } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const THEIRS = { theirs: { kept: true } }

describe("what a node's status keeps", () => {
  it.effect("INV-7: every condition stays, and moves its transition time only with a flip", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
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
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-7: what was heard of a sidecar stays while nobody asks it", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      const before = cluster.condition("SidecarReady")
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.deepStrictEqual(cluster.condition("SidecarReady"), before)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-7: a condition that says something else without a flip keeps its transition time", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { pulls: (image) => image !== "sei:wrong" } })
      yield* TestCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:wrong" })
      yield* cluster.converge({
        until: Effect.sync(() => JSON.stringify(cluster.pod()?.status).includes("ImagePullBackOff"))
      })
      const before = cluster.condition("NodeUpdateInProgress")
      yield* TestClock.adjust("1 hour")
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      const after = cluster.condition("NodeUpdateInProgress")
      assert.notStrictEqual(after.message, before.message)
      assert.strictEqual(after.lastTransitionTime, before.lastTransitionTime)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-7: a condition that says something new says it of the generation that was seen", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      const generation = cluster.node()?.metadata.generation
      assert.strictEqual(cluster.condition("NodeUpdateInProgress").observedGeneration, generation)
      assert.strictEqual(cluster.condition("Degraded").observedGeneration, generation)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-13: fields of somebody else survive a whole update: in status, plan, tasks and conditions", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      const plan = cluster.plan()
      const tasks = TestCluster.tasks(plan).map((task) => ({ ...task, ...THEIRS }))
      const conditions = Condition.all(cluster.status()).map((condition) => ({ ...condition, ...THEIRS }))
      yield* cluster.tamper({ ...THEIRS, conditions, plan: { ...plan, ...THEIRS, tasks } })
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Complete") })
      assert.deepInclude(cluster.status(), THEIRS)
      assert.deepInclude(cluster.plan(), THEIRS)
      for (const task of TestCluster.tasks(cluster.plan())) assert.deepInclude(task, THEIRS)
      for (const { type } of conditions) assert.deepInclude(cluster.condition(type), THEIRS)
      yield* cluster.converge()
      assert.deepInclude(cluster.status(), THEIRS)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layerThatKeepsAll))
  )

  it.effect("INV-13: finalizers of somebody else stay when its own comes and goes", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.other(SeiNode.resource, {
        verb: "patch",
        patchFormat: "merge",
        namespace: TestCluster.NAMESPACE,
        name: TestCluster.NAME,
        body: { metadata: { finalizers: ["example.dev/other"] } }
      })
      yield* cluster.converge()
      assert.deepStrictEqual(cluster.node()?.metadata.finalizers, ["example.dev/other", SeiNode.FINALIZER])
      yield* cluster.remove
      yield* cluster.converge()
      assert.deepStrictEqual(cluster.node()?.metadata.finalizers, ["example.dev/other"])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

describe("how a node comes to rest", () => {
  it.effect("INV-10: a sidecar that stays unready is told again only now and then", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      yield* cluster.callLog.clear
      const sidecar = cluster.agents.at(TestCluster.ADDRESS)
      for (let round = 0; round < 100; round++) {
        sidecar.restart({ keepsTasks: true })
        yield* cluster.reconcile
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(TestCluster.submissions(yield* cluster.calls).length, 6)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-10: nothing follows once a node of any mode has settled, and nothing is asked", () =>
    Effect.forEach(Cases.cases, (each) =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.converge()
        yield* cluster.callLog.clear
        yield* TestClock.adjust("1 hour")
        yield* Effect.repeat(cluster.reconcile, { times: 3 })
        assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), {}, each.name)
        assert.deepStrictEqual(Invariants.checkConverged(yield* cluster.calls), [], each.name)
      }).pipe(Effect.provide(TestCluster.layer))
    )
  )
})

describe("what a node that waits tells", () => {
  it.effect("INV-12: what for, since when and until when, while a sidecar works, at no write of its own", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.agents.script("config-apply", { durationMs: 60_000 })
      yield* TestClock.adjust("1 day")
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "config-apply")) })
      const first = TestCluster.asObject(cluster.status().waiting)
      assert.deepInclude(first, { reason: "TaskRunning", task: "config-apply", for: "task config-apply is running" })
      assert.isBelow(Date.parse(String(first.since)), Date.parse(String(first.until)))
      yield* TestClock.adjust("30 seconds")
      yield* cluster.reconcile
      assert.deepStrictEqual(TestCluster.asObject(cluster.status().waiting), first)
      yield* cluster.converge()
      assert.notProperty(cluster.status(), "waiting")
      assert.strictEqual(TestCluster.requests(yield* cluster.calls).patchStatus, 7)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-12: that a sidecar's task takes too long, and no more than once", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      cluster.agents.script("config-apply", { durationMs: 10 * 3_600_000 })
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "config-apply")) })
      yield* cluster.callLog.clear
      for (let minute = 0; minute < 120; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* cluster.reconcile
      }
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
      assert.include(String(cluster.condition("Degraded").message), "task config-apply is running")
      assert.strictEqual(TestCluster.requests(yield* cluster.calls).patchStatus, 1)
      assert.strictEqual(cluster.plan().phase, "Active")
      yield* TestClock.adjust("9 hours")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.strictEqual(cluster.condition("Degraded").status, "False")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
