/** Sends the recorded requests to the emulated server, and compares the responses with the recorded ones. */
import * as Effect from "effect/Effect"
import { caseName } from "../cases/Scenario.ts"
import type { Corpus, Recorded } from "./Corpus.ts"
import * as CustomResources from "./CustomResources.ts"
import * as EmulatedServer from "./EmulatedServer.ts"
import { Equivalence } from "./Equivalence.ts"
import * as Nondeterminism from "./Nondeterminism.ts"
import * as Normalize from "./Normalize.ts"
import type { Response } from "./Run.ts"
import * as Run from "./Run.ts"

/** One request with the recorded response of the real server and the response of another one. */
export interface Comparison {
  readonly name: string
  readonly area: string
  readonly real: Response
  readonly other: Response
  readonly agrees: boolean
}

/** Every case of a corpus, in order. */
export const replay = ({ recorded }: Corpus): Effect.Effect<ReadonlyArray<Comparison>> =>
  Effect.gen(function* () {
    const server = yield* Effect.orDie(EmulatedServer.make)
    return yield* Effect.promise(async () => {
      await CustomResources.install(server)
      const comparisons: Array<Comparison> = []
      for (const entry of recorded) {
        comparisons.push(...compare(entry, Normalize.normalize(await Run.run(server, entry.scenario))))
      }
      return comparisons
    })
  }).pipe(Effect.scoped)

/** Compares the recorded responses of one scenario with those of another run. */
export const compare = (
  { answers, scenario }: Recorded,
  responses: ReadonlyArray<Response>
): ReadonlyArray<Comparison> => {
  const equivalence = new Equivalence()
  return scenario.steps.flatMap((step, index) => {
    const [real, other] = [answers[index], responses[index]]
    if (real === undefined || other === undefined) return []
    const agrees = equivalence.compare(Nondeterminism.remove(real, step), Nondeterminism.remove(other, step))
    return [{ name: caseName(scenario, index), area: scenario.area, real, other, agrees }]
  })
}
