/** What a core does that shares seeds: it lives each, and says whether it failed. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Simulator from "../Simulator.ts"
import * as WorkerPool from "../WorkerPool.ts"
import * as Modules from "./Modules.ts"

const Data = Schema.Struct({ module: Schema.String, name: Schema.String })

const runs = Effect.fnUntraced(function* (data: unknown) {
  const { module, name } = yield* Schema.decodeUnknownEffect(Data)(data)
  const simulation = yield* Modules.load(new URL(module), name)
  return (job: unknown) =>
    Effect.gen(function* () {
      const seed = yield* Schema.decodeUnknownEffect(Schema.Int)(job)
      const { findings } = yield* Simulator.live(simulation, Simulator.scheduleOf(simulation, seed))
      return { seed, fails: findings.length > 0 }
    }).pipe(Effect.orDie)
}, Effect.orDie)

Effect.runFork(WorkerPool.serve(runs))
