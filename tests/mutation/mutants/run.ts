/**
 * Applies one mutant after the other and runs the tests that must catch it, from the lowest test level up. Exits 1 when
 * a mutant survives, or is caught at another level than `results.json` says.
 *
 * `node run.ts [ID…]` runs only those mutants; `--write` stores the results and the table in `docs/INVARIANTS.md`.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NONE } from "./apply.ts"
import { byLevel, filesFor, levelOf, root } from "./levels.ts"
import { type Mutant, named } from "./Mutant.ts"
import { mutants } from "./mutants.ts"
import * as Table from "./Table.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const reports = mkdtempSync(join(tmpdir(), "portolan-mutants-"))
/** Longer than the tests of any mutant take. A mutant may cause an endless loop. */
const TIMEOUT_MS = 180_000

interface Failure {
  readonly file: string
  readonly name: string
  /** The first line of the message. */
  readonly words: string
}

interface TestRun {
  /** What vitest printed, and why test files could not be loaded. */
  readonly output: string
  readonly failed: ReadonlyArray<Failure>
  readonly code: number
}

/** Runs the tests of these files whose names match a pattern, with a mutant applied, up to the first that fails. */
const vitest = (id: string, files: ReadonlyArray<string>, pattern: string): Promise<TestRun> =>
  new Promise((resolve) => {
    const report = join(reports, `${id}.json`)
    const reporter = ["--reporter", "json", "--outputFile", report, "--bail", "1"]
    const options = ["run", "--config", `${here}mutant.config.ts`, ...reporter, "-t", pattern]
    const child = spawn(join(here, "node_modules/.bin/vitest"), options, {
      cwd: root,
      ...(id === NONE ? {} : { timeout: TIMEOUT_MS }),
      // More than the daily run: sweeps fail every call, and chaos runs more seeds.
      env: {
        ...process.env,
        MUTANT: id,
        TEST_FILES: files.join(","),
        FAULTS: "every",
        CHAOS: "10",
        // For the processes that tests start.
        NODE_OPTIONS: `--import ${here}hooks.ts`
      }
    })
    const chunks: Array<string> = []
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(String(chunk)))
    child.on("close", (code) => {
      const results = readReport(report)
      const output = [...chunks, ...results.map(({ message }) => message)].join("")
      resolve({ failed: failures(results), output, code: code ?? 1 })
    })
  })

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    /** Why the file could not be loaded. */
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: ReadonlyArray<string>
    }>
  }>
}

/** The report of a run; empty when the run wrote none. */
const readReport = (path: string): Report["testResults"] => {
  try {
    const report: Report = JSON.parse(readFileSync(path, "utf8"))
    return report.testResults
  } catch {
    return []
  }
}

/** The failed tests, lowest level first. */
const failures = (results: Report["testResults"]): TestRun["failed"] =>
  results
    .flatMap(({ assertionResults, name }) =>
      assertionResults
        .filter(({ status }) => status === "failed")
        .map(({ failureMessages = [], fullName }) => {
          const [words = ""] = (failureMessages[0] ?? "").replace(/^\w*Error: /u, "").split("\n")
          return { file: name.slice(root.length), name: fullName, words }
        })
    )
    .toSorted((left, right) => byLevel(undefined)(left.file, right.file))

interface Result {
  readonly mutant: Mutant
  /** The test that caught it; `undefined` when it survived. */
  readonly caught: Failure | undefined
}

const runMutant = async (mutant: Mutant): Promise<Result> => {
  const start = performance.now()
  const { by, id, story } = mutant
  const { failed, output } = await vitest(id, filesFor(mutant), named(by).source)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const caught = failed.find(({ name }) => named(by).test(name))
  const lines =
    caught === undefined
      ? [`SURVIVED  ${id} (${by}): ${story}`, output.slice(-2000)]
      : [`caught    ${id} (${seconds} s): ${story}`, `          level ${levelOf(caught.file)}: ${caught.name}`]
  process.stdout.write(`${lines.join("\n")}\n`)
  return { mutant, caught }
}

/** Runs the same tests without a mutant; they must pass. */
const runWithoutMutant = async (selected: ReadonlyArray<Mutant>): Promise<void> => {
  const files = new Set(selected.flatMap(filesFor))
  const patterns = new Set(selected.map(({ by }) => named(by).source))
  const { code, output } = await vitest(NONE, [...files], [...patterns].join("|"))
  if (code === 0) return
  process.stdout.write(`the tests fail without a mutant\n${output.slice(-4000)}\n`)
  process.exit(1)
}

const ids = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const unknown = ids.filter((id) => mutants.every((mutant) => mutant.id !== id))
if (unknown.length > 0) throw new Error(`no mutant is called ${unknown.join(" or ")}`)
const selected = mutants.filter(({ id }) => ids.length === 0 || ids.includes(id))
const results: Array<Result> = []
const jobs: Array<() => Promise<unknown>> = [
  () => runWithoutMutant(selected),
  ...selected.map((mutant) => async () => results.push(await runMutant(mutant)))
]
const work = async () => {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job()
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
rmSync(reports, { recursive: true, force: true })

if (process.argv.includes("--write")) {
  Table.save(
    Object.fromEntries(
      results.flatMap(({ caught, mutant: { id } }) => (caught === undefined ? [] : [[id, caught] as const]))
    )
  )
}
const survivors = results.filter(({ caught }) => caught === undefined)
const moved = results.flatMap(({ caught, mutant: { id } }) => {
  const [now, before] = [caught, Table.results()[id]].map((test) => (test === undefined ? "none" : levelOf(test.file)))
  return caught === undefined || now === before ? [] : [`${id}: caught at level ${now}, before at ${before}\n`]
})
for (const line of moved) process.stdout.write(line)
process.stdout.write(`${results.length - survivors.length} of ${results.length} mutants caught\n`)
process.exitCode = survivors.length + moved.length === 0 ? 0 : 1
