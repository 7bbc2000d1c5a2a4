import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

const wrong = "sei:wrong"
const kubelet = { pulls: (image: string) => image !== wrong }
const isStuck = (world: World.World) => () => String(JSON.stringify(world.pod()?.status)).includes("ImagePullBackOff")

/** What the object says about its plan and the spec. */
const upToDate = (world: World.World) => world.condition("PlanUpToDate")

describe("an edit while a plan is active", () => {
  it.effect(
    "INV-6: supersedes an update that waits for an image nobody can pull, with event and condition (scenario 62)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make({ kubelet })
        yield* World.settled(world)
        yield* world.edit({ image: wrong })
        yield* world.settle({ until: Effect.sync(isStuck(world)) })
        const old = world.plan().id
        yield* world.edit({ image: "sei:v2" })
        yield* world.turn
        assert.strictEqual(world.plan().supersedes, old)
        assert.deepInclude(upToDate(world), { status: "True", reason: "Superseded" })
        assert.include(String(upToDate(world).message), `plan ${String(old)}`)
        assert.include(world.events(), "PlanSuperseded")
        yield* world.settle()
        assert.strictEqual(world.status().currentImage, "sei:v2")
        assert.deepInclude(upToDate(world), { status: "True", reason: "AsSpecified" })
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  for (const name of [
    "a full node from genesis",
    "a full node from a snapshot",
    "a validator with its keys",
    "a seed"
  ]) {
    it.effect(`INV-6: corrects the image of ${name} that could never start (scenario 62)`, () =>
      Effect.gen(function* () {
        const world = yield* World.make({ kubelet })
        yield* Cases.begin(world, Cases.named(name), { image: wrong })
        yield* world.settle({ until: Effect.sync(isStuck(world)) })
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Running")
        assert.strictEqual(world.status().currentImage, "sei:v2")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }

  it.effect("INV-6: puts no plan in the place of another that could not be planned by itself (weather seed 270)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet })
      yield* world.create({ image: wrong })
      yield* world.settle({ until: Effect.sync(isStuck(world)) })
      const old = world.plan().id
      yield* world.edit({ image: "sei:v2", overrides: { bad: "1" } })
      yield* world.turn
      assert.strictEqual(world.plan().id, old)
      assert.deepInclude(upToDate(world), { status: "False" })
      assert.include(String(upToDate(world).message), 'spec.overrides["bad"]')
      yield* world.edit({ overrides: { bad: null } })
      yield* world.settle()
      assert.deepInclude(world.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-10: mends a pod that can never start while a task is in flight (weather seed 496)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet })
      world.agents.script("configure-genesis", { durationMs: 60_000 })
      yield* world.create()
      yield* world.settle({ until: Effect.sync(World.submitted(world, "configure-genesis")) })
      const { id } = world.plan()
      yield* world.edit({ image: wrong })
      yield* world.other(World.StatefulSet, { verb: "delete", name: World.NAME })
      yield* world.settle({ until: Effect.sync(isStuck(world)) })
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle({ until: Effect.sync(() => world.pod()?.status !== undefined && !isStuck(world)()) })
      assert.strictEqual(world.plan().id, id)
      yield* world.settle()
      assert.deepInclude(world.status(), { phase: "Running", currentImage: "sei:v2" })
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "INV-6, INV-10: rolls a running node to another image, though its sidecar is still to be told that it may start",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* World.settled(world)
        world.agents.at(World.ADDRESS).restart({ keepsTasks: true })
        yield* world.turn
        const { id } = world.plan()
        assert.deepStrictEqual(World.types(world.plan()), ["mark-ready"])
        yield* world.edit({ image: "sei:v2" })
        yield* world.turn
        assert.strictEqual(world.plan().supersedes, id)
        assert.deepInclude(upToDate(world), { status: "True", reason: "Superseded" })
        yield* world.settle()
        assert.strictEqual(world.status().currentImage, "sei:v2")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-6: waits for a sidecar task in flight, because it would go on beside its successor, and says so", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      world.agents.script("snapshot-restore", { durationMs: 60_000 })
      yield* Cases.begin(world, Cases.named("a full node from a snapshot"))
      yield* world.settle({ until: Effect.sync(World.submitted(world, "snapshot-restore")) })
      const old = world.plan().id
      yield* world.edit({ image: "sei:v2" })
      yield* world.turn
      assert.strictEqual(world.plan().id, old)
      assert.deepInclude(upToDate(world), { status: "False", reason: "SupersessionHeld" })
      assert.include(String(upToDate(world).message), "snapshot-restore")
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, "sei:v2")
      const restores = World.submissions(yield* world.calls).filter((type) => type === "snapshot-restore")
      assert.strictEqual(restores.length, 2)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-6: gets a node another source for its data as long as no data was made", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet })
      yield* Cases.syncers(world)
      yield* world.create({ image: wrong })
      yield* world.settle({ until: Effect.sync(isStuck(world)) })
      yield* world.edit({ image: "sei:v2", fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.include(World.submissions(yield* world.calls), "snapshot-restore")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-6: does not get it one that begins from state before there are syncers, and says so", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet })
      yield* world.create({ image: wrong })
      yield* world.settle({ until: Effect.sync(isStuck(world)) })
      const old = world.plan().id
      yield* world.edit({ image: "sei:v2", fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* world.turn
      assert.strictEqual(world.plan().id, old)
      assert.deepInclude(upToDate(world), { status: "False", reason: "SupersessionHeld" })
      assert.include(String(upToDate(world).message), "two state syncers for chain pacific-1")
      yield* Cases.syncers(world)
      yield* world.settle()
      assert.deepInclude(world.status(), { phase: "Running", currentImage: "sei:v2" })
      assert.include(World.submissions(yield* world.calls), "snapshot-restore")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-6: does not get it another source once data was made, and says so", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Cases.syncers(world)
      yield* world.create()
      yield* world.settle({ until: Effect.sync(World.submitted(world, "config-apply")) })
      const old = world.plan().id
      yield* world.edit({ fullNode: { snapshot: { s3: { targetHeight: 5 } } } })
      yield* world.turn
      assert.strictEqual(world.plan().id, old)
      assert.deepInclude(upToDate(world), { status: "False", reason: "SupersessionHeld" })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.notInclude(World.submissions(yield* world.calls), "snapshot-restore")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})

describe("an edit of what a node is", () => {
  const edits: ReadonlyArray<{
    readonly what: string
    readonly field: string
    readonly edit: World.Json
    readonly undo: World.Json
  }> = [
    { what: "its chain", field: "spec.chainId", edit: { chainId: "atlantic-2" }, undo: { chainId: "pacific-1" } },
    {
      what: "its mode",
      field: "spec.archive",
      edit: { fullNode: null, archive: {} },
      undo: { archive: null, fullNode: {} }
    },
    {
      what: "its volume",
      field: "spec.dataVolume",
      edit: { dataVolume: { import: { pvcName: "mine" } } },
      undo: { dataVolume: null }
    }
  ]
  for (const { edit, field, undo, what } of edits) {
    it.effect(`is refused with its field when it is ${what}, and forgotten when it is undone`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* World.settled(world)
        const template = JSON.stringify(world.statefulSet()?.spec)
        yield* world.edit({ ...edit, image: "sei:v2" })
        yield* world.settle()
        assert.deepInclude(world.condition("Degraded"), { status: "True", reason: "PlanRefused" })
        assert.include(String(world.condition("Degraded").message), field)
        assert.strictEqual(JSON.stringify(world.statefulSet()?.spec), template)
        yield* world.edit(undo)
        yield* world.settle()
        assert.strictEqual(world.condition("Degraded").status, "False")
        assert.strictEqual(world.status().currentImage, "sei:v2")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }
})

describe("an edit of its chain", () => {
  it.effect("does not reach the StatefulSet by way of a pause, nor of an update that is under way", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      const chain = () => JSON.stringify(world.statefulSet()?.spec).includes("atlantic-2")
      yield* world.edit({ paused: true, chainId: "atlantic-2" })
      yield* Effect.repeat(world.turn, { times: 5 })
      yield* world.edit({ paused: false })
      yield* Effect.repeat(world.turn, { times: 5 })
      assert.isFalse(chain())
      yield* world.edit({ chainId: "pacific-1", image: "sei:v2" })
      yield* world.turn
      yield* world.edit({ chainId: "atlantic-2" })
      yield* Effect.repeat(world.turn, { times: 5 })
      assert.isFalse(chain())
      assert.deepInclude(World.asObject(world.status().waiting), { for: "spec.chainId to be as it was" })
      yield* world.edit({ chainId: "pacific-1" })
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, "sei:v2")
      assert.strictEqual(world.condition("Degraded").status, "False")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})

describe("an edit of what its pod is made of", () => {
  it.effect("reaches the StatefulSet at once, and the pod when it is next replaced", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* World.settled(world)
      const pod = world.pod()?.metadata.uid
      yield* world.ledger.clear
      yield* world.edit({ podLabels: { team: "a" }, sidecar: { resources: { requests: { cpu: "1" } } } })
      yield* world.settle()
      assert.include(JSON.stringify(world.statefulSet()?.spec), '"team":"a"')
      assert.strictEqual(world.pod()?.metadata.uid, pod)
      assert.strictEqual(world.status().phase, "Running")
      assert.isBelow(
        Object.values(World.requests(yield* world.calls)).reduce((sum, n) => sum + n, 0),
        6
      )
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
