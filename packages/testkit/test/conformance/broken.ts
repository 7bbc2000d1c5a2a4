/** A world for keepers that are worse than ours, and what is wrong with them. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { InMemoryKubernetes } from "../../src/index.ts"

export const cluster = InMemoryKubernetes.layerWith({
  definitions: [Conformance.widgetDefinition],
  namespaces: ["sei"]
})

/** The sentences that are not so, in order. */
export const broken = <R>(suite: ReadonlyArray<Conformance.ConformanceCase<R>>) =>
  Effect.map(
    Effect.forEach(suite, ({ run: holds, name: sentence }) =>
      Effect.map(Effect.exit(holds), (exit) => (Exit.isSuccess(exit) ? [] : [sentence]))
    ),
    (failed) => failed.flat()
  )
