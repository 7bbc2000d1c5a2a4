import { assert, describe, it } from "@effect/vitest"
import { Faults } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

/** A path through a pass: how to reach it, and how many status writes the next pass makes. */
interface Path {
  readonly name: string
  readonly reach: (cluster: NodeCluster.NodeCluster) => Effect.Effect<unknown, unknown>
  readonly writes: number
}

const foreignPlan = {
  phase: "Initializing",
  plan: {
    id: "0c7c8c4e-6f0e-4d8e-9f3a-3c2f8f0d1a11",
    phase: "Active",
    targetPhase: "Running",
    failedPhase: "Failed",
    tasks: [
      {
        type: "ensure-data-pvc",
        id: "92f1e14c-2a7d-5fab-aa68-4d817362faa0",
        status: "Pending",
        params: { nodeName: NodeCluster.NAME, namespace: NodeCluster.NAMESPACE }
      }
    ]
  }
}

const paths: ReadonlyArray<Path> = [
  { name: "creation", reach: (cluster) => cluster.create(), writes: 1 },
  { name: "execution", reach: (cluster) => Effect.andThen(cluster.create(), cluster.reconcile), writes: 1 },
  {
    name: "waiting",
    reach: (cluster) => NodeCluster.until(cluster, NodeCluster.submitted(cluster, "configure-genesis")),
    writes: 0
  },
  {
    name: "completion",
    reach: (cluster) =>
      Effect.andThen(
        NodeCluster.until(cluster, NodeCluster.submitted(cluster, "config-validate")),
        NodeCluster.taskTime
      ),
    writes: 1
  },
  {
    name: "removal of the plan",
    reach: (cluster) => NodeCluster.until(cluster, () => cluster.plan().phase === "Complete"),
    writes: 1
  },
  {
    name: "failure",
    reach: (cluster) => {
      cluster.agents.script("config-apply", { failures: 1 })
      return Effect.andThen(
        NodeCluster.until(cluster, NodeCluster.submitted(cluster, "config-apply")),
        NodeCluster.taskTime
      )
    },
    writes: 1
  },
  {
    name: "retry",
    reach: (cluster) => {
      cluster.agents.script("configure-genesis", { failures: 1 })
      return Effect.andThen(
        NodeCluster.until(cluster, NodeCluster.submitted(cluster, "configure-genesis")),
        NodeCluster.taskTime
      )
    },
    writes: 1
  },
  { name: "rejection", reach: (cluster) => cluster.create({ fullNode: { snapshot: { stateSync: {} } } }), writes: 1 },
  {
    name: "update",
    reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.edit({ image: "sei:v2" })),
    writes: 1
  },
  {
    name: "pause",
    reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.edit({ paused: true })),
    writes: 1
  },
  {
    name: "scaling down for a pause",
    reach: (cluster) =>
      Effect.andThen(NodeCluster.converged(cluster), Effect.andThen(cluster.edit({ paused: true }), cluster.reconcile)),
    writes: 0
  },
  {
    name: "unpause",
    reach: (cluster) =>
      Effect.andThen(
        cluster.create({ paused: true }),
        Effect.andThen(cluster.reconcile, cluster.edit({ paused: false }))
      ),
    writes: 1
  },
  { name: "deletion", reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.remove), writes: 1 },
  {
    name: "cleanup",
    reach: (cluster) =>
      Effect.andThen(NodeCluster.converged(cluster), Effect.andThen(cluster.remove, cluster.reconcile)),
    writes: 0
  },
  { name: "takeover", reach: (cluster) => Effect.andThen(cluster.create(), cluster.tamper(foreignPlan)), writes: 1 },
  { name: "no-op", reach: NodeCluster.converged, writes: 0 }
]

describe("status writes of a pass", () => {
  it.effect.each(paths)("INV-2: $name makes exactly $writes", ({ reach, writes }) =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* reach(cluster)
      yield* cluster.callLog.clear
      yield* cluster.reconcile
      const calls = yield* cluster.calls
      assert.strictEqual(calls.filter(({ verb }) => verb === "patchStatus").length, writes)
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-2: a write that conflicts is not retried in its pass", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.callLog.clear
      cluster.inject(Faults.conflict)
      yield* cluster.reconcile
      const calls = yield* cluster.calls
      assert.deepStrictEqual(
        calls.filter(({ verb }) => verb === "patchStatus").map(({ result }) => result),
        ["conflict"]
      )
      yield* cluster.expectInvariants
    })
  )
})
