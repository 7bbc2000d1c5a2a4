/** Runs tests in the order of their levels, up to the first that fails, with the mutant that `MUTANT` names. */
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.ts"
import { mutate, NONE } from "./apply.ts"
import { ByLevel } from "./ByLevel.ts"
import { root } from "./levels.ts"

const { MUTANT = NONE, TEST_FILES = "" } = process.env

export default mergeConfig(shared, {
  root,
  plugins: [mutate(MUTANT)],
  test: {
    include: TEST_FILES.split(","),
    sequence: { sequencer: ByLevel },
    maxWorkers: 1,
    // A cached module could contain another mutant.
    fsModuleCache: false
  }
})
