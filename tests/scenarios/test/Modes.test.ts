import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const SCENARIOS: { readonly [name: string]: string } = {
  "a full node from a snapshot": " (scenario 5)",
  "a full node by state sync": " (scenario 6)",
  "an archive": " (scenario 7)",
  "a validator with its keys": " (scenarios 8, 9)",
  "a validator by bootstrap": " (scenario 8)",
  "a seed": " (scenario 10)",
  "a validator of a new chain": " (scenario 11)"
}
const cases = Cases.cases.map((each) => ({ ...each, title: `${each.name}${SCENARIOS[each.name] ?? ""}` }))

describe("the first plan of", () => {
  for (const each of cases) {
    it.effect(`${each.title} has its tasks in order, each with an id and parameters`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.reconcile
        assert.deepStrictEqual(NodeCluster.types(cluster.plan()), [...each.steps])
        const tasks = NodeCluster.tasks(cluster.plan())
        assert.isTrue(
          tasks.every(({ id, params, status }) => status === "Pending" && id !== "" && params !== undefined)
        )
        assert.strictEqual(new Set(tasks.map(({ id }) => id)).size, tasks.length)
        assert.deepInclude(cluster.plan(), { targetPhase: "Running", failedPhase: "Failed", phase: "Active" })
        assert.strictEqual(cluster.status().phase, "Initializing")
      })
    )
  }
})

describe("the lifecycle of", () => {
  for (const each of cases) {
    it.effect(`${each.title}: creation, an image change and deletion, and every invariant holds`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running", JSON.stringify(cluster.status().waiting))
        assert.notProperty(cluster.status(), "plan")
        assert.notProperty(cluster.status(), "waiting")
        assert.deepStrictEqual(
          NodeCluster.submissions(yield* cluster.calls),
          each.steps.filter((type) => NodeCluster.isRemote(type))
        )
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().currentImage, "sei:v2")
        assert.deepInclude(cluster.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateComplete" })
        yield* cluster.remove
        yield* cluster.converge()
        assert.isUndefined(cluster.node())
        assert.isUndefined(cluster.pod())
        yield* cluster.expectInvariants
      })
    )
  }
})
