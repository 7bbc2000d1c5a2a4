/** Nodes as the other controller leaves them: what it wrote is read, continued and not written over. */
import { assert, describe, it } from "@effect/vitest"
import { Identity as PlanIdentity, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as TestCluster from "../harness/NodeCluster.ts"

const PLAN = TaskPlan.PlanId.make("0c7c8c4e-6f0e-4d8e-9f3a-3c2f8f0d1a11")
const here = { nodeName: TestCluster.NAME, namespace: TestCluster.NAMESPACE }
const intent = { mode: "full", overrides: { "logging.level": "error", "network.p2p.persistent_peers": "" } }

/** An init plan in its form: a random plan id, task ids by the shared scheme, no fields of ours. */
const initPlan = (done: number, submitted: ReadonlyArray<number>) => {
  const params = [here, here, here, here, { ExpectedGenesisHash: "" }, intent, {}, null]
  const tasks = TestCluster.INIT.map((type, index) => ({
    type,
    id: PlanIdentity.taskId(PLAN, type, index),
    status: index < done ? "Complete" : "Pending",
    params: params[index] ?? null,
    ...(type === "configure-genesis" ? { maxRetries: 180 } : {}),
    ...(submitted.includes(index) ? { submittedAt: "1970-01-01T00:00:00Z" } : {})
  }))
  return { id: PLAN, phase: "Active", targetPhase: "Running", failedPhase: "Failed", tasks }
}

/** A node whose objects exist and whose pod runs, as if the other controller had made them. */
const made = Effect.gen(function* () {
  const cluster = yield* TestCluster.make()
  yield* TestCluster.until(cluster, () => TestCluster.submitted(cluster, "configure-genesis")())
  yield* cluster.tamper({ plan: null, conditions: null })
  yield* cluster.callLog.clear
  return cluster
})

describe("a node that another controller began", () => {
  it.effect("goes on with its plan: what it submitted is asked for, not sent again (scenario 22)", () =>
    Effect.gen(function* () {
      const cluster = yield* made
      const plan = initPlan(4, [4])
      const [, , , , genesis] = plan.tasks
      cluster.agents.at(TestCluster.ADDRESS).submit(genesis?.id ?? "", "configure-genesis", undefined, 0)
      yield* cluster.tamper({ plan })
      yield* TestClock.adjust("1 second")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [
        "config-apply",
        "config-validate",
        "mark-ready"
      ])
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls).apply, undefined)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("claims anew what was claimed and never reached the sidecar (scenario 23)", () =>
    Effect.gen(function* () {
      const cluster = yield* made
      yield* cluster.tamper({ plan: initPlan(5, [5]) })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [
        "config-apply",
        "config-validate",
        "mark-ready"
      ])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("that runs without recorded images is observed, not rolled (scenario 53)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* TestCluster.converged(cluster)
      const pod = cluster.pod()?.metadata.uid
      yield* cluster.tamper({ currentImage: null, currentSidecarImage: null })
      yield* cluster.callLog.clear
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "ghcr.io/sei-protocol/sei:v6.1.0")
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), { patchStatus: 1 })
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
