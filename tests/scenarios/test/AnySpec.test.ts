/**
 * Specs by chance: what admission lets in is planned, refused by name, or waited for; never a dead end without a word.
 * `SPECS=1000` tries as many.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import { InMemoryKubernetes, SeededRandom } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"
import * as Specs from "../harness/Specs.ts"

const SEEDS = SeededRandom.seeds(Number(process.env.SPECS ?? 50))

/** What may stand around a node, each three times in four. */
const surround = (cluster: TestCluster.TestCluster, random: SeededRandom.SeededRandom) => {
  const parts = [
    Cases.syncers(cluster),
    Cases.claim(cluster, "mine"),
    Cases.secret(cluster, "signing-key", Cases.SIGNING_KEY),
    Cases.secret(cluster, "node-key", Cases.NODE_KEY),
    Cases.secret(cluster, "keyring", Cases.KEYRING),
    Cases.secret(cluster, "passphrase", Cases.PASSPHRASE)
  ]
  return Effect.all(parts.filter(() => random.below(4) > 0))
}

/** How a node answers its spec. */
type Answer = "not admitted" | "running" | "failed" | "refused" | "waiting" | "paused"

/** What the object itself says; dies when it says nothing. */
const answerOf = (cluster: TestCluster.TestCluster): Answer => {
  const { phase, waiting } = cluster.status()
  const degraded = cluster.condition("Degraded")
  if (cluster.condition("Paused").status === "True") return "paused"
  if (degraded.reason === "PlanRefused") {
    assert.strictEqual(degraded.status, "True")
    assert.match(String(degraded.message), /^spec(?:\.\w+)*(?:\["[^\n]*"\])?: \S/u)
    return "refused"
  }
  if (waiting !== undefined) {
    assert.isNotEmpty(TestCluster.asObject(waiting).for)
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

/** Makes a node of a spec in a new world, lets it be for a while, and judges. */
const live = (seed: number, random: SeededRandom.SeededRandom, spec: TestCluster.Json) =>
  Effect.gen(function* () {
    const cluster = yield* TestCluster.make()
    const { ask } = yield* InMemoryKubernetes.InMemoryKubernetes
    yield* surround(cluster, random)
    cluster.agents.setReachable(TestCluster.ADDRESS, false)
    const body = Fixtures.manifest(spec)
    const { code } = ask(TestCluster.NODE, { verb: "create", namespace: TestCluster.NAMESPACE, body })
    if (code !== 201) {
      assert.strictEqual(code, 422)
      return "not admitted"
    }
    let tasks = 0
    const count = Effect.sync(() => {
      tasks = Math.max(tasks, TestCluster.tasks(cluster.plan()).length)
      return false
    })
    yield* Effect.ignore(cluster.converge({ maxPasses: 50, until: count }))
    const answer = answerOf(cluster)
    if (answer === "running") assert.isAbove(tasks, 0)
    assert.isAtMost(TestCluster.requests(yield* cluster.calls).patchStatus ?? 0, tasks * 2 + 10)
    yield* cluster.invariantsHold
    return answer
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.die(new Error(`seed ${seed}: ${JSON.stringify(spec)}`, { cause: Cause.squash(cause) }))
    ),
    Effect.provide([TestCluster.layer, TestClock.layer()])
  )

describe("any spec", () => {
  it.effect("INV-10, INV-13: is planned, refused with its field, or waited for, at few writes", () =>
    Effect.gen(function* () {
      const answers = new Map<string, number>()
      for (const seed of SEEDS) {
        const random = SeededRandom.of(seed)
        const answer = yield* live(seed, random, Specs.random(random))
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
      assert.isAbove(SEEDS.length - (answers.get("not admitted") ?? 0), SEEDS.length / 3)
      for (const answer of ["running", "refused", "waiting", "paused"]) assert.isTrue(answers.has(answer), answer)
    })
  )
})
