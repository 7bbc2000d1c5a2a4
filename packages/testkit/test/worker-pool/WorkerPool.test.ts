import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import { WorkerPool } from "../../src/index.ts"

const work = { worker: new URL("./doubling.ts", import.meta.url), data: 2, result: Schema.Int, cores: 2 }

describe("WorkerPool", () => {
  it.live("returns results in the order of the jobs", () =>
    Effect.gen(function* () {
      const jobs = Array.from({ length: 20 }, (_, index) => index)
      const results = yield* WorkerPool.run({ ...work, jobs })
      assert.deepStrictEqual(
        results,
        jobs.map((job) => job * 2)
      )
    })
  )

  it.live("ends with the first result that stops the work, whichever worker is faster", () =>
    Effect.gen(function* () {
      const results = yield* WorkerPool.run({ ...work, jobs: [1, 2, 30, 4, 50, 6], stopOn: (result) => result > 9 })
      assert.deepStrictEqual(results, [2, 4, 60])
    })
  )

  it.live("fails with the message of a job that died", () =>
    Effect.gen(function* () {
      const lost = yield* Effect.flip(WorkerPool.run({ ...work, cores: 1, jobs: [1, -1, 2] }))
      assert.strictEqual(lost.message, "-1 is negative")
    })
  )

  it.live("fails when the module of the workers does not load", () =>
    Effect.gen(function* () {
      const worker = new URL("./nowhere.ts", import.meta.url)
      const lost = yield* Effect.flip(WorkerPool.run({ ...work, worker, cores: 1, jobs: [1] }))
      assert.include(lost.message, "nowhere.ts")
    })
  )
})
