import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fleet from "../harness/Fleet.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

/** `FLEET=full` runs a thousand. */
const NODES = process.env.FLEET === "full" ? 1_000 : 25
const names = Array.from({ length: NODES }, (_, index) => `node-${index}`)

describe(`${NODES} nodes at once`, () => {
  it.effect("INV-5: converge with the requests that a single node takes, and then cause none", () =>
    Effect.gen(function* () {
      const fleet = yield* Fleet.make
      for (const name of names) yield* fleet.create(name, { image: "sei:v1" })
      yield* fleet.advance("1 minute")
      assert.deepStrictEqual(fleet.phases(), { "Running sei:v1": NODES })
      const calls = yield* fleet.take
      yield* Fleet.expectInvariants(calls)
      assert.strictEqual(calls.size, NODES)
      for (const each of calls.values()) {
        assert.deepStrictEqual(NodeCluster.requests(each), {
          setFinalizers: 1,
          patchStatus: 7,
          event: 2,
          create: 1,
          apply: 3
        })
      }
      yield* fleet.advance("1 hour")
      assert.strictEqual((yield* fleet.take).size, 0)
    })
  )
})
