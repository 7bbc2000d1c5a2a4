/**
 * Asks a real kube-apiserver every request of every scenario, and keeps what it answered in `corpus/`.
 *
 *     KUBEBUILDER_ASSETS=… node record.ts
 */
import * as Areas from "./cases/Areas.ts"
import * as Corpus from "./world/Corpus.ts"
import * as Normal from "./world/Normal.ts"
import * as RealServer from "./world/RealServer.ts"
import * as Run from "./world/Run.ts"
import * as Stage from "./world/Stage.ts"

const assets = process.env.KUBEBUILDER_ASSETS
if (assets === undefined) throw new Error("KUBEBUILDER_ASSETS names the folder with etcd and kube-apiserver")

const server = await RealServer.start(assets)
try {
  await Stage.set(server)
  const scenarios = Areas.scenarios()
  const recorded: Array<Corpus.Recorded> = []
  const next = scenarios.entries()
  const work = async () => {
    for (const [index, scenario] of next) {
      recorded[index] = { scenario, answers: Normal.normal(await Run.run(server, scenario)) }
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  Corpus.write({ version: server.version, recorded })
  const cases = recorded.reduce((sum, { answers }) => sum + answers.length, 0)
  process.stdout.write(`${recorded.length} scenarios, ${cases} cases, ${server.version}\n`)
} finally {
  await server.stop()
}
