/**
 * Runs the scenarios that name a law once for each mutant of it. A mutant is caught when a test fails that says the
 * law's name. Prints a table; exits 1 when one survives.
 *
 * `node run.ts [ID…]` runs only those.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Mutant, mutants } from "./mutants.ts"
import { NONE } from "./plant.ts"

const reports = mkdtempSync(join(tmpdir(), "portolan-mutants-"))
const here = fileURLToPath(new URL(".", import.meta.url))

interface Verdict {
  readonly mutant: Mutant
  /** The test that caught it; `undefined` when it survived. */
  readonly by: string | undefined
  readonly output: string
}

const run = async (mutant: Mutant): Promise<Verdict> => {
  const { output, report } = await vitest(mutant.id, mutant.law)
  return { mutant, by: failedTest(report, mutant.law), output }
}

/** Runs the scenarios whose names have a law in them, with a mutant planted. */
const vitest = (
  id: string,
  law: string
): Promise<{ readonly report: string; readonly output: string; readonly code: number }> =>
  new Promise((resolve) => {
    const report = join(reports, `${id}.json`)
    const reporter = ["--reporter", "json", "--outputFile", report]
    const options = ["run", "--config", `${here}vitest.config.ts`, ...reporter, "-t", `${law}\\b`]
    const child = spawn(join(here, "node_modules/.bin/vitest"), options, {
      cwd: here,
      env: { ...process.env, MUTANT: id }
    })
    const chunks: Array<string> = []
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(String(chunk)))
    child.on("close", (code) => resolve({ report, output: chunks.join(""), code: code ?? 1 }))
  })

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string }>
  }>
}

/** The first failed test with the law in its name. A run without a report catches nothing. */
const failedTest = (path: string, law: string): string | undefined => {
  try {
    const { testResults }: Report = JSON.parse(readFileSync(path, "utf8"))
    const failed = testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status === "failed")
    return failed.find(({ fullName }) => new RegExp(`${law}\\b`, "u").test(fullName))?.fullName
  } catch {
    return undefined
  }
}

const wanted = process.argv.slice(2)
const queue = mutants.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
const verdicts: Array<Verdict> = []
const work = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const verdict = await run(next)
    verdicts.push(verdict)
    const { id, law, story } = verdict.mutant
    process.stdout.write(`${verdict.by === undefined ? "SURVIVED" : "caught  "}  ${law.padEnd(6)}  ${id}: ${story}\n`)
    process.stdout.write(
      verdict.by === undefined ? `${verdict.output.slice(-2000)}\n` : `            by ${verdict.by}\n`
    )
  }
}
const sound = await vitest(NONE, "INV-\\d+")
if (sound.code !== 0) {
  process.stdout.write(`the scenarios fail without any mutant\n${sound.output.slice(-4000)}\n`)
  process.exit(1)
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))

rmSync(reports, { recursive: true, force: true })
const survivors = verdicts.filter(({ by }) => by === undefined)
process.stdout.write(`${verdicts.length - survivors.length} of ${verdicts.length} mutants caught\n`)
process.exitCode = survivors.length === 0 ? 0 : 1
