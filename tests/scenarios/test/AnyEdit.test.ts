/**
 * Edits and losses by chance, at any moment of any node's life, and then calm. `SEEDS=1000` tries as many; `SEED=7` that one
 * alone.
 */
import { assert, describe, it } from "@effect/vitest"
import { Identity } from "@portolan/sei"
import { SeededRandom } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as Edits from "../harness/Edits.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const { SEED, SEEDS = "12" } = process.env
const seeds = SEED === undefined ? SeededRandom.seeds(Number(SEEDS)) : [Number(SEED)]

const kubelet = { pulls: (image: string) => image !== Edits.WRONG }

/** A life by chance: the node, what happens to it, and after how many turns each. */
const runOf = (random: SeededRandom.SeededRandom) => {
  const [first, ...rest] = Cases.cases
  const each = random.pick([first ?? Cases.named("a full node from genesis"), ...rest])
  const turning = random.below(3) === 0 ? Edits.turning(random, each.spec) : undefined
  const events = Edits.random(random).map((event) => ({ ...event, after: random.below(30) }))
  const when = random.below(events.length + 1)
  if (turning !== undefined) events.splice(when, 0, { ...Edits.edit(turning.edit), after: random.below(30) })
  return { each, events, turning }
}

/** Some turns, fewer if the node settles first or waits for what does not come. */
const passes = (cluster: TestCluster.TestCluster, count: number) => {
  let left = count
  const until = Effect.sync(() => --left < 0)
  return Effect.ignore(cluster.converge({ until, maxPasses: 40 }))
}

/** Whether the object says that it does not follow its spec. */
const isHeld = (cluster: TestCluster.TestCluster) =>
  cluster.condition("Degraded").reason === "PlanRefused" ||
  cluster.condition("PlanUpToDate").status === "False" ||
  TestCluster.asObject(cluster.status().waiting).reason === "ImmutableFieldChanged"

/** The image that the pod's node runs. */
const imageOf = (cluster: TestCluster.TestCluster) =>
  JSON.stringify(TestCluster.asObject(cluster.pod()?.spec).containers)

const assertConverged = (cluster: TestCluster.TestCluster) => {
  const { phase } = cluster.status()
  assert.strictEqual(phase, "Running", JSON.stringify(cluster.status()))
  assert.notProperty(cluster.status(), "plan")
  assert.notProperty(cluster.status(), "waiting")
  assert.strictEqual(cluster.condition("PlanUpToDate").status, "True")
  assert.strictEqual(cluster.condition("Degraded").status, "False")
  assert.include(imageOf(cluster), '"sei:v3"')
  assert.strictEqual(TestCluster.asObject(cluster.statefulSet()?.spec).replicas, 1)
}

const live = (seed: number) => {
  const { each, events, turning } = runOf(SeededRandom.of(seed))
  return Effect.gen(function* () {
    const cluster = yield* TestCluster.make({ kubelet })
    yield* Cases.claim(cluster, "theirs")
    yield* Cases.begin(cluster, each)
    const secrets = Edits.secrets(cluster)
    for (const { after, happen } of events) {
      yield* passes(cluster, after)
      yield* happen(cluster)
    }
    yield* passes(cluster, 5)
    yield* Edits.calm(cluster, secrets)
    if (turning !== undefined) yield* cluster.edit(turning.undo)
    yield* Effect.ignore(cluster.converge())
    if (turning !== undefined && isHeld(cluster)) {
      yield* Cases.syncers(cluster)
      yield* Cases.syncers(cluster, Edits.OTHER_CHAIN)
      yield* cluster.edit(turning.edit)
    }
    yield* cluster.converge()
    assertConverged(cluster)
    yield* cluster.invariantsHold
    yield* cluster.callLog.clear
    yield* TestClock.adjust("1 hour")
    yield* Effect.repeat(cluster.reconcile, { times: 2 })
    assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), {})
    yield* cluster.remove
    yield* cluster.converge()
    assert.isUndefined(cluster.node())
    assert.deepStrictEqual(cluster.keysHeldTwice(), [])
    assert.deepStrictEqual(cluster.disksHeldTwice(), [])
    yield* cluster.invariantsHold
  }).pipe(
    Effect.catchCause((cause) => {
      const notified = events.map(({ after, what }) => `after ${after} turns ${what}`).join("; ")
      const error = Cause.squash(cause)
      return Effect.die(new Error(`seed ${seed}: ${each.name}; ${notified}: ${String(error)}`, { cause: error }))
    }),
    Effect.provide([TestCluster.layer, TestClock.layer()])
  )
}

describe("any edit at any moment", () => {
  it.effect("INV-10: settles once what cannot stand is taken back, and the node can still be deleted", () =>
    Effect.forEach(seeds, live)
  )
})

describe("an object that an active plan has made", () => {
  const objects = [
    [TestCluster.ConfigMap, `${TestCluster.NAME}-rbac-proxy-config`],
    [TestCluster.StatefulSet, TestCluster.NAME],
    [Identity.Service, TestCluster.NAME]
  ] as const
  for (const [kind, name] of objects) {
    it.effect(`INV-10: is made again when somebody deletes it, and the plan goes on: ${kind.kind}`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        cluster.agents.script("config-apply", { durationMs: 60_000 })
        yield* cluster.create()
        yield* cluster.converge({ until: Effect.sync(TestCluster.submitted(cluster, "config-apply")) })
        const { id } = cluster.plan()
        yield* cluster.other(kind, { verb: "delete", name })
        yield* cluster.reconcile
        yield* cluster.other(kind, { verb: "get", name })
        yield* cluster.converge({ until: Effect.sync(() => cluster.plan().phase === "Complete") })
        assert.strictEqual(cluster.plan().id, id)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})
