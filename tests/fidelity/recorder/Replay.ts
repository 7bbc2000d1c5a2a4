/**
 * Asks the server in memory what a real one was asked, and compares the answers.
 */
import * as Effect from "effect/Effect"
import { caseName } from "../cases/Scenario.ts"
import { Alike } from "./Alike.ts"
import * as Comparable from "./Comparable.ts"
import type { Corpus, Recorded } from "./Corpus.ts"
import * as Normal from "./Normal.ts"
import type { Answer } from "./Run.ts"
import * as Run from "./Run.ts"
import * as Stage from "./Stage.ts"
import * as Stand from "./Stand.ts"

/** One case, answered twice. */
export interface Compared {
  readonly name: string
  readonly area: string
  readonly real: Answer
  readonly ours: Answer
  readonly agrees: boolean
}

/** Every case of a corpus in its order. */
export const replay = ({ recorded }: Corpus): Effect.Effect<ReadonlyArray<Compared>> =>
  Effect.gen(function* () {
    const server = yield* Effect.orDie(Stand.make)
    return yield* Effect.promise(async () => {
      await Stage.set(server)
      const all: Array<Compared> = []
      for (const one of recorded) all.push(...compared(one, Normal.normal(await Run.run(server, one.scenario))))
      return all
    })
  }).pipe(Effect.scoped)

/** The cases of one scenario, as recorded and as answered by somebody else. */
export const compared = ({ answers, scenario }: Recorded, ours: ReadonlyArray<Answer>): ReadonlyArray<Compared> => {
  const alike = new Alike()
  return scenario.steps.flatMap((step, index) => {
    const [real, own] = [answers[index], ours[index]]
    if (real === undefined || own === undefined) return []
    const agrees = alike.compare(Comparable.of(real, step), Comparable.of(own, step))
    return [{ name: caseName(scenario, index), area: scenario.area, real, ours: own, agrees }]
  })
}
