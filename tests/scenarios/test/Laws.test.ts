/** Laws that only show over time: what stays, what comes to rest, what is told. */
import { assert, describe, it } from "@effect/vitest"
import { Condition } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

const THEIRS = { theirs: { kept: true } }

describe("what a node's status keeps", () => {
  it.effect("INV-7: every condition stays, and moves its transition time only with a flip", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      const before = Condition.all(world.status())
      yield* TestClock.adjust("1 hour")
      yield* world.edit({ image: "sei:v2", paused: true })
      yield* world.settle()
      yield* world.edit({ paused: false })
      yield* world.settle()
      const after = Condition.all(world.status())
      for (const { type } of before) assert.isDefined(Condition.find(world.status(), type), type)
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
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-7: what was heard of a sidecar stays while nobody asks it", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      yield* world.edit({ image: "sei:v2" })
      yield* world.turn
      const before = world.condition("SidecarReady")
      yield* world.turn
      assert.strictEqual(world.plan().phase, "Active")
      assert.deepStrictEqual(world.condition("SidecarReady"), before)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-7: a condition that says something else without a flip keeps its transition time", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { pulls: (image) => image !== "sei:wrong" } })
      yield* World.settled(world)
      yield* world.edit({ image: "sei:wrong" })
      yield* world.settle({
        until: Effect.sync(() => JSON.stringify(world.pod()?.status).includes("ImagePullBackOff"))
      })
      const before = world.condition("NodeUpdateInProgress")
      yield* TestClock.adjust("1 hour")
      yield* world.edit({ image: "sei:v2" })
      yield* world.turn
      const after = world.condition("NodeUpdateInProgress")
      assert.notStrictEqual(after.message, before.message)
      assert.strictEqual(after.lastTransitionTime, before.lastTransitionTime)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-7: a condition that says something new says it of the generation that was seen", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      const generation = world.node()?.metadata.generation
      assert.strictEqual(world.condition("NodeUpdateInProgress").observedGeneration, generation)
      assert.strictEqual(world.condition("Degraded").observedGeneration, generation)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-13: fields of somebody else survive a whole update: in status, plan, tasks and conditions", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      yield* world.edit({ image: "sei:v2" })
      yield* world.turn
      const plan = world.plan()
      const tasks = World.tasks(plan).map((task) => ({ ...task, ...THEIRS }))
      const conditions = Condition.all(world.status()).map((condition) => ({ ...condition, ...THEIRS }))
      yield* world.tamper({ ...THEIRS, conditions, plan: { ...plan, ...THEIRS, tasks } })
      yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Complete") })
      assert.deepInclude(world.status(), THEIRS)
      assert.deepInclude(world.plan(), THEIRS)
      for (const task of World.tasks(world.plan())) assert.deepInclude(task, THEIRS)
      for (const { type } of conditions) assert.deepInclude(world.condition(type), THEIRS)
      yield* world.settle()
      assert.deepInclude(world.status(), THEIRS)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layerThatKeepsAll))
  )

  it.effect("INV-13: finalizers of somebody else stay when its own comes and goes", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.other(SeiNode.resource, {
        verb: "patch",
        patchFormat: "merge",
        namespace: World.NAMESPACE,
        name: World.NAME,
        body: { metadata: { finalizers: ["example.dev/other"] } }
      })
      yield* world.settle()
      assert.deepStrictEqual(world.node()?.metadata.finalizers, ["example.dev/other", SeiNode.FINALIZER])
      yield* world.remove
      yield* world.settle()
      assert.deepStrictEqual(world.node()?.metadata.finalizers, ["example.dev/other"])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})

describe("how a node comes to rest", () => {
  it.effect("INV-10: a sidecar that stays unready is told again only now and then", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      yield* world.ledger.clear
      const sidecar = world.agents.at(World.ADDRESS)
      for (let round = 0; round < 100; round++) {
        sidecar.restart({ keepsTasks: true })
        yield* world.turn
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(World.submissions(yield* world.calls).length, 6)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-10: nothing follows once a node of any mode has settled, and nothing is asked", () =>
    Effect.forEach(Cases.cases, (each) =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* Cases.begin(world, each)
        yield* world.settle()
        yield* world.ledger.clear
        yield* TestClock.adjust("1 hour")
        yield* Effect.repeat(world.turn, { times: 3 })
        assert.deepStrictEqual(World.requests(yield* world.calls), {}, each.name)
        assert.deepStrictEqual(Invariants.settled(yield* world.calls), [], each.name)
      }).pipe(Effect.provide(World.layer))
    )
  )
})

describe("what a node that waits tells", () => {
  it.effect("INV-12: what for, since when and until when, while a sidecar works, at no write of its own", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("config-apply", { durationMs: 60_000 })
      yield* TestClock.adjust("1 day")
      yield* world.create()
      yield* world.settle({ until: Effect.sync(World.submitted(world, "config-apply")) })
      const first = World.asObject(world.status().waiting)
      assert.strictEqual(first.for, "config-apply to end")
      assert.isBelow(Date.parse(String(first.since)), Date.parse(String(first.until)))
      yield* TestClock.adjust("30 seconds")
      yield* world.turn
      assert.deepStrictEqual(World.asObject(world.status().waiting), first)
      yield* world.settle()
      assert.notProperty(world.status(), "waiting")
      assert.strictEqual(World.requests(yield* world.calls).patchStatus, 7)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-12: that a sidecar's task takes too long, and no more than once", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("config-apply", { durationMs: 10 * 3_600_000 })
      yield* world.create()
      yield* world.settle({ until: Effect.sync(World.submitted(world, "config-apply")) })
      yield* world.ledger.clear
      for (let minute = 0; minute < 120; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* world.turn
      }
      assert.deepInclude(world.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
      assert.include(String(world.condition("Degraded").message), "config-apply to end")
      assert.strictEqual(World.requests(yield* world.calls).patchStatus, 1)
      assert.strictEqual(world.plan().phase, "Active")
      yield* TestClock.adjust("9 hours")
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.strictEqual(world.condition("Degraded").status, "False")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
