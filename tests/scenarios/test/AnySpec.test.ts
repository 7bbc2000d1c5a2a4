/**
 * Random specs. A spec that admission accepts is planned, rejected with the name of its field, or waits for what it refers
 * to; the status always says which. `SPECS=1000` runs that many seeds.
 */
import { assert, describe, it } from "@effect/vitest"
import { SeededRandom } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import * as RandomSpecs from "../harness/RandomSpecs.ts"

const SEEDS = SeededRandom.seeds(Number(process.env.SPECS ?? 50))

/** Creates what a spec may refer to, each object with a probability of three in four. */
const prepare = (cluster: NodeCluster.NodeCluster, random: SeededRandom.SeededRandom) => {
  const hasSyncers = random.below(4) > 0
  const objects = [Acts.pvc("mine"), ...Cases.secrets()].filter(() => random.below(4) > 0)
  if (hasSyncers) Cases.addSyncers(cluster)
  return Effect.forEach(objects, cluster.act)
}

type Outcome = "not admitted" | "running" | "failed" | "rejected" | "waiting" | "paused"

/** The outcome that the status shows; throws when the status shows none. */
const outcomeOf = (cluster: NodeCluster.NodeCluster): Outcome => {
  const { phase, waiting } = cluster.status()
  const degraded = cluster.condition("Degraded")
  if (cluster.condition("Paused").status === "True") return "paused"
  if (degraded.reason === "PlanRefused") {
    assert.strictEqual(degraded.status, "True")
    assert.match(String(degraded.message), /^spec(?:\.\w+)*(?:\["[^\n]*"\])?: \S/u)
    return "rejected"
  }
  if (waiting !== undefined) {
    assert.isNotEmpty(cluster.waiting().for)
    return "waiting"
  }
  if (phase === "Failed") {
    assert.deepInclude(degraded, { status: "True", reason: "PlanFailed" })
    return "failed"
  }
  assert.strictEqual(phase, "Running")
  assert.strictEqual(degraded.status, "False")
  return "running"
}

/** Creates a node with a spec in a new cluster, reconciles it for a while, and returns the outcome. */
const runSpec = (seed: number, random: SeededRandom.SeededRandom, spec: NodeCluster.Json) =>
  NodeCluster.run((cluster) =>
    Effect.gen(function* () {
      yield* prepare(cluster, random)
      const rejection = yield* Effect.matchEffect(cluster.create(spec), {
        onFailure: ({ code }) => Effect.succeed(code),
        onSuccess: () => Effect.succeed(undefined)
      })
      if (rejection !== undefined) {
        assert.strictEqual(rejection, 422)
        return "not admitted"
      }
      let tasks = 0
      const countTasks = () => {
        tasks = Math.max(tasks, NodeCluster.tasks(cluster.plan()).length)
        return false
      }
      yield* Effect.ignore(cluster.converge({ maxPasses: 50, until: countTasks }))
      const outcome = outcomeOf(cluster)
      if (outcome === "running") assert.isAbove(tasks, 0)
      assert.isAtMost(NodeCluster.requests(yield* cluster.calls).patchStatus ?? 0, tasks * 2 + 10)
      yield* cluster.expectInvariants
      return outcome
    })
  ).pipe(
    Effect.catchCause((cause) =>
      Effect.die(new Error(`seed ${seed}: ${JSON.stringify(spec)}`, { cause: Cause.squash(cause) }))
    )
  )

describe("a random spec", () => {
  it.effect("INV-10, INV-13: is planned, rejected with its field, or waits, with few status writes", () =>
    Effect.gen(function* () {
      const outcomes = new Map<string, number>()
      for (const seed of SEEDS) {
        const random = SeededRandom.of(seed)
        const outcome = yield* runSpec(seed, random, RandomSpecs.random(random))
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      assert.isAbove(SEEDS.length - (outcomes.get("not admitted") ?? 0), SEEDS.length / 3)
      for (const outcome of ["running", "rejected", "waiting", "paused"]) {
        assert.isTrue(outcomes.has(outcome), outcome)
      }
    })
  )
})
