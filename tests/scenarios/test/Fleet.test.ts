import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fleet from "../harness/Fleet.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

/** A thousand with `FLEET=full`. */
const NODES = process.env.FLEET === "full" ? 1_000 : 25
const names = Array.from({ length: NODES }, (_, index) => `node-${index}`)
const image = (tag: string) => ({ image: `sei:${tag}` })

describe(`${NODES} nodes at once`, () => {
  it.effect("INV-5: settle with the requests that one node takes, and then cause none", () =>
    Effect.gen(function* () {
      const fleet = yield* Fleet.make
      for (const name of names) yield* fleet.create(name, image("v1"))
      yield* fleet.pass("1 minute")
      assert.deepStrictEqual(fleet.phases(), { "Running sei:v1": NODES })
      const calls = yield* fleet.take
      yield* Fleet.invariantsHold(calls)
      assert.strictEqual(calls.size, NODES)
      for (const each of calls.values()) {
        assert.deepStrictEqual(TestCluster.requests(each), {
          setFinalizers: 1,
          patchStatus: 7,
          event: 2,
          create: 1,
          apply: 3
        })
      }
      yield* fleet.pass("1 hour")
      assert.strictEqual((yield* fleet.take).size, 0)
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
