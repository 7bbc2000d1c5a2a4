import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

const bootstrap = Cases.named("a full node by bootstrap")
const isDeployed = (world: World.World) => () => World.task(world.plan(), "deploy-bootstrap-job").status === "Complete"
const isAwaited = (world: World.World) => () => World.task(world.plan(), "mark-ready").status === "Complete"
/** A bootstrap that goes on until somebody ends it. */
const endless = { ends: () => undefined }

const podsOfNode = (world: World.World) => world.pods().map(({ metadata }) => metadata.name)

describe("a bootstrap", () => {
  it.effect("Exclusive: has the volume for itself: no production pod before its pod is gone (scenario 49)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { stopMs: 20_000 } })
      yield* Cases.begin(world, bootstrap)
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.deepStrictEqual(world.disksHeldTwice(), [])
      assert.isUndefined(world.job())
      assert.deepStrictEqual(podsOfNode(world), ["node-0-0"])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("Exclusive: scales down a StatefulSet that another controller made too early (scenario 49)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Cases.begin(world, bootstrap)
      yield* world.turn
      yield* World.earlyStatefulSet(world)
      yield* world.settle({ until: Effect.sync(isDeployed(world)) })
      assert.strictEqual(World.asObject(world.statefulSet()?.spec).replicas, 0)
      yield* world.settle()
      assert.strictEqual(World.asObject(world.statefulSet()?.spec).replicas, 1)
      assert.strictEqual(world.status().phase, "Running")
      assert.deepStrictEqual(world.disksHeldTwice(), [])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("that fails fails its node, with the Job's words", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { ends: () => ({ exitCode: 1 }) } })
      yield* Cases.begin(world, bootstrap)
      // The cluster comes to rest once the Job's time to live is over.
      yield* world.settle({ maxTime: "2 hours" })
      assert.strictEqual(world.status().phase, "Failed")
      assert.include(String(world.condition("Degraded").message), "bootstrap job failed")
      assert.isUndefined(world.statefulSet())
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("whose Job somebody deletes begins again, and what it restored is kept", () =>
    Effect.gen(function* () {
      let isEndless = true
      const ends = () => (isEndless ? undefined : { exitCode: 0 })
      const world = yield* World.make({ kubelet: { ends } })
      yield* Cases.begin(world, bootstrap)
      yield* world.settle({ until: Effect.sync(isAwaited(world)) })
      const claim = world.claim()?.metadata.uid
      const body = { propagationPolicy: "Background" }
      yield* world.other(World.Job, { verb: "delete", namespace: World.NAMESPACE, name: "node-0-bootstrap", body })
      yield* world.settle({ until: Effect.sync(() => world.plan().supersedes !== undefined) })
      isEndless = false
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.strictEqual(world.claim()?.metadata.uid, claim)
      assert.deepStrictEqual(world.disksHeldTwice(), [])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-11, INV-12: whose Job somebody deletes without its pod waits until the pod is gone, and says so", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { ends: () => undefined } })
      yield* Cases.begin(world, bootstrap)
      yield* world.settle({ until: Effect.sync(isAwaited(world)) })
      const body = { propagationPolicy: "Orphan" }
      yield* world.other(World.Job, { verb: "delete", name: "node-0-bootstrap", body })
      yield* world.settle({ until: Effect.sync(() => world.condition("Degraded").status === "True") })
      const [pod] = world.pods()
      assert.deepStrictEqual(pod?.metadata.ownerReferences ?? [], [])
      assert.include(String(World.asObject(world.status().waiting).for), "the bootstrap pod to be gone")
      const deleted = (yield* world.calls).filter(({ verb }) => verb === "delete").map(({ target }) => target)
      assert.isFalse(deleted.some((target) => target.startsWith("Pod ")))
      yield* world.other(World.Pod, { verb: "delete", name: String(pod?.metadata.name) })
      yield* world.settle({ until: Effect.sync(isAwaited(world)) })
      assert.deepStrictEqual(world.disksHeldTwice(), [])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-10: is told again by a plan of its own when its sidecar forgets before seid has looked", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Cases.begin(world, bootstrap)
      yield* world.settle({ until: Effect.sync(isAwaited(world)) })
      const { uid } = world.job()?.metadata ?? {}
      const { id } = world.plan()
      world.agents.at(World.ADDRESS).restart({ keepsTasks: true })
      yield* world.settle({ until: Effect.sync(() => world.plan().id !== id) })
      assert.notInclude(World.types(world.plan()).slice(0, 5), "snapshot-restore")
      assert.strictEqual(world.job()?.metadata.uid, uid)
      yield* world.edit({ fullNode: { snapshot: null } })
      yield* world.turn
      assert.strictEqual(world.condition("PlanUpToDate").status, "False")
      yield* world.edit(bootstrap.spec)
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("with an image that nobody can pull is mended by an edit (scenario 62)", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { pulls: (image) => image !== "sei:wrong" } })
      yield* Cases.syncers(world)
      const source = { s3: { targetHeight: 5 }, bootstrapImage: "sei:wrong" }
      yield* world.create({ fullNode: { snapshot: source } })
      const isStuck = () => JSON.stringify(world.pods()).includes("ImagePullBackOff")
      yield* world.settle({ until: Effect.sync(isStuck) })
      yield* world.edit({ fullNode: { snapshot: { bootstrapImage: "sei:v0" } } })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("runs on a volume of the user's, and leaves it when the node is deleted", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Cases.claim(world, "mine")
      yield* Cases.begin(world, bootstrap, { dataVolume: { import: { pvcName: "mine" } } })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Running")
      assert.isUndefined(world.claim())
      yield* world.remove
      yield* world.settle()
      assert.isDefined(world.claimOf("mine"))
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("is stopped with its node, and its pod is gone before the data is", () =>
    Effect.gen(function* () {
      const world = yield* World.make({ kubelet: { ...endless, stopMs: 60_000 } })
      yield* Cases.begin(world, bootstrap)
      yield* world.settle({ until: Effect.sync(isAwaited(world)) })
      yield* world.remove
      yield* world.settle({ until: Effect.sync(() => world.job() === undefined) })
      assert.isDefined(world.claim())
      yield* world.settle()
      assert.isUndefined(world.node())
      assert.deepStrictEqual(podsOfNode(world), [])
      assert.isUndefined(world.claim())
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
