/** What holds of every spec. The seed is fixed: a failure prints what replays it. `SPECS=1000` tries as many. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"
import * as WildSpecs from "../harness/WildSpecs.ts"

const RUNS = Number(process.env.SPECS ?? 60)
const SEED = "every spec"

/** A path of a field and a reason, as `spec.overrides["a.b"]: is …`. */
const FIELD_AND_REASON = /^spec(?:\.\w+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])*: \S/su

/** Turns, without news from outside, in which a node comes to rest or to one wait that it shows. */
const PASSES = 60

/** Everything that a spec may refer to, as it should be. */
const prepared = (cluster: TestCluster.TestCluster, spec: TestCluster.Json) =>
  Effect.gen(function* () {
    cluster.finders.syncers.set(String(spec.chainId ?? Cases.CHAIN), ["rpc-1.example:26657", "rpc-2.example:26657"])
    yield* Cases.secret(cluster, "signing-key", Cases.SIGNING_KEY)
    yield* Cases.secret(cluster, "node-key", Cases.NODE_KEY)
    yield* Cases.secret(cluster, "keyring", Cases.KEYRING)
    yield* Cases.secret(cluster, "passphrase", Cases.PASSPHRASE)
    yield* Cases.claim(cluster, "mine")
  })

/** Runs turns until the node is at rest, or has waited for a while. */
const come = (cluster: TestCluster.TestCluster) =>
  cluster.converge({ maxPasses: PASSES, maxTime: "2 minutes" }).pipe(
    Effect.as("rest"),
    Effect.catchTag("NotConverged", ({ passes }) => Effect.succeed(passes < PASSES ? "wait" : "loop"))
  )

/** One spec from its creation on; `false` when admission does not let it in. */
const live = (spec: TestCluster.Json) =>
  Effect.gen(function* () {
    const cluster = yield* TestCluster.make()
    yield* prepared(cluster, spec)
    const refusal = yield* Effect.as(cluster.create(spec), "").pipe(
      Effect.catchDefect((why) => Effect.succeed(`${why}`))
    )
    if (refusal !== "") {
      assert.match(refusal, /^Error: 422: /u)
      return false
    }
    const end = yield* come(cluster)
    const calls = yield* cluster.calls
    const planned = calls.flatMap(({ after, result, verb }) =>
      verb === "patchStatus" && result === "ok"
        ? TestCluster.tasks(TestCluster.asObject(TestCluster.asObject(after?.status).plan))
        : []
    )
    const tasks = new Set(planned.map(({ id }) => id)).size
    const degraded = cluster.condition("Degraded")
    if (tasks === 0) {
      assert.deepInclude(degraded, { status: "True", reason: "PlanRefused" })
      assert.match(String(degraded.message), FIELD_AND_REASON)
      assert.strictEqual(end, "rest")
    }
    if (cluster.status().phase === "Failed")
      assert.include(degraded.message, "the node starts again once this is fixed")
    if (end === "wait") assert.property(cluster.status(), "waiting")
    assert.notStrictEqual(end, "loop")
    assert.isEmpty(calls.filter(({ result, verb }) => verb === "patchStatus" && result === "rejected"))
    assert.isAtMost(calls.filter(({ verb }) => verb === "patchStatus").length, tasks + 6)
    yield* cluster.invariantsHold
    return true
  }).pipe(Effect.provide(TestCluster.layer), Effect.provide(TestClock.layer()))

describe("every spec that admission lets in", () => {
  it.effect("INV-10: is planned, or refused on the object with a field and a reason, and comes to rest", () =>
    Effect.gen(function* () {
      let accepted = 0
      const result = yield* Arbitrary.checkEffect(
        WildSpecs.specs,
        (spec) =>
          live(spec).pipe(
            Effect.map((isIn) => {
              accepted += isIn ? 1 : 0
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
