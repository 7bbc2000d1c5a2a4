/** Runs a conformance suite against a faulty implementation. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { InMemoryKubernetes } from "../../src/index.ts"

export const cluster = InMemoryKubernetes.layerWith({
  definitions: [Conformance.widgetDefinition],
  namespaces: ["sei"]
})

/** The names of the cases that fail, in order. */
export const failingCases = <R>(suite: ReadonlyArray<Conformance.ConformanceCase<R>>) =>
  Effect.map(
    Effect.forEach(suite, ({ name, run }) =>
      Effect.map(Effect.exit(run), (exit) => (Exit.isSuccess(exit) ? [] : [name]))
    ),
    (names) => names.flat()
  )
