import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const UPDATE = [
  "apply-statefulset",
  "apply-service",
  "config-patch",
  "config-validate",
  "replace-pod",
  "observe-image",
  "mark-ready"
]

/** A node that runs, and a ledger that begins after it settled. */
const running = Effect.fnUntraced(function* (options?: World.Options) {
  const world = yield* World.make(options)
  yield* world.create()
  yield* world.settle()
  yield* world.ledger.clear
  return world
})

const podImage = (world: World.World) => JSON.stringify(world.pod()?.spec)

describe("changing the image of a running node", () => {
  it.effect("records seven tasks, no failed phase, and says what drifted (scenario 50)", () =>
    Effect.gen(function* () {
      const world = yield* running()
      yield* world.edit({ image: "sei:v2" })
      yield* world.turn
      assert.deepStrictEqual(World.types(world.plan()), UPDATE)
      assert.notProperty(world.plan(), "failedPhase")
      assert.strictEqual(world.plan().targetPhase, "Running")
      assert.deepInclude(world.condition("NodeUpdateInProgress"), { status: "True", reason: "UpdateStarted" })
      assert.include(String(world.condition("NodeUpdateInProgress").message), "image drift detected: spec=sei:v2")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("rolls the pod with 11 requests: 6 status writes, 2 applies, 1 delete, 2 events (scenario 56)", () =>
    Effect.gen(function* () {
      const world = yield* running()
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      const calls = yield* world.calls
      assert.deepStrictEqual(World.requests(calls), { patchStatus: 6, apply: 2, delete: 1, event: 2 })
      assert.deepStrictEqual(World.submissions(calls), ["config-patch", "config-validate", "mark-ready"])
      assert.include(podImage(world), '"sei:v2"')
      assert.strictEqual(world.status().currentImage, "sei:v2")
      assert.strictEqual(world.status().currentSidecarImage, SamplePlatform.sample.images.sidecar)
      assert.deepInclude(world.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateComplete" })
      assert.notProperty(world.status(), "plan")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-11: deletes the pod by the uid that was seen, and no other (scenario 58)", () =>
    Effect.gen(function* () {
      const world = yield* running()
      const old = world.pod()?.metadata.uid
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      const deletes = (yield* world.calls).filter(({ verb }) => verb === "delete")
      assert.deepStrictEqual(
        deletes.map(({ sent }) => sent),
        [{ uid: old }]
      )
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a new sidecar of the platform rolls the node as well (scenario 52)", () =>
    Effect.gen(function* () {
      const world = yield* running()
      yield* world.edit({ sidecar: { image: "seictl:v9" } })
      yield* world.settle()
      assert.include(podImage(world), '"seictl:v9"')
      assert.strictEqual(world.status().currentSidecarImage, "seictl:v9")
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "INV-4: a plan that fails leaves the node Running, says so, waits, and succeeds once the cause is gone (scenario 57)",
    () =>
      Effect.gen(function* () {
        const world = yield* running()
        world.agents.script("config-validate", { failures: 1_000, error: "p2p.laddr is not an address" })
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Failed") })
        const first = world.plan()
        assert.strictEqual(world.status().phase, "Running")
        assert.deepInclude(world.condition("Degraded"), { status: "True", reason: "PlanRetrying" })
        const told = String(world.condition("Degraded").message)
        for (const part of ["attempt 1", "p2p.laddr is not an address", "the next one follows at"])
          assert.include(told, part)
        assert.deepInclude(world.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateFailed" })
        assert.strictEqual((yield* world.turn).requeue._tag, "After")
        yield* world.settle({ until: Effect.sync(() => world.plan().attempt === 2) })
        assert.notStrictEqual(world.plan().id, first.id)
        assert.strictEqual(world.condition("Degraded").status, "True")
        world.agents.script("config-validate", {})
        yield* world.settle()
        assert.strictEqual(world.condition("Degraded").status, "False")
        assert.strictEqual(world.status().currentImage, "sei:v2")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-4: the wait between attempts grows from 5 s to 5 min and not further", () =>
    Effect.gen(function* () {
      const world = yield* running()
      world.agents.script("config-validate", { failures: 1_000_000, error: "bad" })
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle({
        maxTurns: 1_000,
        maxTime: "2 hours",
        until: Effect.sync(() => Number(world.plan().attempt) >= 9)
      })
      const begun = (yield* world.calls).flatMap(({ after, at, before, verb }) => {
        const [was, is] = [
          World.asObject(World.asObject(before?.status).plan),
          World.asObject(World.asObject(after?.status).plan)
        ]
        return verb === "patchStatus" && was.phase === "Failed" && is.phase === "Active"
          ? [at - Date.parse(String(was.failedAt))]
          : []
      })
      assert.deepStrictEqual(
        begun.map((millis) => Math.round(millis / 1_000)),
        [5, 10, 20, 40, 80, 160, 300, 300, 300]
      )
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("an edit ends the wait after a failure", () =>
    Effect.gen(function* () {
      const world = yield* running()
      world.agents.script("config-validate", { failures: 1_000, error: "bad" })
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle({ until: Effect.sync(() => world.plan().attempt === 3) })
      yield* world.settle({ until: Effect.sync(() => world.plan().phase === "Failed") })
      world.agents.script("config-validate", {})
      yield* world.edit({ image: "sei:v3" })
      yield* world.turn
      assert.strictEqual(world.plan().phase, "Active")
      assert.notProperty(world.plan(), "attempt")
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, "sei:v3")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("rolling back replaces the pod again (scenario 61)", () =>
    Effect.gen(function* () {
      const world = yield* running()
      const first = world.status().currentImage
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      yield* world.edit({ image: String(first) })
      yield* world.settle()
      assert.strictEqual(world.status().currentImage, first)
      assert.include(podImage(world), String(first))
      assert.notInclude(podImage(world), '"sei:v2"')
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a corrected image supersedes the update that waits for one nobody can pull (scenario 62)", () =>
    Effect.gen(function* () {
      const world = yield* running({ kubelet: { pulls: (image) => !image.includes("wrong") } })
      yield* world.edit({ image: "sei:wrong" })
      yield* world.settle({
        until: Effect.sync(() => String(JSON.stringify(world.pod()?.status)).includes("ImagePullBackOff"))
      })
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      assert.include(podImage(world), '"sei:v2"')
      assert.strictEqual(world.status().currentImage, "sei:v2")
      assert.include(world.events(), "PlanSuperseded")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a corrected image supersedes an init as well (scenario 62)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { pulls: (image) => !image.includes("wrong") } })
      yield* world.create({ image: "sei:wrong" })
      yield* world.settle({
        until: Effect.sync(() => String(JSON.stringify(world.pod()?.status)).includes("ImagePullBackOff"))
      })
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.include(podImage(world), '"sei:v2"')
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-5: the settled node makes no request after the update", () =>
    Effect.gen(function* () {
      const world = yield* running()
      yield* world.edit({ image: "sei:v2" })
      yield* world.settle()
      yield* world.ledger.clear
      yield* world.turn
      assert.deepStrictEqual(Invariants.settled(yield* world.calls), [])
    }).pipe(Effect.provide(World.layer))
  )
})
