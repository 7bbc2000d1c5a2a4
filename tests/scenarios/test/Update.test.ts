import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

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
const running = Effect.fnUntraced(function* (options?: TestCluster.Options) {
  const cluster = yield* TestCluster.make(options)
  yield* cluster.create()
  yield* cluster.converge()
  yield* cluster.callLog.clear
  return cluster
})

const podImage = (cluster: TestCluster.TestCluster) => JSON.stringify(cluster.pod()?.spec)

describe("changing the image of a running node", () => {
  it.effect("records seven tasks, no failed phase, and says what drifted (scenario 50)", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      assert.deepStrictEqual(TestCluster.types(cluster.plan()), UPDATE)
      assert.notProperty(cluster.plan(), "failedPhase")
      assert.strictEqual(cluster.plan().targetPhase, "Running")
      assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "True", reason: "UpdateStarted" })
      assert.include(String(cluster.condition("NodeUpdateInProgress").message), "image drift detected: spec=sei:v2")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("rolls the pod with 11 requests: 6 status writes, 2 applies, 1 delete, 2 events (scenario 56)", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      const calls = yield* cluster.calls
      assert.deepStrictEqual(TestCluster.requests(calls), { patchStatus: 6, apply: 2, delete: 1, event: 2 })
      assert.deepStrictEqual(TestCluster.submissions(calls), ["config-patch", "config-validate", "mark-ready"])
      assert.include(podImage(cluster), '"sei:v2"')
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.strictEqual(cluster.status().currentSidecarImage, SamplePlatform.sample.images.sidecar)
      assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateComplete" })
      assert.notProperty(cluster.status(), "plan")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-11: deletes the pod by the uid that was seen, and no other (scenario 58)", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      const old = cluster.pod()?.metadata.uid
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      const deletes = (yield* cluster.calls).filter(({ verb }) => verb === "delete")
      assert.deepStrictEqual(
        deletes.map(({ sent }) => sent),
        [{ uid: old }]
      )
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a new sidecar of the platform rolls the node as well (scenario 52)", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      yield* cluster.edit({ sidecar: { image: "seictl:v9" } })
      yield* cluster.converge()
      assert.include(podImage(cluster), '"seictl:v9"')
      assert.strictEqual(cluster.status().currentSidecarImage, "seictl:v9")
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "INV-4: a plan that fails leaves the node Running, says so, waits, and succeeds once the cause is gone (scenario 57)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* running()
        cluster.agents.script("config-validate", { failures: 1_000, error: "p2p.laddr is not an address" })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Failed") })
        const first = cluster.plan()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanRetrying" })
        const notified = String(cluster.condition("Degraded").message)
        for (const part of ["attempt 1", "p2p.laddr is not an address", "next attempt at"])
          assert.include(notified, part)
        assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateFailed" })
        assert.strictEqual((yield* cluster.reconcile).requeue._tag, "After")
        yield* cluster.converge({ until: Effect.sync(() => cluster.plan().attempt === 2) })
        assert.notStrictEqual(cluster.plan().id, first.id)
        assert.strictEqual(cluster.condition("Degraded").status, "True")
        cluster.agents.script("config-validate", {})
        yield* cluster.converge()
        assert.strictEqual(cluster.condition("Degraded").status, "False")
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-4: the wait between attempts grows from 5 s to 5 min and not further", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      cluster.agents.script("config-validate", { failures: 1_000_000, error: "bad" })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({
        maxPasses: 1_000,
        maxTime: "2 hours",
        until: Effect.sync(() => Number(cluster.plan().attempt) >= 9)
      })
      const begun = (yield* cluster.calls).flatMap(({ after, at, before, verb }) => {
        const [was, is] = [
          TestCluster.asObject(TestCluster.asObject(before?.status).plan),
          TestCluster.asObject(TestCluster.asObject(after?.status).plan)
        ]
        return verb === "patchStatus" && was.phase === "Failed" && is.phase === "Active"
          ? [at - Date.parse(String(was.failedAt))]
          : []
      })
      assert.deepStrictEqual(
        begun.map((millis) => Math.round(millis / 1_000)),
        [5, 10, 20, 40, 80, 160, 300, 300, 300]
      )
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("an edit ends the wait after a failure", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      cluster.agents.script("config-validate", { failures: 1_000, error: "bad" })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().attempt === 3) })
      yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Failed") })
      cluster.agents.script("config-validate", {})
      yield* cluster.edit({ image: "sei:v3" })
      yield* cluster.reconcile
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.notProperty(cluster.plan(), "attempt")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "sei:v3")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("rolling back replaces the pod again (scenario 61)", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      const first = cluster.status().currentImage
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      yield* cluster.edit({ image: String(first) })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, first)
      assert.include(podImage(cluster), String(first))
      assert.notInclude(podImage(cluster), '"sei:v2"')
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a corrected image supersedes the update that waits for one nobody can pull (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* running({ kubelet: { pulls: (image) => !image.includes("wrong") } })
      yield* cluster.edit({ image: "sei:wrong" })
      yield* cluster.converge({
        until: Effect.sync(() => String(JSON.stringify(cluster.pod()?.status)).includes("ImagePullBackOff"))
      })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.include(podImage(cluster), '"sei:v2"')
      assert.strictEqual(cluster.status().currentImage, "sei:v2")
      assert.include(cluster.events(), "PlanSuperseded")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a corrected image supersedes an init as well (scenario 62)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { pulls: (image) => !image.includes("wrong") } })
      yield* cluster.create({ image: "sei:wrong" })
      yield* cluster.converge({
        until: Effect.sync(() => String(JSON.stringify(cluster.pod()?.status)).includes("ImagePullBackOff"))
      })
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.include(podImage(cluster), '"sei:v2"')
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-5: the settled node makes no request after the update", () =>
    Effect.gen(function* () {
      const cluster = yield* running()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      yield* cluster.callLog.clear
      yield* cluster.reconcile
      assert.deepStrictEqual(Invariants.checkConverged(yield* cluster.calls), [])
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
