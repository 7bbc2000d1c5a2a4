import { assert, describe, it } from "@effect/vitest"
import { CallLog, Interleave } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestCluster from "../harness/NodeCluster.ts"

/** A moment at which two turns can meet: how to get there. */
interface Moment {
  readonly name: string
  readonly reach: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown, TestCluster.Services>
  /** The status writes that must win: one, or none where nothing is to be written. */
  readonly writes: number
}

const moments: ReadonlyArray<Moment> = [
  { name: "creation", reach: (cluster) => cluster.create(), writes: 1 },
  {
    name: "a claim",
    reach: (cluster) =>
      Effect.andThen(
        TestCluster.until(cluster, TestCluster.submitted(cluster, "configure-genesis")),
        TestCluster.later
      ),
    writes: 1
  },
  {
    name: "completion",
    reach: (cluster) =>
      Effect.andThen(TestCluster.until(cluster, TestCluster.submitted(cluster, "config-validate")), TestCluster.later),
    writes: 1
  },
  {
    name: "clearing",
    reach: (cluster) => TestCluster.until(cluster, () => cluster.plan().phase === "Complete"),
    writes: 1
  },
  {
    name: "a failure",
    reach: (cluster) => {
      cluster.agents.script("config-apply", { failures: 1 })
      return Effect.andThen(
        TestCluster.until(cluster, TestCluster.submitted(cluster, "config-apply")),
        TestCluster.later
      )
    },
    writes: 1
  },
  {
    name: "an update",
    reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.edit({ image: "sei:v2" })),
    writes: 1
  },
  {
    name: "a pause",
    reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.edit({ paused: true })),
    writes: 1
  },
  { name: "a deletion", reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.remove), writes: 1 },
  { name: "rest", reach: TestCluster.converged, writes: 0 }
]

describe("two turns that hold the same version of a node, in every order of their calls", () => {
  it.effect.each(moments)(
    "INV-3, INV-8, INV-14: at $name one write wins, the loser changes nothing, nothing is sent twice",
    (moment) =>
      Effect.gen(function* () {
        const orders = yield* Interleave.every((lockstep) =>
          Effect.gen(function* () {
            const cluster = yield* TestCluster.make()
            yield* moment.reach(cluster)
            yield* cluster.callLog.clear
            const before = cluster.node()?.metadata.resourceVersion
            const side = Effect.fnUntraced(function* (name: "left" | "right") {
              const reconcile = yield* cluster.boot
              const context = yield* Layer.build(lockstep.layer(name))
              return reconcile(TestCluster.KEY).pipe(
                Effect.provideContext(context),
                Effect.provideService(CallLog.CurrentProcess, name)
              )
            })
            yield* lockstep.race(yield* side("left"), yield* side("right"))
            const calls = yield* cluster.calls
            const writes = calls.filter(({ verb }) => verb === "patchStatus")
            const seen = writes.filter(({ pass }) => pass?.observedVersion === before)
            assert.strictEqual(seen.filter(({ result }) => result === "ok").length, moment.writes)
            const ids = calls.flatMap(({ result, sent, verb }) =>
              verb === "submit" && result === "ok" ? [`${TestCluster.asObject(TestCluster.asJson(sent)).type}`] : []
            )
            assert.deepStrictEqual(
              ids.filter((type) => type !== "mark-ready").length,
              new Set(ids.filter((type) => type !== "mark-ready")).size
            )
            yield* cluster.invariantsHold
            yield* cluster.converge()
            yield* cluster.invariantsHold
          }).pipe(Effect.scoped, Effect.provide(TestCluster.layer))
        )
        assert.isAbove(orders.length, 0)
      })
  )
})
