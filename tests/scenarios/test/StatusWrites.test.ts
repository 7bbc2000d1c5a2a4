import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

/** A path through a turn: how to get to it, and how many status writes its next turn makes. */
interface Path {
  readonly name: string
  readonly reach: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown, TestCluster.Services>
  readonly writes: number
}

const taken = {
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
        params: { nodeName: TestCluster.NAME, namespace: TestCluster.NAMESPACE }
      }
    ]
  }
}

const paths: ReadonlyArray<Path> = [
  { name: "creation", reach: (cluster) => cluster.create(), writes: 1 },
  { name: "execution", reach: (cluster) => Effect.andThen(cluster.create(), cluster.reconcile), writes: 1 },
  {
    name: "waiting",
    reach: (cluster) => TestCluster.until(cluster, TestCluster.submitted(cluster, "configure-genesis")),
    writes: 0
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
    name: "failure",
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
    name: "retry",
    reach: (cluster) => {
      cluster.agents.script("configure-genesis", { failures: 1 })
      return Effect.andThen(
        TestCluster.until(cluster, TestCluster.submitted(cluster, "configure-genesis")),
        TestCluster.later
      )
    },
    writes: 1
  },
  { name: "refusal", reach: (cluster) => cluster.create({ fullNode: { snapshot: { stateSync: {} } } }), writes: 1 },
  {
    name: "update",
    reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.edit({ image: "sei:v2" })),
    writes: 1
  },
  {
    name: "pause",
    reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.edit({ paused: true })),
    writes: 1
  },
  {
    name: "scaling down for a pause",
    reach: (cluster) =>
      Effect.andThen(TestCluster.converged(cluster), Effect.andThen(cluster.edit({ paused: true }), cluster.reconcile)),
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
  { name: "deletion", reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.remove), writes: 1 },
  {
    name: "letting go",
    reach: (cluster) =>
      Effect.andThen(TestCluster.converged(cluster), Effect.andThen(cluster.remove, cluster.reconcile)),
    writes: 0
  },
  { name: "takeover", reach: (cluster) => Effect.andThen(cluster.create(), cluster.tamper(taken)), writes: 1 },
  { name: "no-op", reach: TestCluster.converged, writes: 0 }
]

describe("status writes of a turn", () => {
  it.effect.each(paths)("INV-2: $name makes exactly $writes", ({ reach, writes }) =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* reach(cluster)
      yield* cluster.callLog.clear
      yield* cluster.reconcile
      const calls = yield* cluster.calls
      assert.strictEqual(calls.filter(({ verb }) => verb === "patchStatus").length, writes)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-2: a write that somebody else overtook is not tried again in its turn", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      yield* cluster.edit({ image: "sei:v2" })
      yield* cluster.callLog.clear
      yield* cluster.overtaken
      const calls = yield* cluster.calls
      assert.deepStrictEqual(
        calls.filter(({ verb }) => verb === "patchStatus").map(({ result }) => result),
        ["conflict"]
      )
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
