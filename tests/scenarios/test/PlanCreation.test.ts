import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

/** A plan there is, and how to bring a node to the turn that records it. */
interface Kind {
  readonly name: string
  readonly reach: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown, TestCluster.Services>
  readonly first: string
}

const wrong = "sei:wrong"
const isStuck = (cluster: TestCluster.TestCluster) => () =>
  String(JSON.stringify(cluster.pod()?.status)).includes("ImagePullBackOff")

const kinds: ReadonlyArray<Kind> = [
  { name: "init", reach: (cluster) => cluster.create(), first: "ensure-data-pvc" },
  {
    name: "an init that supersedes another",
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* cluster.create({ image: wrong })
        yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
        yield* cluster.edit({ image: "sei:v2" })
      }),
    first: "ensure-data-pvc"
  },
  {
    name: "update",
    reach: (cluster) => Effect.andThen(TestCluster.converged(cluster), cluster.edit({ image: "sei:v2" })),
    first: "apply-statefulset"
  },
  {
    name: "an update that supersedes another",
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* TestCluster.converged(cluster)
        yield* cluster.edit({ image: wrong })
        yield* cluster.converge({ until: Effect.sync(isStuck(cluster)) })
        yield* cluster.edit({ image: "sei:v2" })
      }),
    first: "apply-statefulset"
  },
  {
    name: "an update that follows a failed one",
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* TestCluster.converged(cluster)
        cluster.agents.script("config-validate", { failures: 1_000 })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Failed") })
        yield* TestCluster.backOff
      }),
    first: "apply-statefulset"
  },
  {
    name: "restore",
    reach: (cluster) =>
      Effect.andThen(
        TestCluster.converged(cluster),
        cluster.other(TestCluster.StatefulSet, { verb: "delete", name: TestCluster.NAME })
      ),
    first: "apply-statefulset"
  },
  {
    name: "mark-ready",
    reach: (cluster) =>
      Effect.andThen(
        TestCluster.converged(cluster),
        Effect.sync(() => cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true }))
      ),
    first: "mark-ready"
  }
]

describe("the turn that records a plan", () => {
  it.effect.each(kinds)(
    "INV-1: $name: 0 submissions and 0 writes besides status and the finalizer",
    ({ first, reach }) =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* reach(cluster)
        const before = cluster.plan().id
        yield* cluster.callLog.clear
        yield* cluster.reconcile
        const calls = yield* cluster.calls
        assert.notStrictEqual(cluster.plan().id, before)
        assert.strictEqual(cluster.plan().phase, "Active")
        assert.strictEqual(TestCluster.types(cluster.plan())[0], first)
        assert.deepStrictEqual(TestCluster.submissions(calls), [])
        const writes = calls.filter(({ verb }) => !["poll", "health", "event", "setFinalizers"].includes(verb))
        assert.deepStrictEqual(
          writes.map(({ verb }) => verb),
          ["patchStatus"]
        )
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
  )
})
