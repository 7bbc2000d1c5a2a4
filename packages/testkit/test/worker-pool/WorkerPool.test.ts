import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert } from "vitest"
import { WorkerPool } from "../../src/index.ts"

const work = { worker: new URL("./doubling.ts", import.meta.url), data: 2, answer: Schema.Int, cores: 2 }

describe("work that cores share", () => {
  it.live("is answered in the order of its jobs", () =>
    Effect.gen(function* () {
      const jobs = Array.from({ length: 20 }, (_, index) => index)
      const answers = yield* WorkerPool.share({ ...work, jobs })
      assert.deepStrictEqual(
        answers,
        jobs.map((job) => job * 2)
      )
    })
  )

  it.live("ends with the first answer that is enough, whoever was faster", () =>
    Effect.gen(function* () {
      const answers = yield* WorkerPool.share({ ...work, jobs: [1, 2, 30, 4, 50, 6], isEnough: (answer) => answer > 9 })
      assert.deepStrictEqual(answers, [2, 4, 60])
    })
  )

  it.live("fails with the words of a job that died", () =>
    Effect.gen(function* () {
      const lost = yield* Effect.flip(WorkerPool.share({ ...work, cores: 1, jobs: [1, -1, 2] }))
      assert.strictEqual(lost.message, "-1 is negative")
    })
  )

  it.live("fails when its module does not come up", () =>
    Effect.gen(function* () {
      const worker = new URL("./nowhere.ts", import.meta.url)
      const lost = yield* Effect.flip(WorkerPool.share({ ...work, worker, cores: 1, jobs: [1] }))
      assert.include(lost.message, "nowhere.ts")
    })
  )
})
