/**
 * Runs lifecycles of nodes with every fault at every call, on all cores. Prints what was tried, and exits 1 when any run
 * went wrong.
 *
 *     node sweep.ts [EXPORT…]
 */
import { Sweep } from "@portolan/testkit"
import * as Effect from "effect/Effect"

const module = new URL("./harness/Entrypoints.ts", import.meta.url)
const names = process.argv.length > 2 ? process.argv.slice(2) : ["genesisLifecycle", "keysLifecycle"]

const sweeps = Effect.forEach(names, (name) =>
  Effect.map(Sweep.onAllCores({ module, name }), (report) => {
    process.stdout.write(`${Sweep.table(report)}\n`)
    return { runs: report.runs.length, failures: Sweep.failures(report).length, missing: Sweep.missing(report).length }
  })
)

const reports = await Effect.runPromise(sweeps)
const sum = (field: "runs" | "failures" | "missing") => reports.reduce((total, report) => total + report[field], 0)
process.stdout.write(
  `${sum("runs")} runs of ${names.length} lifecycles, ${sum("failures")} failed, ${sum("missing")} points not reached\n`
)
process.exitCode = sum("failures") + sum("missing") === 0 ? 0 : 1
