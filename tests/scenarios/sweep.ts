/**
 * Every fault at every call of whole lives of nodes, on all cores: prints what was tried, and exits 1 when anything was wrong.
 *
 *     node sweep.ts [NAME…]
 */
import { Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"

const module = new URL("./harness/Shared.ts", import.meta.url)
const names = process.argv.length > 2 ? process.argv.slice(2) : ["genesisLife", "keysLife"]

const sweeps = Effect.forEach(names, (name) =>
  Effect.map(Sweep.onAllCores({ module, name }), (report) => {
    process.stdout.write(`${Sweep.table(report)}\n`)
    return { runs: report.runs.length, broken: Sweep.failures(report).length }
  })
)

const all = await Effect.runPromise(sweeps)
const sum = (of: "runs" | "broken") => all.reduce((total, each) => total + each[of], 0)
process.stdout.write(`${sum("runs")} runs of ${names.length} lives, ${sum("broken")} broken\n`)
process.exitCode = sum("broken") === 0 ? 0 : 1
