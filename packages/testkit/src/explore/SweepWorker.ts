/** A worker of a sweep: runs its share of the sweep of a scenario that a module exports. */
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

const prepare = Effect.fnUntraced(function* (data: unknown) {
  const { faults: names, module, name, pairs } = yield* Schema.decodeUnknownEffect(Data)(data)
  const exports: unknown = yield* Effect.promise(() =>
    import(module).catch((error: unknown) => ({ importError: error }))
  )
  const scenario = Predicate.hasProperty(exports, name) ? exports[name] : undefined
  const unusable = Predicate.hasProperty(exports, "importError")
    ? `cannot import ${module}: ${String(exports.importError)}`
    : `${module} exports no scenario named "${name}"`
  const faults = names.flatMap((fault) => Faults.named(fault) ?? [])
  return (job: unknown) =>
    Effect.gen(function* () {
      const share = yield* Schema.decodeUnknownEffect(Job)(job)
      if (!isScenario(scenario)) return { unusable }
      const report = yield* Effect.result(Sweep.run(scenario, { faults, pairs, share }))
      return report._tag === "Success" ? report.success : { unusable: report.failure.message }
    }).pipe(Effect.orDie)
}, Effect.orDie)

Effect.runFork(WorkerPool.serve(prepare))
