/**
 * Runs Stryker: mutates the sources of a project, one mutant at a time, and runs the tests that cover it. `write.ts` writes a
 * document from the result.
 *
 * `node run.ts PROJECT [FILE…]` mutates only some files below the project's folder, and prints the result. `node run.ts
 * PROJECT --changed` runs only the mutants whose result a change of code or tests since the last run can alter. Slow tests
 * run in a second round, for the mutants that survived the first one.
 *
 * Stryker changes the sources in place and restores them at the end. Commit before a run, and edit no source meanwhile.
 */
import { fileURLToPath } from "node:url"
import { Stryker } from "@stryker-mutator/core"
import { named, report, root } from "./projects.ts"

const isIncremental = process.argv.includes("--changed")
const [name, ...selected] = process.argv.slice(2).filter((argument) => argument !== "--changed")
const project = named(name)
const { except = [], folder } = project
const files = selected.map((file) => `${folder}/${file}`)
process.chdir(root)
process.env.MUTATED_PROJECT = project.name

const run = (options: { readonly force: boolean }) =>
  new Stryker({
    testRunner: "vitest",
    plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
    vitest: { configFile: fileURLToPath(new URL("vitest.stryker.config.ts", import.meta.url)), related: false },
    // In a sandbox, the links between packages would lead to the original sources.
    inPlace: true,
    // The tests do not check types. Otherwise Stryker would add a directive to every file of the repository.
    disableTypeChecks: false,
    mutate: files.length > 0 ? files : [`${folder}/**/*.ts`, ...except.map((file) => `!${folder}/${file}`)],
    coverageAnalysis: "perTest",
    // Code that runs when its module is loaded needs a process for each mutant.
    ignoreStatic: true,
    incremental: true,
    incrementalFile: `reports/mutation-last-${project.name}.json`,
    ...options,
    concurrency: 1,
    tempDirName: "reports/stryker",
    reporters: files.length > 0 ? ["clear-text"] : ["html", "json"],
    clearTextReporter: { logTests: false, reportTests: false },
    htmlReporter: { fileName: `reports/mutation-${project.name}.html` },
    jsonReporter: { fileName: report(project) }
  }).runMutationTest()

if (!isIncremental) await run({ force: true })
// This run repeats only the mutants that survived, because only they have new tests.
process.env.SLOW_TESTS = "true"
if (isIncremental || project.slowTests !== undefined) await run({ force: false })
