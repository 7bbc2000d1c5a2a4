import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const IMPORTED = { fullNode: {}, dataVolume: { import: { pvcName: "mine" } } }

/** A claim and its volume as they stand; each part may be left out or be otherwise. */
interface Disk {
  readonly claim?: World.Json
  readonly claimStatus?: World.Json
  readonly volume?: World.Json
  readonly volumeStatus?: World.Json
}

const good = {
  claim: { accessModes: ["ReadWriteOnce"], volumeName: "disk", resources: { requests: { storage: "2000Gi" } } },
  claimStatus: { phase: "Bound", capacity: { storage: "2000Gi" } },
  volume: { capacity: { storage: "2000Gi" }, accessModes: ["ReadWriteOnce"] },
  volumeStatus: { phase: "Bound" }
}

const make = (world: World.World, disk: Disk) =>
  Effect.gen(function* () {
    const { claim, claimStatus, volume, volumeStatus } = { ...good, ...disk }
    yield* world.put(World.PersistentVolume, "disk", { spec: volume }, volumeStatus)
    yield* world.put(World.Claim, "mine", { spec: claim }, claimStatus)
  })

const ready = (world: World.World) => world.condition("ImportPVCReady")

const settles = (world: World.World, mode = "ReadWriteOnce") =>
  Effect.gen(function* () {
    yield* world.settle()
    assert.strictEqual(world.status().phase, "Running", mode)
    assert.deepInclude(ready(world), { status: "True", reason: "PVCValidated" })
    yield* world.lawsHold
  })

const binds = () => false

describe("an imported volume", () => {
  for (const mode of ["ReadWriteOnce", "ReadWriteOncePod"]) {
    it.effect(`with ${mode} that is as it should be is taken as it is (scenario 69)`, () =>
      Effect.gen(function* () {
        const world = yield* World.make({ kubelet: { binds } })
        yield* make(world, { claim: { ...good.claim, accessModes: [mode] } })
        const before = JSON.stringify(world.claimOf("mine")?.spec)
        yield* world.create(IMPORTED)
        yield* settles(world, mode)
        assert.strictEqual(JSON.stringify(world.claimOf("mine")?.spec), before)
        assert.isUndefined(world.claim())
      }).pipe(Effect.provide(World.layer))
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
        const world = yield* World.make({ kubelet: { binds } })
        yield* make(world, disk)
        yield* world.create(IMPORTED)
        yield* Effect.repeat(world.turn, { times: 4 })
        assert.strictEqual(world.status().phase, "Initializing")
        assert.deepInclude(ready(world), { status: "False", reason: "PVCNotReady" })
        assert.include(world.events(), "PVCNotReady")
        assert.isUndefined(world.statefulSet())
        yield* world.put(World.Claim, "mine", { spec: good.claim }, good.claimStatus)
        yield* settles(world)
      }).pipe(Effect.provide(World.layer))
    )
  }

  it.effect("that is not there is waited for, and so is its volume (scenario 70)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { binds } })
      yield* world.create(IMPORTED)
      yield* Effect.repeat(world.turn, { times: 3 })
      assert.include(String(ready(world).message), "claim mine does not exist")
      yield* world.put(World.Claim, "mine", { spec: good.claim }, good.claimStatus)
      yield* Effect.repeat(world.turn, { times: 3 })
      assert.include(String(ready(world).message), "volume disk does not exist")
      yield* make(world, {})
      yield* settles(world)
    }).pipe(Effect.provide(World.layer))
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
        const world = yield* World.make({ kubelet: { binds } })
        yield* make(world, disk)
        yield* world.create(IMPORTED)
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Failed")
        assert.deepInclude(ready(world), { status: "False", reason: "PVCInvalid" })
        assert.include(world.events(), "PVCInvalid")
        assert.isUndefined(world.statefulSet())
        yield* make(world, {})
        yield* settles(world)
      }).pipe(Effect.provide(World.layer))
    )
  }
})

describe("an imported claim", () => {
  it.effect("that may only be read fails the node; its access modes can never change (scenario 71)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { binds } })
      yield* make(world, { claim: { ...good.claim, accessModes: ["ReadOnlyMany"] } })
      yield* world.create(IMPORTED)
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Failed")
      assert.deepInclude(ready(world), { status: "False", reason: "PVCInvalid" })
      assert.isUndefined(world.statefulSet())
    }).pipe(Effect.provide(World.layer))
  )
})

describe("a claim of the node's own name", () => {
  it.effect(
    "that somebody else owns fails the node and is never touched; the node begins again without it (scenario 72)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.put(World.Claim, "data-node-0", { spec: good.claim }, good.claimStatus)
        yield* world.create()
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Failed")
        assert.include(String(world.condition("Degraded").message), "spec.dataVolume.import")
        yield* world.other(World.Claim, { verb: "delete", namespace: World.NAMESPACE, name: "data-node-0" })
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Running")
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("that the node owns is as good as made (scenario 72)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle({ until: Effect.sync(() => world.claim() !== undefined) })
      const uid = world.claim()?.metadata.uid
      yield* world.tamper({ plan: null, phase: null })
      yield* world.settle()
      assert.strictEqual(world.claim()?.metadata.uid, uid)
      assert.strictEqual(world.status().phase, "Running")
    }).pipe(Effect.provide(World.layer))
  )
})
