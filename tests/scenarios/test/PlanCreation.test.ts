import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

/** A kind of plan, and how to bring a node to the pass that stores it. */
interface Kind {
  readonly name: string
  readonly reach: (cluster: NodeCluster.NodeCluster) => Effect.Effect<unknown, unknown>
  readonly first: string
}

const wrong = "sei:wrong"

const kinds: ReadonlyArray<Kind> = [
  { name: "init", reach: (cluster) => cluster.create(), first: "ensure-data-pvc" },
  {
    name: "an init that supersedes another",
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* cluster.create({ image: wrong })
        yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
        yield* cluster.edit({ image: "sei:v2" })
      }),
    first: "ensure-data-pvc"
  },
  {
    name: "update",
    reach: (cluster) => Effect.andThen(NodeCluster.converged(cluster), cluster.edit({ image: "sei:v2" })),
    first: "apply-statefulset"
  },
  {
    name: "an update that supersedes another",
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* NodeCluster.converged(cluster)
        yield* cluster.edit({ image: wrong })
        yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
        yield* cluster.edit({ image: "sei:v2" })
      }),
    first: "apply-statefulset"
  },
  {
    name: "an update that follows a failed one",
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* NodeCluster.converged(cluster)
        cluster.agents.script("config-validate", { failures: 1_000 })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge({ until: () => cluster.plan().phase === "Failed" })
        yield* NodeCluster.backOff
      }),
    first: "apply-statefulset"
  },
  {
    name: "restore",
    reach: (cluster) =>
      Effect.andThen(
        NodeCluster.converged(cluster),
        cluster.act(Acts.remove(NodeCluster.StatefulSet, NodeCluster.NAME))
      ),
    first: "apply-statefulset"
  },
  {
    name: "mark-ready",
    reach: (cluster) =>
      Effect.andThen(
        NodeCluster.converged(cluster),
        Effect.sync(() => cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true }))
      ),
    first: "mark-ready"
  }
]

describe("the pass that stores a plan", () => {
  it.effect.each(kinds)("INV-1: $name: no submission and no write except status and finalizer", ({ first, reach }) =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make({ kubelet: { pulls: (image) => image !== wrong } })
      yield* reach(cluster)
      const before = cluster.plan().id
      yield* cluster.callLog.clear
      yield* cluster.reconcile
      const calls = yield* cluster.calls
      assert.notStrictEqual(cluster.plan().id, before)
      assert.strictEqual(cluster.plan().phase, "Active")
      assert.strictEqual(NodeCluster.types(cluster.plan())[0], first)
      assert.deepStrictEqual(NodeCluster.submissions(calls), [])
      const writes = calls.filter(({ verb }) => !["poll", "health", "event", "setFinalizers"].includes(verb))
      assert.deepStrictEqual(
        writes.map(({ verb }) => verb),
        ["patchStatus"]
      )
      yield* cluster.expectInvariants
    })
  )
})
