/**
 * Every path of a node's life, once for all invariants: creation, a task that fails and is retried, a plan that fails and is
 * built again, an update that supersedes another one, pause, a sidecar that restarts, adoption by a workflow, a lost object,
 * deletion. Each invariant is a test of its own, which also fails when nothing on these paths shows it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Invariants } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import { WRONG_IMAGE } from "../harness/RandomEdits.ts"

const PATHS = ["a full node from genesis", "a validator with its keys", "a full node from a snapshot"]

const live = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster, name: string) {
  const { agents, converge, edit, tamper } = cluster
  yield* create(cluster, name)
  assert.strictEqual(cluster.status().phase, "Running")
  yield* fails(cluster, "sei:v2", "sei:v3")
  yield* supersedes(cluster)
  yield* edit({ paused: true })
  yield* converge()
  yield* edit({ paused: false })
  yield* converge()
  agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true })
  yield* converge()
  yield* tamper({ adoptedWorkflow: { name: "w", uid: "u", adoptedAt: "2026-01-01T00:00:00Z" } })
  yield* edit({ image: "sei:v6" })
  yield* cluster.act(Acts.remove(NodeCluster.StatefulSet, Acts.NAME))
  yield* converge()
  yield* tamper({ adoptedWorkflow: null })
  yield* converge()
  assert.strictEqual(cluster.status().currentImage, "sei:v6")
  yield* cluster.remove
  yield* converge()
  assert.isUndefined(cluster.node())
})

/** The verdicts are on the calls that were made, also when the node does not get to the end of its path. */
const run = (name: string) =>
  NodeCluster.run(
    (cluster) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(live(cluster, name))
        const verdicts = Invariants.evaluate(yield* cluster.calls, cluster.expectations())
        return { exit, verdicts }
      }),
    { kubelet: { pulls: (image) => image !== WRONG_IMAGE } }
  )

/** The first attempt of a task fails; then the node converges. */
const create = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster, name: string) {
  cluster.agents.script("configure-genesis", { failures: 1, error: "no genesis yet" })
  yield* Cases.begin(cluster, Cases.named(name))
  yield* edits(cluster, "a")
  yield* cluster.converge()
})

/** As soon as a plan is stored, everything is edited that a task's parameters were computed from. */
const edits = Effect.fnUntraced(function* ({ converge, edit, plan }: NodeCluster.NodeCluster, host: string) {
  yield* converge({ until: () => plan().phase === "Active" })
  yield* edit({ externalAddress: `${host}.example.dev:26656`, overrides: { "p2p.send_rate": host } })
})

/** An update fails three times, its spec is edited during the back-off, and it fails once more before it succeeds. */
const fails = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster, first: string, second: string) {
  cluster.agents.script("config-validate", { failures: 1_000, error: "invalid" })
  yield* cluster.edit({ image: first })
  yield* edits(cluster, "b")
  yield* cluster.converge({ until: () => cluster.plan().attempt === 3 })
  yield* cluster.edit({ image: second })
  yield* cluster.converge({ until: () => cluster.plan().phase === "Failed" })
  cluster.agents.script("config-validate", {})
  yield* cluster.converge()
})

/** An image that cannot be pulled is corrected. */
const supersedes = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster) {
  yield* cluster.edit({ image: WRONG_IMAGE })
  yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
  yield* cluster.edit({ image: "sei:v5" })
  yield* cluster.converge()
})

/** Run once, read by every test. */
const runs = Effect.runPromise(Effect.forEach(PATHS, run))

describe("every path of a node's life", () => {
  it.each(PATHS)("ends as specified: %s", async (name) => {
    const { exit } = (await runs)[PATHS.indexOf(name)] ?? { exit: Exit.void }
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  })

  for (const { name } of Invariants.invariants) {
    it(`${name} holds`, async () => {
      const verdicts = (await runs).flatMap((run) => run.verdicts).filter(({ invariant }) => invariant.name === name)
      const violations = verdicts.flatMap((verdict) => (verdict._tag === "Violated" ? verdict.violations : []))
      if (violations.length > 0) throw new Invariants.InvariantViolation({ violations })
      assert.isTrue(
        verdicts.some(({ _tag }) => _tag === "Held"),
        "no path shows this invariant"
      )
    })
  }
})
