/** Two nodes that name one signing key. `CrashSweep` runs the same scenario with processes that are killed. */
import { assert, describe, it } from "@effect/vitest"
import { SeiNode } from "@portolan/sei"
import { Interleave } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const { KEY, NAME, OTHER } = NodeCluster
const OTHER_KEY = NodeCluster.keyOf(OTHER)
const VALIDATOR = { validator: Cases.KEYS }

const SECRET = "signing-key"
/** A pod of another tool, without the label of any SeiNode. */
const FOREIGN_SIGNER = {
  metadata: { name: "signer" },
  spec: {
    containers: [{ name: "signer", image: "signer:1" }],
    volumes: [
      {
        name: "key",
        secret: { secretName: SECRET, items: [{ key: "priv_validator_key.json", path: "priv_validator_key.json" }] }
      }
    ]
  }
}

const createSecrets = (cluster: NodeCluster.NodeCluster) => Effect.forEach(Cases.secrets(), cluster.act)

const createNodes = (cluster: NodeCluster.NodeCluster) =>
  Effect.andThen(cluster.create(VALIDATOR), cluster.create(VALIDATOR, { name: OTHER }))

const createBoth = (cluster: NodeCluster.NodeCluster) => Effect.andThen(createSecrets(cluster), createNodes(cluster))

const phases = (cluster: NodeCluster.NodeCluster) => [cluster.status().phase, cluster.status(OTHER).phase]

describe("a signing key", () => {
  it.effect(
    "INV-15: is used by one node; a second node waits, names the first, and starts when the first is deleted",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* createBoth(cluster)
        yield* cluster.converge()
        yield* Effect.repeat(cluster.reconcileKey(OTHER_KEY), { times: 5 })
        assert.deepStrictEqual(phases(cluster), ["Running", "Initializing"])
        const condition = cluster.condition("SigningKeyReady", OTHER)
        assert.deepInclude(condition, { status: "False", reason: "SigningKeyNotReady" })
        assert.include(String(condition.message), "the signing key is in use by SeiNode node-0")
        yield* cluster.remove
        yield* cluster.converge()
        yield* cluster.converge({ name: OTHER })
        assert.strictEqual(cluster.status(OTHER).phase, "Running")
        assert.deepStrictEqual(cluster.violations(), [])
        yield* cluster.expectInvariants
      })
  )

  it.effect("INV-15: is not used by another node while a pod of its last user exists, even without that node", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { stopMs: 60_000 } })
      yield* createSecrets(cluster)
      yield* cluster.create(VALIDATOR)
      yield* cluster.converge()
      // A user removes the finalizers, so that the node goes without its controller.
      yield* cluster.remove
      const body = { metadata: { finalizers: null } }
      yield* cluster.act({ verb: "merge", kind: SeiNode.resource, name: NAME, body })
      yield* cluster.create(VALIDATOR, { name: OTHER })
      const isHeld = () => cluster.pod() !== undefined && cluster.status(OTHER).waiting !== undefined
      yield* cluster.converge({ name: OTHER, until: isHeld })
      assert.include(String(cluster.waiting(OTHER).for), "the signing key is in use by pod")
      yield* cluster.converge({ name: OTHER })
      assert.strictEqual(cluster.status(OTHER).phase, "Running")
      assert.deepStrictEqual(cluster.violations(), [])
    })
  )

  it.effect.each([
    { state: "runs", prepare: () => Effect.void },
    {
      state: "is paused",
      prepare: (cluster: NodeCluster.NodeCluster) =>
        Effect.andThen(cluster.edit({ paused: true }), cluster.converge({ until: () => cluster.pod() === undefined }))
    },
    {
      state: "has failed",
      prepare: (cluster: NodeCluster.NodeCluster) => cluster.tamper({ phase: "Failed" })
    },
    {
      state: "lost its pod",
      prepare: (cluster: NodeCluster.NodeCluster) =>
        cluster.act({ verb: "delete", kind: NodeCluster.Pod, name: `${NAME}-0` })
    }
  ])("INV-15: is not taken from a node of another operator, which holds no lock, while it $state", ({ prepare }) =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* createSecrets(cluster)
      yield* cluster.create(VALIDATOR)
      yield* cluster.converge()
      yield* prepare(cluster)
      yield* cluster.act({ verb: "delete", kind: NodeCluster.ConfigMap, name: `signing-key-${SECRET}` })
      yield* cluster.create(VALIDATOR, { name: OTHER })
      yield* Effect.repeat(cluster.reconcileKey(OTHER_KEY), { times: 5 })
      assert.strictEqual(cluster.waiting(OTHER).reason, "SigningKeyInUse")
      assert.include(String(cluster.waiting(OTHER).for), NAME)
      assert.isUndefined(cluster.statefulSet(OTHER))
      assert.deepStrictEqual(cluster.violations(), [])
    })
  )

  it.effect("INV-15: is not taken while a pod that belongs to no SeiNode mounts it, and is once that pod is gone", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* createSecrets(cluster)
      yield* cluster.act({ verb: "create", kind: NodeCluster.Pod, body: FOREIGN_SIGNER })
      yield* cluster.create(VALIDATOR)
      const hasWaited = () => cluster.waiting().reason === "SigningKeyInUse"
      yield* cluster.converge({ until: hasWaited })
      assert.isTrue(hasWaited())
      assert.include(String(cluster.waiting().for), "the signing key is in use by pod signer")
      assert.deepInclude(cluster.condition("SigningKeyReady"), { status: "False", reason: "SigningKeyNotReady" })
      assert.isUndefined(cluster.find(`signing-key-${SECRET}`, NodeCluster.ConfigMap))
      yield* cluster.act({ verb: "delete", kind: NodeCluster.Pod, name: "signer" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(cluster.violations(), [])
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-15: lists the pods of its namespace from the API server before it is locked, and not afterwards", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* createSecrets(cluster)
      yield* cluster.create(VALIDATOR)
      yield* cluster.converge()
      const about = (yield* cluster.take).filter(
        ({ target, verb }) => verb === "list" || (verb === "create" && target.startsWith("ConfigMap"))
      )
      assert.deepStrictEqual(
        about.map(({ target, verb }) => `${verb} ${target}`),
        ["list Pod sei/", `create ConfigMap sei/signing-key-${SECRET}`]
      )
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.converge()
      assert.isFalse((yield* cluster.take).some(({ verb }) => verb === "list"))
    })
  )

  it.effect("INV-15: is taken by exactly one of two nodes in every order of their calls", () =>
    Effect.gen(function* () {
      const orders = yield* Interleave.every((lockstep) =>
        NodeCluster.run((cluster) =>
          Effect.gen(function* () {
            // Both have created their volume and wait for their key.
            yield* createNodes(cluster)
            for (const key of [KEY, OTHER_KEY]) yield* Effect.repeat(cluster.reconcileKey(key), { times: 1 })
            yield* createSecrets(cluster)
            const left = yield* cluster.startAnother(lockstep.step("left"))
            const right = yield* cluster.startAnother(lockstep.step("right"))
            yield* lockstep.race(left.reconcile(KEY), right.reconcile(OTHER_KEY))
            const created = [cluster.statefulSet(), cluster.statefulSet(OTHER)].filter((each) => each !== undefined)
            assert.strictEqual(created.length, 1)
            assert.deepStrictEqual(cluster.violations(), [])
          })
        )
      )
      assert.isAbove(orders.length, 10)
    })
  )
})
