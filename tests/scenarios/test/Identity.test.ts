import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const uid = (world: World.World) => world.statefulSet()?.metadata.uid
const image = (world: World.World) => JSON.stringify(world.statefulSet()?.spec)

/** A StatefulSet of the node's name that the node did not make. */
const leftover = (...owners: ReadonlyArray<string>) => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: {
    name: World.NAME,
    labels: { "sei.io/node": World.NAME },
    ownerReferences: owners.map((name) => ({
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNode",
      name,
      uid: "former-uid",
      controller: true
    }))
  },
  spec: {
    serviceName: World.NAME,
    selector: { matchLabels: { "sei.io/node": World.NAME } },
    template: {
      metadata: { labels: { "sei.io/node": World.NAME } },
      spec: { containers: [{ name: "seid", image: "old" }] }
    }
  }
})

describe("the StatefulSet of a node", () => {
  it.effect("is one, with the name and uid that the status tells (scenario 44)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      const first = uid(world)
      yield* world.settle()
      assert.strictEqual(uid(world), first)
      assert.strictEqual(World.asObject(world.status().statefulSet).uid, first)
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("is made again when somebody deletes it, and tracked (scenario 45)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      const first = uid(world)
      yield* world.other(Identity.StatefulSet, { verb: "delete", name: World.NAME })
      yield* world.settle()
      assert.isDefined(uid(world))
      assert.notStrictEqual(uid(world), first)
      assert.strictEqual(World.asObject(world.status().statefulSet).uid, uid(world))
      assert.strictEqual(world.status().phase, "Running")
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect(
    "INV-11: one that a former node of the name left is deleted once, by what was seen of it (scenario 46)",
    () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create()
        yield* world.other(Identity.StatefulSet, { verb: "create", body: leftover(World.NAME) })
        yield* world.turn
        yield* world.turn
        assert.isUndefined(world.statefulSet())
        yield* world.settle()
        const deletes = (yield* world.calls).filter(({ verb }) => verb === "delete")
        assert.strictEqual(deletes.length, 1)
        assert.containsAllKeys(Object(deletes[0]?.sent), ["uid", "resourceVersion"])
        assert.strictEqual(world.status().phase, "Running")
        assert.notInclude(image(world), '"old"')
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-11: one that belongs to somebody else is left alone, and the plan says so", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.other(Identity.StatefulSet, { verb: "create", body: leftover() })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Failed")
      assert.include(String(world.condition("Degraded").message), "already exists and is not owned by this node")
      assert.include(image(world), '"old"')
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-3: one that was made right before a lost status write is kept (scenario 47)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      yield* world.other(Identity.StatefulSet, { verb: "delete", name: World.NAME })
      yield* world.turn
      const other = yield* world.boot
      yield* Effect.all([world.turn, other(World.KEY)], { concurrency: 2 })
      const remade = uid(world)
      yield* world.settle()
      assert.strictEqual(uid(world), remade)
      assert.deepStrictEqual(
        (yield* world.calls).filter(({ verb }) => verb === "delete"),
        []
      )
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("carries a new image promptly and keeps its data mounts (scenario 48)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      yield* world.edit({ image: "sei:v2" })
      yield* world.turn
      yield* world.turn
      assert.include(image(world), '"sei:v2"')
      assert.include(image(world), '"name":"data","mountPath":"/home/nonroot/.sei"')
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("a Service and a proxy configuration that somebody deletes are made again", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      yield* world.settle()
      yield* world.other(Identity.Service, { verb: "delete", name: World.NAME })
      yield* world.other(Identity.ConfigMap, { verb: "delete", name: "node-0-rbac-proxy-config" })
      yield* world.settle()
      const calls = yield* world.take
      assert.strictEqual(World.requests(calls).apply, 5)
      assert.notProperty(world.status(), "plan")
    }).pipe(Effect.provide(World.layer))
  )
})
