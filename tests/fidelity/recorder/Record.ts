/**
 * What a real server answers to scenarios, each in a namespace of its own.
 */
import type { Scenario } from "../cases/Scenario.ts"
import type { Corpus, Recorded } from "./Corpus.ts"
import * as Normal from "./Normal.ts"
import * as RealServer from "./RealServer.ts"
import * as Run from "./Run.ts"
import * as Stage from "./Stage.ts"

/** Asks a new server, so many scenarios at a time. */
export const record = async (scenarios: ReadonlyArray<Scenario>, workers: number): Promise<Corpus> => {
  const server = await RealServer.start()
  try {
    await Stage.set(server)
    const recorded: Array<Recorded> = []
    const next = scenarios.entries()
    const work = async () => {
      for (const [index, scenario] of next) {
        recorded[index] = { scenario, answers: Normal.normal(await Run.run(server, scenario)) }
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
    return { version: server.version, recorded }
  } finally {
    await server.stop()
  }
}
