/**
 * Two nodes and one key: only a world in which both live can show who signs. `CrashSweep` has the same with processes that are
 * killed.
 */
import { assert, describe, it } from "@effect/vitest"
import { Interleave } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const OTHER = "node-1"
const VALIDATOR = { validator: Cases.KEYS }

const secrets = (cluster: TestCluster.TestCluster) =>
  Effect.all([
    Cases.secret(cluster, "signing-key", Cases.SIGNING_KEY),
    Cases.secret(cluster, "node-key", Cases.NODE_KEY)
  ])

const both = (cluster: TestCluster.TestCluster) =>
  Effect.gen(function* () {
    yield* secrets(cluster)
    yield* cluster.create(VALIDATOR)
    yield* cluster.create(VALIDATOR, { name: OTHER })
  })

const phases = (cluster: TestCluster.TestCluster) => [cluster.status().phase, cluster.statusOf(OTHER).phase]

describe("a signing key", () => {
  it.effect(
    "INV-15: is used by one node; another that names it waits, says for whom, and follows when that one is gone",
    () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* both(cluster)
        yield* cluster.converge()
        yield* Effect.repeat(cluster.reconcileOther(OTHER), { times: 5 })
        assert.deepStrictEqual(phases(cluster), ["Running", "Initializing"])
        const condition = TestCluster.conditionOf(cluster.statusOf(OTHER), "SigningKeyReady")
        assert.deepInclude(condition, { status: "False", reason: "SigningKeyNotReady" })
        assert.include(String(condition.message), "the signing key is in use by SeiNode node-0")
        yield* cluster.remove
        yield* cluster.converge()
        yield* cluster.convergeOther(OTHER)
        assert.strictEqual(cluster.statusOf(OTHER).phase, "Running")
        assert.deepStrictEqual(cluster.keysHeldTwice(), [])
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-15: is not given on while a pod of its last user is still there, whatever became of its node", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make({ kubelet: { stopMs: 60_000 } })
      yield* secrets(cluster)
      yield* cluster.create(VALIDATOR)
      yield* cluster.converge()
      // Somebody forces the node away without waiting for its controller.
      yield* cluster.remove
      yield* cluster.other(TestCluster.NODE, {
        verb: "patch",
        patchFormat: "merge",
        namespace: TestCluster.NAMESPACE,
        name: TestCluster.NAME,
        body: { metadata: { finalizers: null } }
      })
      yield* cluster.create(VALIDATOR, { name: OTHER })
      const isHeld = () => cluster.pod() !== undefined && cluster.statusOf(OTHER).waiting !== undefined
      yield* cluster.convergeOther(OTHER, { until: Effect.sync(isHeld) })
      assert.include(
        String(TestCluster.asObject(cluster.statusOf(OTHER).waiting).for),
        "the signing key is in use by pod"
      )
      yield* cluster.convergeOther(OTHER)
      assert.strictEqual(cluster.statusOf(OTHER).phase, "Running")
      assert.deepStrictEqual(cluster.keysHeldTwice(), [])
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-15: is taken by one of two nodes in every order of their calls", () =>
    Effect.gen(function* () {
      const orders = yield* Interleave.every((lockstep) =>
        Effect.gen(function* () {
          const cluster = yield* TestCluster.make()
          yield* both(cluster)
          yield* cluster.reconcile
          yield* cluster.reconcileOther(OTHER)
          const side = Effect.fnUntraced(function* (name: "left" | "right", key: typeof TestCluster.KEY) {
            const reconcile = yield* cluster.boot
            const context = yield* Layer.build(lockstep.layer(name))
            return reconcile(key).pipe(Effect.provideContext(context))
          })
          yield* lockstep.race(yield* side("left", TestCluster.KEY), yield* side("right", TestCluster.keyOf(OTHER)))
          const made = [cluster.statefulSet(), cluster.statefulSetOf(OTHER)].filter((each) => each !== undefined)
          assert.strictEqual(made.length, 1)
          assert.deepStrictEqual(cluster.keysHeldTwice(), [])
        }).pipe(Effect.scoped, Effect.provide(TestCluster.layer))
      )
      assert.isAbove(orders.length, 10)
    })
  )
})
