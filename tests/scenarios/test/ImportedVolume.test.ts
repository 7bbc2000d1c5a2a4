import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

const IMPORTED = { fullNode: {}, dataVolume: { import: { pvcName: "mine" } } }

/** A claim and its volume as they stand; each part may be left out or be otherwise. */
interface Disk {
  readonly claim?: TestCluster.Json
  readonly claimStatus?: TestCluster.Json
  readonly volume?: TestCluster.Json
  readonly volumeStatus?: TestCluster.Json
}

const good = {
  claim: { accessModes: ["ReadWriteOnce"], volumeName: "disk", resources: { requests: { storage: "2000Gi" } } },
  claimStatus: { phase: "Bound", capacity: { storage: "2000Gi" } },
  volume: { capacity: { storage: "2000Gi" }, accessModes: ["ReadWriteOnce"] },
  volumeStatus: { phase: "Bound" }
}

const make = (cluster: TestCluster.TestCluster, disk: Disk) =>
  Effect.gen(function* () {
    const { claim, claimStatus, volume, volumeStatus } = { ...good, ...disk }
    yield* cluster.put(TestCluster.PersistentVolume, "disk", { spec: volume }, volumeStatus)
    yield* cluster.put(TestCluster.Claim, "mine", { spec: claim }, claimStatus)
  })

const ready = (cluster: TestCluster.TestCluster) => cluster.condition("ImportPVCReady")

const converges = (cluster: TestCluster.TestCluster, mode = "ReadWriteOnce") =>
  Effect.gen(function* () {
    yield* cluster.converge()
    assert.strictEqual(cluster.status().phase, "Running", mode)
    assert.deepInclude(ready(cluster), { status: "True", reason: "PVCValidated" })
    yield* cluster.invariantsHold
  })

const binds = () => false

describe("an imported volume", () => {
  for (const mode of ["ReadWriteOnce", "ReadWriteOncePod"]) {
    it.effect(`with ${mode} that is as it should be is taken as it is (scenario 69)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet: { binds } })
        yield* make(cluster, { claim: { ...good.claim, accessModes: [mode] } })
        const before = JSON.stringify(cluster.claimOf("mine")?.spec)
        yield* cluster.create(IMPORTED)
        yield* converges(cluster, mode)
        assert.strictEqual(JSON.stringify(cluster.claimOf("mine")?.spec), before)
        assert.isUndefined(cluster.claim())
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  const early: ReadonlyArray<readonly [string, Disk]> = [
    ["is not bound yet", { claimStatus: { phase: "Pending" } }],
    ["does not tell its capacity", { claimStatus: { phase: "Bound" } }],
    ["names no volume", { claim: { accessModes: ["ReadWriteOnce"], resources: good.claim.resources } }]
  ]
  for (const [what, disk] of early) {
    it.effect(`that ${what} is waited for, and goes on by itself (scenario 70)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet: { binds } })
        yield* make(cluster, disk)
        yield* cluster.create(IMPORTED)
        yield* Effect.repeat(cluster.reconcile, { times: 4 })
        assert.strictEqual(cluster.status().phase, "Initializing")
        assert.deepInclude(ready(cluster), { status: "False", reason: "PVCNotReady" })
        assert.include(cluster.events(), "PVCNotReady")
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.put(TestCluster.Claim, "mine", { spec: good.claim }, good.claimStatus)
        yield* converges(cluster)
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  it.effect("that is not there is waited for, and so is its volume (scenario 70)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { binds } })
      yield* cluster.create(IMPORTED)
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.include(String(ready(cluster).message), "PersistentVolumeClaim mine does not exist")
      yield* cluster.put(TestCluster.Claim, "mine", { spec: good.claim }, good.claimStatus)
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.include(String(ready(cluster).message), "PersistentVolume disk does not exist")
      yield* make(cluster, {})
      yield* converges(cluster)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  const never: ReadonlyArray<readonly [string, Disk]> = [
    ["has lost its volume", { claimStatus: { phase: "Lost" } }],
    ["is too small", { claimStatus: { phase: "Bound", capacity: { storage: "1Gi" } } }],
    ["has a volume that failed", { volumeStatus: { phase: "Failed" } }],
    ["is not as large as its volume", { volume: { ...good.volume, capacity: { storage: "3000Gi" } } }]
  ]
  for (const [what, disk] of never) {
    it.effect(`that ${what} fails the node, which begins again once that is mended (scenario 71)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet: { binds } })
        yield* make(cluster, disk)
        yield* cluster.create(IMPORTED)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.deepInclude(ready(cluster), { status: "False", reason: "PVCInvalid" })
        assert.include(cluster.events(), "PVCInvalid")
        assert.isUndefined(cluster.statefulSet())
        yield* make(cluster, {})
        yield* converges(cluster)
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})

describe("an imported claim", () => {
  it.effect("that may only be read fails the node; its access modes can never change (scenario 71)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { binds } })
      yield* make(cluster, { claim: { ...good.claim, accessModes: ["ReadOnlyMany"] } })
      yield* cluster.create(IMPORTED)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.deepInclude(ready(cluster), { status: "False", reason: "PVCInvalid" })
      assert.isUndefined(cluster.statefulSet())
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

describe("a claim of the node's own name", () => {
  it.effect(
    "that somebody else owns fails the node and is never touched; the node begins again without it (scenario 72)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.put(TestCluster.Claim, "data-node-0", { spec: good.claim }, good.claimStatus)
        yield* cluster.create()
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.include(String(cluster.condition("Degraded").message), "spec.dataVolume.import")
        yield* cluster.other(TestCluster.Claim, {
          verb: "delete",
          namespace: TestCluster.NAMESPACE,
          name: "data-node-0"
        })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("that the node owns is as good as made (scenario 72)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: Effect.sync(() => cluster.claim() !== undefined) })
      const uid = cluster.claim()?.metadata.uid
      yield* cluster.tamper({ plan: null, phase: null })
      yield* cluster.converge()
      assert.strictEqual(cluster.claim()?.metadata.uid, uid)
      assert.strictEqual(cluster.status().phase, "Running")
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
