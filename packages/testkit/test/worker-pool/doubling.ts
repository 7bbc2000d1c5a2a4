/** A worker that doubles numbers and dies on negative ones. */
import * as Effect from "effect/Effect"
import * as WorkerPool from "../../src/explore/WorkerPool.ts"

Effect.runFork(
  WorkerPool.serve((data) =>
    Effect.succeed((job) =>
      Number(job) < 0 ? Effect.die(new Error(`${job} is negative`)) : Effect.succeed(Number(job) * Number(data))
    )
  )
)
