/**
 * Properties of every spec that the schema allows. The seed is fixed, and a failure prints what replays it. `SPECS=1000`
 * runs that many specs.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Acts from "../harness/Acts.ts"
import * as ArbitrarySpecs from "../harness/ArbitrarySpecs.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import { CHAIN } from "../harness/NodeController.ts"

const RUNS = Number(process.env.SPECS ?? 60)
const SEED = "every spec"

/** The path of a field and a reason: `spec.overrides["a.b"]: is …`. */
const FIELD_AND_REASON = /^spec(?:\.\w+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])*: \S/su

/** Passes in which a node converges, or reaches a wait that its status shows. */
const PASSES = 60

/** Creates everything that a spec may refer to. */
const prepare = (cluster: NodeCluster.NodeCluster, spec: NodeCluster.Json) => {
  Cases.addSyncers(cluster, String(spec.chainId ?? CHAIN))
  return Effect.forEach([...Cases.secrets(), Acts.pvc("mine")], cluster.act)
}

/** Reconciles the node until it has converged or has waited for a while. */
const reconcile = (cluster: NodeCluster.NodeCluster) =>
  cluster.converge({ maxPasses: PASSES, maxTime: "2 minutes" }).pipe(
    Effect.as("converged"),
    Effect.catchTag("NotConverged", ({ passes }) => Effect.succeed(passes < PASSES ? "waiting" : "looping"))
  )

/** Reconciles a node with a spec in a new cluster; `false` when admission rejects the spec. */
const runSpec = (spec: NodeCluster.Json) =>
  NodeCluster.run((cluster) =>
    Effect.gen(function* () {
      yield* prepare(cluster, spec)
      const rejection = yield* Effect.matchEffect(cluster.create(spec), {
        onFailure: ({ code }) => Effect.succeed(code),
        onSuccess: () => Effect.succeed(undefined)
      })
      if (rejection !== undefined) {
        assert.strictEqual(rejection, 422)
        return false
      }
      const end = yield* reconcile(cluster)
      const calls = yield* cluster.calls
      const planned = calls.flatMap(({ after, result, verb }) =>
        verb === "patchStatus" && result === "ok"
          ? NodeCluster.tasks(NodeCluster.asObject(NodeCluster.asObject(after?.status).plan))
          : []
      )
      const tasks = new Set(planned.map(({ id }) => id)).size
      const degraded = cluster.condition("Degraded")
      if (tasks === 0) {
        assert.deepInclude(degraded, { status: "True", reason: "PlanRefused" })
        assert.match(String(degraded.message), FIELD_AND_REASON)
        assert.strictEqual(end, "converged")
      }
      if (cluster.status().phase === "Failed")
        assert.include(degraded.message, "the node starts again once this is fixed")
      if (end === "waiting") assert.property(cluster.status(), "waiting")
      assert.notStrictEqual(end, "looping")
      assert.isEmpty(calls.filter(({ result, verb }) => verb === "patchStatus" && result === "rejected"))
      assert.isAtMost(calls.filter(({ verb }) => verb === "patchStatus").length, tasks + 6)
      yield* cluster.expectInvariants
      return true
    })
  )

describe("every spec that admission accepts", () => {
  it.effect("INV-10: is planned, or rejected in the status with a field and a reason, and converges", () =>
    Effect.gen(function* () {
      let accepted = 0
      const result = yield* Arbitrary.checkEffect(
        ArbitrarySpecs.specs,
        (spec) =>
          runSpec(spec).pipe(
            Effect.map((isAccepted) => {
              accepted += isAccepted ? 1 : 0
              return true
            }),
            Effect.catchCause((cause) => Effect.fail(Cause.pretty(cause)))
          ),
        { runs: RUNS, seed: SEED, size: 16 }
      )
      assert.isUndefined(Arbitrary.formatCheckFailure(result))
      assert.isAtLeast(accepted, RUNS / 3)
    })
  )
})
