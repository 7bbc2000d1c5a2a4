/**
 * Plants one mistake after the other and runs the tests that name who has to notice, from the lowest rung on. Exits 1 when
 * one survives, or is caught on another rung than `results.json` says.
 *
 * `node run.ts [ID…]` runs only those; `--write` keeps the results and the table in `docs/INVARIANTS.md`.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NONE } from "./apply.ts"
import { type Mutant, named } from "./Mutant.ts"
import { mutants } from "./mutants.ts"
import { byRung, filesFor, root, rungOf } from "./rungs.ts"
import * as Table from "./Table.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const reports = mkdtempSync(join(tmpdir(), "portolan-mutants-"))
/** Longer than the tests of one mutant take: a mistake may be one that never comes to an end. */
const HANGS_MS = 180_000

interface Ran {
  /** What it printed, and why files could not be run. */
  readonly output: string
  readonly failed: ReadonlyArray<{ readonly file: string; readonly name: string }>
  readonly code: number
}

/** Runs the tests of some files whose names have a pattern in them, with a mutant planted, up to the first that fails. */
const vitest = (id: string, files: ReadonlyArray<string>, pattern: string): Promise<Ran> =>
  new Promise((resolve) => {
    const report = join(reports, `${id}.json`)
    const reporter = ["--reporter", "json", "--outputFile", report, "--bail", "1"]
    const options = ["run", "--config", `${here}mutant.config.ts`, ...reporter, "-t", pattern]
    const child = spawn(join(here, "node_modules/.bin/vitest"), options, {
      cwd: root,
      ...(id === NONE ? {} : { timeout: HANGS_MS }),
      // Sweeps and simulations run longer here: every call, and more seeds than in the daily run.
      env: { ...process.env, MUTANT: id, TEST_FILES: files.join(","), FAULTS: "every", CHAOS: "10" }
    })
    const chunks: Array<string> = []
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(String(chunk)))
    child.on("close", (code) => {
      const results = read(report)
      const output = [...chunks, ...results.map(({ message }) => message)].join("")
      resolve({ failed: failures(results), output, code: code ?? 1 })
    })
  })

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    /** Why a file could not be run. */
    readonly message: string
    readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string }>
  }>
}

/** The report of a run; of one without, nothing. */
const read = (path: string): Report["testResults"] => {
  try {
    const report: Report = JSON.parse(readFileSync(path, "utf8"))
    return report.testResults
  } catch {
    return []
  }
}

/** The failed tests, lowest rung first. */
const failures = (results: Report["testResults"]): Ran["failed"] =>
  results
    .flatMap(({ assertionResults, name }) =>
      assertionResults
        .filter(({ status }) => status === "failed")
        .map(({ fullName }) => ({ file: name.slice(root.length), name: fullName }))
    )
    .toSorted((left, right) => byRung(undefined)(left.file, right.file))

interface Verdict {
  readonly mutant: Mutant
  /** The test file that caught it; `undefined` when it survived. */
  readonly file: string | undefined
}

const judge = async (mutant: Mutant): Promise<Verdict> => {
  const start = performance.now()
  const { by, id, story } = mutant
  const { failed, output } = await vitest(id, filesFor(mutant), named(by).source)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const caught = failed.find(({ name }) => named(by).test(name))
  const lines =
    caught === undefined
      ? [`SURVIVED  ${id} (${by}): ${story}`, output.slice(-2000)]
      : [`caught    ${id} (${seconds} s): ${story}`, `          on the rung ${rungOf(caught.file)}, by ${caught.name}`]
  process.stdout.write(`${lines.join("\n")}\n`)
  return { mutant, file: caught?.file }
}

/** The same tests without any mutant. */
const sound = async (wanted: ReadonlyArray<Mutant>): Promise<void> => {
  const files = new Set(wanted.flatMap(filesFor))
  const patterns = new Set(wanted.map(({ by }) => named(by).source))
  const { code, output } = await vitest(NONE, [...files], [...patterns].join("|"))
  if (code === 0) return
  process.stdout.write(`the tests fail without any mutant\n${output.slice(-4000)}\n`)
  process.exit(1)
}

const ids = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const unknown = ids.filter((id) => mutants.every((mutant) => mutant.id !== id))
if (unknown.length > 0) throw new Error(`no mutant is called ${unknown.join(" or ")}`)
const wanted = mutants.filter(({ id }) => ids.length === 0 || ids.includes(id))
const verdicts: Array<Verdict> = []
const jobs: Array<() => Promise<unknown>> = [
  () => sound(wanted),
  ...wanted.map((mutant) => async () => verdicts.push(await judge(mutant)))
]
const work = async () => {
  for (let next = jobs.shift(); next !== undefined; next = jobs.shift()) await next()
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
rmSync(reports, { recursive: true, force: true })

const found = Object.fromEntries(
  verdicts.flatMap(({ file, mutant }) => (file === undefined ? [] : [[mutant.id, file]]))
)
if (process.argv.includes("--write")) Table.keep(found)
const survivors = verdicts.filter(({ file }) => file === undefined)
const moved = verdicts.flatMap(({ file, mutant: { id } }) => {
  const [now, before] = [file, Table.results()[id]].map((each) => (each === undefined ? "none" : rungOf(each)))
  return file === undefined || now === before ? [] : [`${id}: caught on the rung ${now}, before on ${before}\n`]
})
for (const each of moved) process.stdout.write(each)
process.stdout.write(`${verdicts.length - survivors.length} of ${verdicts.length} mutants caught\n`)
process.exitCode = survivors.length + moved.length === 0 ? 0 : 1
