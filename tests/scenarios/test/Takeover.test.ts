/** Nodes that the Go operator created: we read its plan, continue it, and do not overwrite it. */
import { assert, describe, it } from "@effect/vitest"
import { Identity as PlanIdentity, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as NodeCluster from "../harness/NodeCluster.ts"

const PLAN = TaskPlan.PlanId.make("0c7c8c4e-6f0e-4d8e-9f3a-3c2f8f0d1a11")
const here = { nodeName: NodeCluster.NAME, namespace: NodeCluster.NAMESPACE }
const intent = { mode: "full", overrides: { "logging.level": "error", "network.p2p.persistent_peers": "" } }

/** An init plan as the Go operator stores it: a random plan id, task ids by the shared scheme, none of our own fields. */
const initPlan = (done: number, submitted: ReadonlyArray<number>) => {
  const params = [here, here, here, here, { ExpectedGenesisHash: "" }, intent, {}, null]
  const tasks = NodeCluster.INIT.map((type, index) => ({
    type,
    id: PlanIdentity.taskId(PLAN, type, index),
    status: index < done ? "Complete" : "Pending",
    params: params[index] ?? null,
    ...(type === "configure-genesis" ? { maxRetries: 180 } : {}),
    ...(submitted.includes(index) ? { submittedAt: "1970-01-01T00:00:00Z" } : {})
  }))
  return { id: PLAN, phase: "Active", targetPhase: "Running", failedPhase: "Failed", tasks }
}

/** A cluster with a node whose objects exist and whose pod runs, and whose status has no plan. */
const withoutPlan = Effect.gen(function* () {
  const cluster = yield* NodeCluster.make()
  yield* NodeCluster.until(cluster, NodeCluster.submitted(cluster, "configure-genesis"))
  yield* cluster.tamper({ plan: null, conditions: null })
  yield* cluster.callLog.clear
  return cluster
})

describe("a node that the Go operator created", () => {
  it.effect("continues its plan: a submitted task is polled, not submitted again (scenario 22)", () =>
    Effect.gen(function* () {
      const cluster = yield* withoutPlan
      const plan = initPlan(4, [4])
      const [, , , , genesis] = plan.tasks
      cluster.agents.at(NodeCluster.ADDRESS).submit(genesis?.id ?? "", "configure-genesis", undefined, 0)
      yield* cluster.tamper({ plan })
      yield* TestClock.adjust("1 second")
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [
        "config-apply",
        "config-validate",
        "mark-ready"
      ])
      assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls).apply, undefined)
      yield* cluster.expectInvariants
    })
  )

  it.effect("submits a task that was stored as submitted and never reached the sidecar (scenario 23)", () =>
    Effect.gen(function* () {
      const cluster = yield* withoutPlan
      yield* cluster.tamper({ plan: initPlan(5, [5]) })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [
        "config-apply",
        "config-validate",
        "mark-ready"
      ])
      yield* cluster.expectInvariants
    })
  )

  it.effect("keeps its pod when it runs without recorded images, which are then recorded (scenario 53)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* NodeCluster.converged(cluster)
      const pod = cluster.pod()?.metadata.uid
      yield* cluster.tamper({ currentImage: null, currentSidecarImage: null })
      yield* cluster.callLog.clear
      yield* cluster.converge()
      assert.strictEqual(cluster.status().currentImage, "ghcr.io/sei-protocol/sei:v6.1.0")
      assert.strictEqual(cluster.pod()?.metadata.uid, pod)
      assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), { patchStatus: 1 })
    })
  )
})
