import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const uid = (cluster: NodeCluster.NodeCluster) => cluster.statefulSet()?.metadata.uid
const image = (cluster: NodeCluster.NodeCluster) => JSON.stringify(cluster.statefulSet()?.spec)

/** A StatefulSet with the node's name that another owner created. */
const foreignStatefulSet = (...owners: ReadonlyArray<string>) => ({
  metadata: {
    name: NodeCluster.NAME,
    labels: { "sei.io/node": NodeCluster.NAME },
    ownerReferences: owners.map((name) => ({
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNode",
      name,
      uid: "former-uid",
      controller: true
    }))
  },
  spec: {
    serviceName: NodeCluster.NAME,
    selector: { matchLabels: { "sei.io/node": NodeCluster.NAME } },
    template: {
      metadata: { labels: { "sei.io/node": NodeCluster.NAME } },
      spec: { containers: [{ name: "seid", image: "old" }] }
    }
  }
})

const createForeign = (...owners: ReadonlyArray<string>) =>
  ({ verb: "create", kind: NodeCluster.StatefulSet, body: foreignStatefulSet(...owners) }) as const

describe("the StatefulSet of a node", () => {
  it.effect("keeps its uid, which the status shows with its name (scenario 44)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      const first = uid(cluster)
      yield* cluster.converge()
      assert.strictEqual(uid(cluster), first)
      assert.strictEqual(NodeCluster.asObject(cluster.status().statefulSet).uid, first)
    })
  )

  it.effect("is created again when a user deletes it, and the status shows its uid (scenario 45)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      const first = uid(cluster)
      yield* cluster.act(Acts.remove(NodeCluster.StatefulSet, NodeCluster.NAME))
      yield* cluster.converge()
      assert.isDefined(uid(cluster))
      assert.notStrictEqual(uid(cluster), first)
      assert.strictEqual(NodeCluster.asObject(cluster.status().statefulSet).uid, uid(cluster))
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )

  it.effect(
    "INV-11: is deleted once, by uid and resourceVersion, when a former node of the same name owned it (scenario 46)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create()
        yield* cluster.act(createForeign(NodeCluster.NAME))
        yield* cluster.reconcile
        yield* cluster.reconcile
        assert.isUndefined(cluster.statefulSet())
        yield* cluster.converge()
        const deletes = (yield* cluster.calls).filter(({ verb }) => verb === "delete")
        assert.strictEqual(deletes.length, 1)
        assert.containsAllKeys(Object(deletes[0]?.sent), ["uid", "resourceVersion"])
        assert.strictEqual(cluster.status().phase, "Running")
        assert.notInclude(image(cluster), '"old"')
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-3: is kept when it was created right before a status write that lost a race (scenario 47)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.act(Acts.remove(NodeCluster.StatefulSet, NodeCluster.NAME))
      yield* cluster.reconcile
      const other = yield* cluster.startAnother((call) => call)
      yield* Effect.all([cluster.reconcile, other.reconcile(NodeCluster.KEY)], { concurrency: 2 })
      const created = uid(cluster)
      yield* cluster.converge()
      assert.strictEqual(uid(cluster), created)
      assert.deepStrictEqual(
        (yield* cluster.calls).filter(({ verb }) => verb === "delete"),
        []
      )
    })
  )

  it.effect("gets a new image at once and keeps its data mounts (scenario 48)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.reconcile
      yield* cluster.reconcile
      assert.include(image(cluster), '"sei:v2"')
      assert.include(image(cluster), '"name":"data","mountPath":"/home/nonroot/.sei"')
    })
  )
})

describe("a Service and a proxy ConfigMap", () => {
  it.effect("are created again when a user deletes them", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.create()
      yield* cluster.converge()
      yield* cluster.act(Acts.remove(NodeCluster.Service, NodeCluster.NAME))
      yield* cluster.act(Acts.remove(NodeCluster.ConfigMap, "node-0-rbac-proxy-config"))
      yield* cluster.converge()
      const calls = yield* cluster.take
      assert.strictEqual(NodeCluster.requests(calls).apply, 5)
      assert.notProperty(cluster.status(), "plan")
    })
  )
})
