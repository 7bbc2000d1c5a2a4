import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const IMPORTED = { fullNode: {}, dataVolume: { import: { pvcName: "mine" } } }

/** A claim and its volume; a part that is missing is valid. */
interface Disk {
  readonly claim?: NodeCluster.Json
  readonly claimStatus?: NodeCluster.Json
  readonly volume?: NodeCluster.Json
  readonly volumeStatus?: NodeCluster.Json
}

const valid = {
  claim: { accessModes: ["ReadWriteOnce"], volumeName: "disk", resources: { requests: { storage: "2000Gi" } } },
  claimStatus: { phase: "Bound", capacity: { storage: "2000Gi" } },
  volume: {
    capacity: { storage: "2000Gi" },
    accessModes: ["ReadWriteOnce"],
    claimRef: { namespace: NodeCluster.NAMESPACE, name: "mine" }
  },
  volumeStatus: { phase: "Bound" }
}

const make = (cluster: NodeCluster.NodeCluster, disk: Disk) =>
  Effect.gen(function* () {
    const { claim, claimStatus, volume, volumeStatus } = { ...valid, ...disk }
    yield* cluster.put(NodeCluster.PersistentVolume, "disk", { spec: volume }, volumeStatus)
    yield* cluster.put(NodeCluster.PersistentVolumeClaim, "mine", { spec: claim }, claimStatus)
  })

const readiness = (cluster: NodeCluster.NodeCluster) => cluster.condition("ImportPVCReady")

const assertConverges = (cluster: NodeCluster.NodeCluster, mode = "ReadWriteOnce") =>
  Effect.gen(function* () {
    yield* cluster.converge()
    assert.strictEqual(cluster.status().phase, "Running", mode)
    assert.deepInclude(readiness(cluster), { status: "True", reason: "PVCValidated" })
    yield* cluster.expectInvariants
  })

/** The cluster binds no claims: a test writes their status. */
const binds = () => false

describe("an imported volume", () => {
  for (const mode of ["ReadWriteOnce", "ReadWriteOncePod"]) {
    it.effect(`that is valid, with ${mode}, is used unchanged (scenario 69)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: { binds } })
        yield* make(cluster, { claim: { ...valid.claim, accessModes: [mode] } })
        const before = JSON.stringify(cluster.pvc("mine")?.spec)
        yield* cluster.create(IMPORTED)
        yield* assertConverges(cluster, mode)
        assert.strictEqual(JSON.stringify(cluster.pvc("mine")?.spec), before)
        assert.isUndefined(cluster.pvc())
      })
    )
  }

  const pending: ReadonlyArray<readonly [string, Disk]> = [
    ["is not bound yet", { claimStatus: { phase: "Pending" } }],
    ["shows no capacity", { claimStatus: { phase: "Bound" } }],
    ["names no volume", { claim: { accessModes: ["ReadWriteOnce"], resources: valid.claim.resources } }]
  ]
  for (const [what, disk] of pending) {
    it.effect(`that ${what} is waited for, and the node continues by itself (scenario 70)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: { binds } })
        yield* make(cluster, disk)
        yield* cluster.create(IMPORTED)
        yield* Effect.repeat(cluster.reconcile, { times: 4 })
        assert.strictEqual(cluster.status().phase, "Initializing")
        assert.deepInclude(readiness(cluster), { status: "False", reason: "PVCNotReady" })
        assert.include(cluster.events(), "PVCNotReady")
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.put(NodeCluster.PersistentVolumeClaim, "mine", { spec: valid.claim }, valid.claimStatus)
        yield* assertConverges(cluster)
      })
    )
  }

  it.effect("that does not exist is waited for: the claim, and then its volume (scenario 70)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { binds } })
      yield* cluster.create(IMPORTED)
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.include(String(readiness(cluster).message), "PersistentVolumeClaim mine does not exist")
      yield* cluster.put(NodeCluster.PersistentVolumeClaim, "mine", { spec: valid.claim }, valid.claimStatus)
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.include(String(readiness(cluster).message), "PersistentVolume disk does not exist")
      yield* make(cluster, {})
      yield* assertConverges(cluster)
    })
  )

  const invalid: ReadonlyArray<readonly [string, Disk]> = [
    ["has lost its volume", { claimStatus: { phase: "Lost" } }],
    ["is too small", { claimStatus: { phase: "Bound", capacity: { storage: "1Gi" } } }],
    ["has a volume that failed", { volumeStatus: { phase: "Failed" } }],
    ["is smaller than its volume", { volume: { ...valid.volume, capacity: { storage: "3000Gi" } } }]
  ]
  for (const [what, disk] of invalid) {
    it.effect(`that ${what} fails the node, which starts over once it is corrected (scenario 71)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: { binds } })
        yield* make(cluster, disk)
        yield* cluster.create(IMPORTED)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.deepInclude(readiness(cluster), { status: "False", reason: "PVCInvalid" })
        assert.include(cluster.events(), "PVCInvalid")
        assert.isUndefined(cluster.statefulSet())
        yield* make(cluster, {})
        yield* assertConverges(cluster)
      })
    )
  }
})

describe("an imported claim", () => {
  it.effect("that is read-only fails the node: the access modes of a claim cannot change (scenario 71)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { binds } })
      yield* make(cluster, { claim: { ...valid.claim, accessModes: ["ReadOnlyMany"] } })
      yield* cluster.create(IMPORTED)
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.deepInclude(readiness(cluster), { status: "False", reason: "PVCInvalid" })
      assert.isUndefined(cluster.statefulSet())
    })
  )
})

describe("a claim with the name of the node's own", () => {
  it.effect(
    "INV-10: that has another owner fails the node and is not changed; the node starts over without it (scenario 72)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.put(NodeCluster.PersistentVolumeClaim, "data-node-0", { spec: valid.claim }, valid.claimStatus)
        yield* cluster.create()
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.include(String(cluster.condition("Degraded").message), "spec.dataVolume.import")
        yield* cluster.act(Acts.remove(NodeCluster.PersistentVolumeClaim, "data-node-0"))
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.expectInvariants
      })
  )

  it.effect("that the node owns is used again (scenario 72)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge({ until: () => cluster.pvc() !== undefined })
      const uid = cluster.pvc()?.metadata.uid
      yield* cluster.tamper({ plan: null, phase: null })
      yield* cluster.converge()
      assert.strictEqual(cluster.pvc()?.metadata.uid, uid)
      assert.strictEqual(cluster.status().phase, "Running")
    })
  )
})
