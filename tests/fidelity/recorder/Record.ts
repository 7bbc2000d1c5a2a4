/** Records the responses of a real server to scenarios. */
import type { Scenario } from "../cases/Scenario.ts"
import type { Corpus, Recorded } from "./Corpus.ts"
import * as CustomResources from "./CustomResources.ts"
import * as Normalize from "./Normalize.ts"
import * as RealServer from "./RealServer.ts"
import * as Run from "./Run.ts"

/** Starts a server and runs the scenarios against it, `workers` at a time. */
export const record = async (scenarios: ReadonlyArray<Scenario>, workers: number): Promise<Corpus> => {
  const server = await RealServer.start()
  try {
    await CustomResources.install(server)
    const recorded: Array<Recorded> = []
    const queue = scenarios.entries()
    const work = async () => {
      for (const [index, scenario] of queue) {
        recorded[index] = { scenario, answers: Normalize.normalize(await Run.run(server, scenario)) }
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
    return { version: server.version, recorded }
  } finally {
    await server.stop()
  }
}
