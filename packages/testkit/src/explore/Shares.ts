/** What a core does that shares a sweep: every nth run of the scenario that a module exports. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Faults from "../faults/Faults.ts"
import type { Scenario } from "./Scenario.ts"
import * as Sweep from "./Sweep.ts"
import * as WorkerPool from "./WorkerPool.ts"

const Data = Schema.Struct({
  module: Schema.String,
  name: Schema.String,
  faults: Schema.Array(Schema.String),
  pairs: Schema.Boolean
})
const Job = Schema.Struct({ index: Schema.Int, of: Schema.Int })

const isScenario = (value: unknown): value is Scenario =>
  Predicate.hasProperty(value, "controllerUnderTest") && Predicate.hasProperty(value, "script")

const shares = Effect.fnUntraced(function* (data: unknown) {
  const { faults, module, name, pairs } = yield* Schema.decodeUnknownEffect(Data)(data)
  const found: unknown = yield* Effect.promise(() => import(module).catch((error: unknown) => ({ unloaded: error })))
  const scenario = Predicate.hasProperty(found, name) ? found[name] : undefined
  const why = Predicate.hasProperty(found, "unloaded")
    ? `${module} does not load: ${String(found.unloaded)}`
    : `${module} exports no scenario called ${name}`
  const chosen = faults.flatMap((each) => Faults.named(each) ?? [])
  return (job: unknown) =>
    Effect.gen(function* () {
      const share = yield* Schema.decodeUnknownEffect(Job)(job)
      if (!isScenario(scenario)) return { unfit: why }
      const report = yield* Effect.result(Sweep.run(scenario, { faults: chosen, pairs, share }))
      return report._tag === "Success" ? report.success : { unfit: report.failure.message }
    }).pipe(Effect.orDie)
}, Effect.orDie)

Effect.runFork(WorkerPool.serve(shares))
