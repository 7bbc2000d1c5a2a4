import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

const uid = (cluster: TestCluster.TestCluster) => cluster.statefulSet()?.metadata.uid
const image = (cluster: TestCluster.TestCluster) => JSON.stringify(cluster.statefulSet()?.spec)

/** A StatefulSet of the node's name that the node did not make. */
const leftover = (...owners: ReadonlyArray<string>) => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: {
    name: TestCluster.NAME,
    labels: { "sei.io/node": TestCluster.NAME },
    ownerReferences: owners.map((name) => ({
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNode",
      name,
      uid: "former-uid",
      controller: true
    }))
  },
  spec: {
    serviceName: TestCluster.NAME,
    selector: { matchLabels: { "sei.io/node": TestCluster.NAME } },
    template: {
      metadata: { labels: { "sei.io/node": TestCluster.NAME } },
      spec: { containers: [{ name: "seid", image: "old" }] }
    }
  }
})

describe("the StatefulSet of a node", () => {
  it.effect("is one, with the name and uid that the status tells (scenario 44)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      const first = uid(cluster)
      yield* cluster.converge()
      assert.strictEqual(uid(cluster), first)
      assert.strictEqual(TestCluster.asObject(cluster.status().statefulSet).uid, first)
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("is made again when somebody deletes it, and tracked (scenario 45)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      const first = uid(cluster)
      yield* cluster.other(Identity.StatefulSet, { verb: "delete", name: TestCluster.NAME })
      yield* cluster.converge()
      assert.isDefined(uid(cluster))
      assert.notStrictEqual(uid(cluster), first)
      assert.strictEqual(TestCluster.asObject(cluster.status().statefulSet).uid, uid(cluster))
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect(
    "INV-11: one that a former node of the name left is deleted once, by what was seen of it (scenario 46)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.create()
        yield* cluster.other(Identity.StatefulSet, { verb: "create", body: leftover(TestCluster.NAME) })
        yield* cluster.reconcile
        yield* cluster.reconcile
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.converge()
        const deletes = (yield* cluster.calls).filter(({ verb }) => verb === "delete")
        assert.strictEqual(deletes.length, 1)
        assert.containsAllKeys(Object(deletes[0]?.sent), ["uid", "resourceVersion"])
        assert.strictEqual(cluster.status().phase, "Running")
        assert.notInclude(image(cluster), '"old"')
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-11: one that belongs to somebody else is left alone, and the plan says so", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.other(Identity.StatefulSet, { verb: "create", body: leftover() })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.include(String(cluster.condition("Degraded").message), "already exists and is not owned by this SeiNode")
      assert.include(image(cluster), '"old"')
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-3: one that was made right before a lost status write is kept (scenario 47)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.other(Identity.StatefulSet, { verb: "delete", name: TestCluster.NAME })
      yield* cluster.reconcile
      const other = yield* cluster.boot
      yield* Effect.all([cluster.reconcile, other(TestCluster.KEY)], { concurrency: 2 })
      const remade = uid(cluster)
      yield* cluster.converge()
      assert.strictEqual(uid(cluster), remade)
      assert.deepStrictEqual(
        (yield* cluster.calls).filter(({ verb }) => verb === "delete"),
        []
      )
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("carries a new image promptly and keeps its data mounts (scenario 48)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      yield* cluster.reconcile
      assert.include(image(cluster), '"sei:v2"')
      assert.include(image(cluster), '"name":"data","mountPath":"/home/nonroot/.sei"')
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("a Service and a proxy configuration that somebody deletes are made again", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.other(Identity.Service, { verb: "delete", name: TestCluster.NAME })
      yield* cluster.other(Identity.ConfigMap, { verb: "delete", name: "node-0-rbac-proxy-config" })
      yield* cluster.converge()
      const calls = yield* cluster.take
      assert.strictEqual(TestCluster.requests(calls).apply, 5)
      assert.notProperty(cluster.status(), "plan")
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
