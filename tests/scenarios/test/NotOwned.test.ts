/** Objects of somebody else with the names that a node needs: they stay as they are, and the node waits for them. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import type { Json } from "../harness/Json.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import type * as NodeController from "../harness/NodeController.ts"

const { NAME } = NodeCluster

interface Generated {
  readonly kind: ObjectMeta.ObjectKind
  readonly name: string
  /** The case whose plan generates it. */
  readonly node: Cases.Case
  readonly body: Json
}

const template = { spec: { restartPolicy: "Always", containers: [{ name: "c", image: "theirs" }] } }
const labelled = { ...template, metadata: { labels: { app: "theirs" } } }
const workload = {
  serviceName: "theirs",
  replicas: 0,
  selector: { matchLabels: { app: "theirs" } },
  template: labelled
}
const job = { template: { spec: { ...template.spec, restartPolicy: "Never" } } }

const genesis = Cases.named("a full node from genesis")
const bootstrap = Cases.named("a full node by bootstrap")
const { ConfigMap, Job, PersistentVolumeClaim, Service, StatefulSet } = NodeCluster

const generated: ReadonlyArray<Generated> = [
  { kind: ConfigMap, name: `${NAME}-rbac-proxy-config`, node: genesis, body: { data: { theirs: "kept" } } },
  { kind: ConfigMap, name: `${NAME}-rbac-proxy-config`, node: genesis, body: { data: { "config.yaml": "theirs" } } },
  { kind: StatefulSet, name: NAME, node: genesis, body: { spec: workload } },
  { kind: Service, name: NAME, node: genesis, body: { spec: { ports: [{ port: 1 }], selector: { app: "theirs" } } } },
  { kind: Service, name: NAME, node: bootstrap, body: { spec: { ports: [{ port: 1 }] } } },
  { kind: Job, name: `${NAME}-bootstrap`, node: bootstrap, body: { spec: job } }
]

/** What its owner decides. The cluster's controllers write the rest: they bind a claim, for example. */
const contentOf = (object: ObjectMeta.KubernetesObject | undefined) => {
  const { finalizers, labels, ownerReferences, uid } = object?.metadata ?? {}
  const { volumeName: _, ...spec } = NodeCluster.asObject(object?.spec)
  return { spec, data: object?.data, finalizers, labels, ownerReferences, uid }
}

/** Creates the object of somebody else; with a controller, which is a ConfigMap `web`. */
const addForeign = Effect.fnUntraced(function* (
  cluster: NodeCluster.NodeCluster,
  { body, kind, name }: Generated,
  isControlled: boolean
) {
  yield* cluster.act({ verb: "create", kind: ConfigMap, body: { metadata: { name: "web" } } })
  const web = cluster.find("web", ConfigMap)
  const ownerReferences = isControlled && web !== undefined ? [{ ...ObjectMeta.controllerReference(web) }] : []
  yield* cluster.act({ verb: "create", kind, body: { metadata: { name, ownerReferences }, ...body } })
  return contentOf(cluster.find(name, kind))
})

/** A controller whose observation misses every object that its node does not control, as a cache by label does. */
const blind: NodeController.Options = {
  change: (reconciler) => ({
    ...reconciler,
    observe: (object, now) =>
      Effect.map(reconciler.observe(object, now), (observation) => {
        const own = (found: ObjectMeta.KubernetesObject | undefined) =>
          found !== undefined && ObjectMeta.controls(object, found) ? found : undefined
        const { bootstrapJob, proxyConfig, pvc, service, statefulSet } = observation
        return {
          ...observation,
          bootstrapJob: own(bootstrapJob),
          proxyConfig: own(proxyConfig),
          pvc: own(pvc),
          service: own(service),
          statefulSet: own(statefulSet),
          keyConflicts: []
        }
      })
  })
}

const WHOSE = [
  [false, "without a controller, managed by"],
  [true, "controlled by ConfigMap web"]
] as const

const isNotOwned = (cluster: NodeCluster.NodeCluster) => () => cluster.waiting().reason === "NotOwned"

const claim: Generated = {
  kind: PersistentVolumeClaim,
  name: `data-${NAME}`,
  node: genesis,
  body: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } }
}
const lock: Generated = {
  kind: ConfigMap,
  name: "signing-key-signing-key",
  node: Cases.named("a validator with its keys"),
  body: { data: { theirs: "kept" } }
}

/** The node waits, nothing of the object changes, and the node runs once the object is gone. */
const waitsFor = (foreign: Generated, isControlled: boolean, whose: string, options: NodeController.Options) =>
  Effect.gen(function* () {
    const cluster = yield* NodeCluster.make(options)
    const before = yield* addForeign(cluster, foreign, isControlled)
    yield* Cases.begin(cluster, foreign.node)
    yield* cluster.converge({ until: isNotOwned(cluster) })
    assert.include(cluster.waiting().for, `${foreign.kind.kind} ${foreign.name} exists and is ${whose}`)
    yield* Effect.repeat(cluster.reconcile, { times: 3 })
    assert.deepStrictEqual(contentOf(cluster.find(foreign.name, foreign.kind)), before)
    yield* cluster.act(Acts.remove(foreign.kind, foreign.name))
    yield* cluster.converge()
    assert.strictEqual(cluster.status().phase, "Running")
    yield* cluster.expectInvariants
  })

for (const [isControlled, whose] of WHOSE) {
  describe(`an object of somebody else, ${isControlled ? "with" : "without"} a controller,`, () => {
    for (const foreign of generated) {
      const of = `${foreign.kind.kind} ${foreign.name} of ${foreign.node.name} with ${Object.keys(foreign.body)}`
      it.effect(`INV-17: is left alone and named: ${of}`, () => waitsFor(foreign, isControlled, whose, {}))
      it.effect(`INV-17: is left alone and named although the cache does not have it: ${of}`, () =>
        waitsFor(foreign, isControlled, whose, blind)
      )
    }

    for (const foreign of [claim, lock]) {
      it.effect(`INV-17: is left alone and named although the cache does not have it: ${foreign.name}`, () =>
        waitsFor(foreign, isControlled, whose, blind)
      )
    }

    it.effect(
      "INV-17: is left alone when it is the claim of the node, which fails until it is gone (scenario 72)",
      () =>
        Effect.gen(function* () {
          const cluster = yield* NodeCluster.make()
          const before = yield* addForeign(cluster, claim, isControlled)
          yield* cluster.create()
          yield* cluster.converge()
          assert.strictEqual(cluster.status().phase, "Failed")
          assert.include(String(cluster.condition("Degraded").message), whose)
          assert.include(String(cluster.condition("Degraded").message), "set spec.dataVolume.import to use it")
          assert.deepStrictEqual(contentOf(cluster.pvc()), before)
          yield* cluster.act(Acts.remove(claim.kind, claim.name))
          yield* cluster.converge()
          assert.strictEqual(cluster.status().phase, "Running")
          yield* cluster.expectInvariants
        })
    )

    it.effect(
      "INV-15, INV-17: is left alone when it has the name of the lock of a signing key, for which the node waits",
      () =>
        Effect.gen(function* () {
          const cluster = yield* NodeCluster.make()
          const before = yield* addForeign(cluster, lock, isControlled)
          yield* Cases.begin(cluster, lock.node)
          yield* cluster.converge({ until: () => cluster.waiting().reason === "NotOwned" })
          assert.include(cluster.waiting().for, `ConfigMap ${lock.name} exists and is ${whose}`)
          assert.deepStrictEqual(contentOf(cluster.find(lock.name, ConfigMap)), before)
          yield* cluster.act(Acts.remove(ConfigMap, lock.name))
          yield* cluster.converge()
          assert.strictEqual(cluster.status().phase, "Running")
          yield* cluster.expectInvariants
        })
    )
  })
}

describe("a signing key", () => {
  it.effect("INV-17: is held by no SeiNode when somebody else made its lock, with the label of a node", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* cluster.act({ verb: "create", kind: ConfigMap, body: { metadata: { name: "web" } } })
      const web = cluster.find("web", ConfigMap)
      const ownerReferences = web === undefined ? [] : [{ ...ObjectMeta.controllerReference(web) }]
      const metadata = { name: lock.name, labels: { "sei.io/node": "web" }, ownerReferences }
      yield* cluster.act({ verb: "create", kind: ConfigMap, body: { metadata } })
      yield* Cases.begin(cluster, lock.node)
      yield* cluster.converge({ until: () => String(cluster.waiting().for).includes(lock.name) })
      assert.include(cluster.waiting().for, `ConfigMap ${lock.name}, which is `)
      yield* cluster.expectInvariants
    })
  )
})

describe("the deletion of a node", () => {
  it.effect("INV-11: neither deletes nor waits for a StatefulSet of somebody else", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const foreign = generated.find(({ kind }) => kind === StatefulSet)
      if (foreign === undefined) return assert.fail("no StatefulSet is generated")
      const before = yield* addForeign(cluster, foreign, true)
      yield* cluster.create()
      yield* cluster.converge({ until: isNotOwned(cluster) })
      yield* cluster.remove
      yield* cluster.converge()
      assert.isUndefined(cluster.node())
      assert.deepStrictEqual(contentOf(cluster.statefulSet()), before)
      yield* cluster.expectInvariants
    })
  )

  for (const each of Cases.cases) {
    it.effect(`INV-18: leaves nothing behind: ${each.name}`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.converge()
        yield* cluster.remove
        yield* cluster.converge()
        yield* cluster.idle
        const { server } = cluster
        const all = server.resources().flatMap((kind) => server.peekAll(kind))
        const ofNode = all.filter(({ metadata }) => metadata.labels?.["sei.io/node"] === NAME)
        assert.deepStrictEqual(ofNode, [])
        const uids = new Set(all.map(({ metadata }) => metadata.uid))
        assert.deepStrictEqual(
          Invariants.checkRemaining(yield* cluster.calls, (uid) => uids.has(uid), {}),
          []
        )
        yield* cluster.expectInvariants
      })
    )
  }
})

describe("an object that only has the labels of a node", () => {
  const strangers = [...generated, claim].map((object, index) => ({ ...object, name: `stranger-${index}` }))

  for (const name of ["a full node from genesis", "a validator with its keys"]) {
    it.effect(`INV-11: stays as it is during the whole life of ${name}, whatever its kind`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, Cases.named(name))
        yield* cluster.converge()
        const labels = cluster.pvc()?.metadata.labels ?? {}
        for (const { body, kind, name: stranger } of strangers) {
          yield* cluster.act({ verb: "create", kind, body: { metadata: { name: stranger, labels }, ...body } })
        }
        const find = () => strangers.map(({ kind, name: stranger }) => contentOf(cluster.find(stranger, kind)))
        const before = find()
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
        yield* cluster.remove
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.deepStrictEqual(find(), before)
        yield* cluster.expectInvariants
      })
    )
  }
})
