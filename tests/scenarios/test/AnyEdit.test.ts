/**
 * Random edits and deletions at any moment of a node of any case; then they stop, and the node has to converge. `SEEDS=1000`
 * runs that many seeds, `SEED=7` runs seed 7 alone.
 */
import { assert, describe, it } from "@effect/vitest"
import { SeededRandom } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import * as RandomEdits from "../harness/RandomEdits.ts"

const { SEED, SEEDS = "12" } = process.env
const seeds = SEED === undefined ? SeededRandom.seeds(Number(SEEDS)) : [Number(SEED)]

const kubelet = { pulls: (image: string) => image !== RandomEdits.WRONG_IMAGE }

/** What a seed does: the case, the changes, and the number of passes before each. */
const planOf = (random: SeededRandom.SeededRandom) => {
  const [first, ...others] = Cases.cases
  const each = random.pick([first ?? Cases.named("a full node from genesis"), ...others])
  const identityEdit = random.below(3) === 0 ? RandomEdits.identityEdit(random, each.spec) : undefined
  const changes = RandomEdits.changes(random).map((change) => ({ ...change, after: random.below(30) }))
  const index = random.below(changes.length + 1)
  if (identityEdit !== undefined)
    changes.splice(index, 0, { ...RandomEdits.edit(identityEdit.edit), after: random.below(30) })
  return { each, changes, identityEdit }
}

/** Runs some passes; fewer when the node converges first, or when it waits for something that does not come. */
const passes = (cluster: NodeCluster.NodeCluster, count: number) => {
  let remaining = count
  return Effect.ignore(cluster.converge({ until: () => --remaining < 0, maxPasses: 40 }))
}

/** Whether the status says that the node does not follow its spec. */
const isHeld = (cluster: NodeCluster.NodeCluster) =>
  cluster.condition("Degraded").reason === "PlanRefused" ||
  cluster.condition("PlanUpToDate").status === "False" ||
  cluster.waiting().reason === "ImmutableFieldChanged"

const assertConverged = (cluster: NodeCluster.NodeCluster) => {
  const { phase } = cluster.status()
  assert.strictEqual(phase, "Running", JSON.stringify(cluster.status()))
  assert.notProperty(cluster.status(), "plan")
  assert.notProperty(cluster.status(), "waiting")
  assert.strictEqual(cluster.condition("PlanUpToDate").status, "True")
  assert.strictEqual(cluster.condition("Degraded").status, "False")
  assert.include(JSON.stringify(NodeCluster.asObject(cluster.pod()?.spec).containers), '"sei:v3"')
  assert.strictEqual(cluster.replicas(), 1)
}

const runSeed = (seed: number) => {
  const { changes, each, identityEdit } = planOf(SeededRandom.of(seed))
  return NodeCluster.run(
    (cluster) =>
      Effect.gen(function* () {
        yield* cluster.act(Acts.pvc("theirs"))
        yield* Cases.begin(cluster, each)
        const secrets = RandomEdits.existingSecrets(cluster)
        for (const { after, run } of changes) {
          yield* passes(cluster, after)
          yield* run(cluster)
        }
        yield* passes(cluster, 5)
        yield* RandomEdits.restore(cluster, secrets)
        if (identityEdit !== undefined) yield* cluster.edit(identityEdit.undo)
        yield* Effect.ignore(cluster.converge())
        if (identityEdit !== undefined && isHeld(cluster)) {
          Cases.addSyncers(cluster)
          Cases.addSyncers(cluster, RandomEdits.OTHER_CHAIN)
          yield* cluster.edit(identityEdit.edit)
        }
        yield* cluster.converge()
        assertConverged(cluster)
        yield* cluster.expectInvariants
        yield* cluster.callLog.clear
        yield* TestClock.adjust("1 hour")
        yield* Effect.repeat(cluster.reconcile, { times: 2 })
        assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), {})
        yield* cluster.remove
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.deepStrictEqual(cluster.violations(), [])
        yield* cluster.expectInvariants
      }),
    { kubelet }
  ).pipe(
    Effect.catchCause((cause) => {
      const steps = changes.map(({ after, description }) => `after ${after} passes ${description}`).join("; ")
      const error = Cause.squash(cause)
      return Effect.die(new Error(`seed ${seed}: ${each.name}; ${steps}: ${String(error)}`, { cause: error }))
    })
  )
}

describe("random edits and deletions at any moment", () => {
  it.effect("INV-10: the node converges once the blocking ones are taken back, and can still be deleted", () =>
    Effect.forEach(seeds, runSeed)
  )
})

describe("an object that an active plan created", () => {
  const objects = [
    [NodeCluster.ConfigMap, `${NodeCluster.NAME}-rbac-proxy-config`],
    [NodeCluster.StatefulSet, NodeCluster.NAME],
    [NodeCluster.Service, NodeCluster.NAME]
  ] as const
  for (const [kind, name] of objects) {
    it.effect(`INV-10: is created again when a user deletes it, and the plan continues: ${kind.kind}`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        cluster.agents.script("config-apply", { durationMs: 60_000 })
        yield* NodeCluster.until(cluster, NodeCluster.submitted(cluster, "config-apply"))
        const { id } = cluster.plan()
        yield* cluster.act(Acts.remove(kind, name))
        yield* cluster.reconcile
        assert.isDefined(cluster.find(name, kind))
        yield* cluster.converge({ until: () => cluster.plan().phase === "Complete" })
        assert.strictEqual(cluster.plan().id, id)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.expectInvariants
      })
    )
  }
})
