/**
 * The exact number of requests that a node takes. The numbers of the Go operator are measured for a full node from genesis:
 * 30 until it has converged, 26 for an image change. For the other cases they are derived from its passes: one more apply
 * and patch for each further task that it polls, and four more requests to create and delete a bootstrap's Job and Service.
 * A node with a signing key lists the pods of its namespace once before it takes the key (INV-15). The Go operator does not.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

interface Budget {
  readonly requests: number
  readonly statusWrites: number
  readonly goOperator: number
}

const INIT: { readonly [name: string]: Budget } = {
  "a full node from genesis": { requests: 14, statusWrites: 7, goOperator: 30 },
  "a full node by state sync": { requests: 15, statusWrites: 8, goOperator: 32 },
  "a full node from a snapshot": { requests: 16, statusWrites: 9, goOperator: 34 },
  "a full node by bootstrap": { requests: 26, statusWrites: 15, goOperator: 54 },
  "a full node on an imported volume": { requests: 13, statusWrites: 7, goOperator: 29 },
  "an archive": { requests: 14, statusWrites: 7, goOperator: 30 },
  "a replayer": { requests: 16, statusWrites: 9, goOperator: 34 },
  "a replayer by bootstrap": { requests: 26, statusWrites: 15, goOperator: 54 },
  "a validator": { requests: 14, statusWrites: 7, goOperator: 30 },
  "a validator with its keys": { requests: 16, statusWrites: 7, goOperator: 30 },
  "a validator from a snapshot": { requests: 18, statusWrites: 9, goOperator: 34 },
  "a validator by bootstrap": { requests: 28, statusWrites: 15, goOperator: 54 },
  "a validator of a new chain": { requests: 18, statusWrites: 11, goOperator: 38 },
  "a seed": { requests: 14, statusWrites: 7, goOperator: 30 }
}
const ROLLOUT = 11

const total = (requests: Readonly<Record<string, number>>) => Object.values(requests).reduce((sum, n) => sum + n, 0)

describe("the number of requests for", () => {
  for (const each of Cases.cases) {
    it.effect(
      `${each.name}: half of the Go operator's until converged, ${ROLLOUT} for an image change, then none`,
      () =>
        Effect.gen(function* () {
          const cluster = yield* NodeCluster.make()
          yield* Cases.begin(cluster, each)
          yield* cluster.converge()
          const init = NodeCluster.requests(yield* cluster.take)
          const budget = INIT[each.name]
          assert.deepStrictEqual([total(init), init.patchStatus], [budget?.requests, budget?.statusWrites])
          assert.isAtMost(total(init) - (init.list ?? 0), (budget?.goOperator ?? 0) / 2)
          yield* cluster.edit({ image: "sei:v2" })
          yield* cluster.converge()
          assert.isAtMost(total(NodeCluster.requests(yield* cluster.take)), ROLLOUT)
          yield* Effect.repeat(cluster.reconcile, { times: 5 })
          assert.deepStrictEqual(NodeCluster.requests(yield* cluster.take), {})
        })
    )
  }
})
