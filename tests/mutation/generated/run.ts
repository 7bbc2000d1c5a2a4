/**
 * Runs Stryker: mutates planner's sources, one mutant at a time, and runs the tests that cover it. `write.ts` writes a
 * document from the result.
 *
 * `node run.ts [FILE…]` mutates only some files below `packages/planner/src`, and prints the result. `node run.ts
 * --changed` runs only the mutants whose result a change of code or tests since the last run can alter.
 *
 * Stryker changes the sources in place and restores them at the end. Commit before a run, and edit no source meanwhile.
 */
import { fileURLToPath } from "node:url"
import { Stryker } from "@stryker-mutator/core"
import { MUTATED, REPORT, root } from "./paths.ts"

const isIncremental = process.argv.includes("--changed")
const files = process.argv.slice(isIncremental ? 3 : 2).map((file) => `${MUTATED}/${file}`)
process.chdir(root)

await new Stryker({
  testRunner: "vitest",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
  vitest: { configFile: fileURLToPath(new URL("vitest.stryker.config.ts", import.meta.url)), related: false },
  // In a sandbox, the links between packages would lead to the original sources.
  inPlace: true,
  // The tests do not check types. Otherwise Stryker would add a directive to every file of the repository.
  disableTypeChecks: false,
  // Fixtures are test data, and index files have no logic.
  mutate: files.length > 0 ? files : [`${MUTATED}/**/*.ts`, `!${MUTATED}/{index,testing/*}.ts`],
  coverageAnalysis: "perTest",
  // Code that runs when its module is loaded needs a process for each mutant.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: "reports/mutation-last.json",
  force: !isIncremental,
  concurrency: 1,
  tempDirName: "reports/stryker",
  reporters: files.length > 0 ? ["clear-text"] : ["html", "json"],
  clearTextReporter: { logTests: false, reportTests: false },
  htmlReporter: { fileName: "reports/mutation.html" },
  jsonReporter: { fileName: REPORT }
}).runMutationTest()
