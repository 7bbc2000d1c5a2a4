import { assert, describe, it } from "@effect/vitest"
import { Interleave } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

/** A state in which two processes reconcile the same node at once. */
interface Moment {
  readonly name: string
  readonly reach: (cluster: NodeCluster.NodeCluster) => Effect.Effect<unknown, unknown>
  /** How many status writes succeed: none where there is nothing to write. */
  readonly writes: number
}

const submitted = (cluster: NodeCluster.NodeCluster, type: string) =>
  NodeCluster.until(cluster, NodeCluster.submitted(cluster, type))

const ended = (cluster: NodeCluster.NodeCluster, type: string) =>
  Effect.andThen(submitted(cluster, type), NodeCluster.taskTime)

const moments: ReadonlyArray<Moment> = [
  { name: "creation", reach: (cluster) => cluster.create(), writes: 1 },
  { name: "the submission of a task", reach: (cluster) => ended(cluster, "configure-genesis"), writes: 1 },
  { name: "completion", reach: (cluster) => ended(cluster, "config-validate"), writes: 1 },
  {
    name: "the removal of a plan",
    reach: (cluster) => NodeCluster.until(cluster, () => cluster.plan().phase === "Complete"),
    writes: 1
  },
  {
    name: "a failure",
    reach: (cluster) => {
      cluster.agents.script("config-apply", { failures: 1 })
      return ended(cluster, "config-apply")
    },
    writes: 1
  },
  {
    name: "an update",
    reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.edit({ image: "sei:v2" })),
    writes: 1
  },
  {
    name: "a pause",
    reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.edit({ paused: true })),
    writes: 1
  },
  { name: "a deletion", reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.remove), writes: 1 },
  { name: "a converged node", reach: NodeCluster.converged, writes: 0 }
]

describe("two processes that reconcile the same version of a node, in every order of their calls", () => {
  it.effect.each(moments)(
    "INV-3, INV-8, INV-14: at $name one write succeeds, the other process changes nothing, no task is sent twice",
    (moment) =>
      Effect.gen(function* () {
        const orders = yield* Interleave.every((lockstep) =>
          NodeCluster.run((cluster) =>
            Effect.gen(function* () {
              yield* moment.reach(cluster)
              yield* cluster.callLog.clear
              const before = cluster.node()?.metadata.resourceVersion
              const left = yield* cluster.startAnother(lockstep.step("left"))
              const right = yield* cluster.startAnother(lockstep.step("right"))
              yield* lockstep.race(left.reconcile(NodeCluster.KEY), right.reconcile(NodeCluster.KEY))
              const calls = yield* cluster.calls
              const writes = calls.filter(
                ({ pass, verb }) => verb === "patchStatus" && pass?.observedVersion === before
              )
              assert.strictEqual(writes.filter(({ result }) => result === "ok").length, moment.writes)
              const sent = NodeCluster.submissions(calls.filter(({ result }) => result === "ok"))
              const types = sent.filter((type) => type !== "mark-ready")
              assert.deepStrictEqual(types.length, new Set(types).size)
              yield* cluster.expectInvariants
              yield* cluster.converge()
              yield* cluster.expectInvariants
            })
          )
        )
        assert.isAbove(orders.length, 0)
      })
  )
})
