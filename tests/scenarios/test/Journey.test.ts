import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

describe("a full node from genesis", () => {
  it.effect("goes from nothing to Running (scenarios 2, 3, 4, 14)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* world.create()
      const first = yield* world.turn
      assert.strictEqual(first.requeue._tag, "Now")
      const took = yield* world.settle()
      console.log(took, World.requests(yield* world.calls), World.submissions(yield* world.calls))
      console.log(JSON.stringify(world.status(), null, 1))
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )
})
