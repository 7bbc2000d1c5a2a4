/** A worker of `portolan-simulate`: runs one seed per job and returns whether it fails and what it reached. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Simulator from "../Simulator.ts"
import * as Sometimes from "../Sometimes.ts"
import * as WorkerPool from "../WorkerPool.ts"
import * as Modules from "./Modules.ts"

const Data = Schema.Struct({ module: Schema.String, name: Schema.String })

const prepare = Effect.fnUntraced(function* (data: unknown) {
  const { module, name } = yield* Schema.decodeUnknownEffect(Data)(data)
  const simulation = yield* Modules.load(new URL(module), name)
  return (job: unknown) =>
    Effect.gen(function* () {
      const seed = yield* Schema.decodeUnknownEffect(Schema.Int)(job)
      const run = yield* Simulator.run(simulation, Simulator.scheduleOf(simulation, seed))
      return { seed, fails: run.findings.length > 0, held: Sometimes.held(simulation.sometimes ?? [], run) }
    }).pipe(Effect.orDie)
}, Effect.orDie)

Effect.runFork(WorkerPool.serve(prepare))
