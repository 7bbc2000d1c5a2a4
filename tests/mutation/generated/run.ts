/**
 * Makes one small mistake after the other in planner's sources and runs the tests that reach it. `write.ts` judges what
 * came out.
 *
 * `node run.ts [FILE…]` makes those in some files below `packages/planner/src`, and only prints. `node run.ts --changed`
 * makes only those whose outcome a change of code or tests since the last run could alter.
 *
 * Sources are changed in place and put back at the end: commit before, and change none of them meanwhile.
 */
import { fileURLToPath } from "node:url"
import { Stryker } from "@stryker-mutator/core"
import { MUTATED, REPORT, root } from "./places.ts"

const isAgain = process.argv.includes("--changed")
const some = process.argv.slice(isAgain ? 3 : 2).map((file) => `${MUTATED}/${file}`)
process.chdir(root)

await new Stryker({
  testRunner: "vitest",
  plugins: [import.meta.resolve("@stryker-mutator/vitest-runner")],
  vitest: { configFile: fileURLToPath(new URL("vitest.stryker.config.ts", import.meta.url)), related: false },
  // In a sandbox, links between packages would lead to the sources as they are.
  inPlace: true,
  // Tests do not check types; without this every file of the repository would be told not to.
  disableTypeChecks: false,
  // Fixtures are examples for tests, and an index has nothing to get wrong.
  mutate: some.length > 0 ? some : [`${MUTATED}/**/*.ts`, `!${MUTATED}/{index,testing/*}.ts`],
  coverageAnalysis: "perTest",
  // What runs once, as a module is loaded, would need a process for each mutant.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: "reports/mutation-last.json",
  force: !isAgain,
  concurrency: 1,
  tempDirName: "reports/stryker",
  reporters: some.length > 0 ? ["clear-text"] : ["html", "json"],
  clearTextReporter: { logTests: false, reportTests: false },
  htmlReporter: { fileName: "reports/mutation.html" },
  jsonReporter: { fileName: REPORT }
}).runMutationTest()
