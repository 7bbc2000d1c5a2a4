import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

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
    it.effect(`${each.title} has its steps in order, each with an id and parameters`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* Cases.begin(world, each)
        yield* world.turn
        assert.deepStrictEqual(World.types(world.plan()), [...each.steps])
        const tasks = World.tasks(world.plan())
        assert.isTrue(
          tasks.every(({ id, params, status }) => status === "Pending" && id !== "" && params !== undefined)
        )
        assert.strictEqual(new Set(tasks.map(({ id }) => id)).size, tasks.length)
        assert.deepInclude(world.plan(), { targetPhase: "Running", failedPhase: "Failed", phase: "Active" })
        assert.strictEqual(world.status().phase, "Initializing")
      }).pipe(Effect.provide(World.layer))
    )
  }
})

describe("the life of", () => {
  for (const each of cases) {
    it.effect(`${each.title}: from nothing to settled, through an image change and away, with every law held`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* Cases.begin(world, each)
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Running", JSON.stringify(world.status().waiting))
        assert.notProperty(world.status(), "plan")
        assert.notProperty(world.status(), "waiting")
        assert.deepStrictEqual(
          World.submissions(yield* world.calls),
          each.steps.filter((type) => World.isRemote(type))
        )
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle()
        assert.strictEqual(world.status().currentImage, "sei:v2")
        assert.deepInclude(world.condition("NodeUpdateInProgress"), { status: "False", reason: "UpdateComplete" })
        yield* world.remove
        yield* world.settle()
        assert.isUndefined(world.node())
        assert.isUndefined(world.pod())
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }
})
