/** A module that shares work: it doubles numbers, and dies of those that are negative. */
import * as Effect from "effect/Effect"
import * as Cores from "../../src/Cores.ts"

Effect.runFork(
  Cores.serve((data) =>
    Effect.succeed((job) =>
      Number(job) < 0 ? Effect.die(new Error(`${job} is negative`)) : Effect.succeed(Number(job) * Number(data))
    )
  )
)
