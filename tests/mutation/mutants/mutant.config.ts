/** Tests in the order of their rungs, up to the first that fails, with one planted mistake: the one that `MUTANT` names. */
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.ts"
import { NONE, plant } from "./apply.ts"
import { ByRung } from "./ByRung.ts"
import { root } from "./rungs.ts"

const { MUTANT = NONE, TEST_FILES = "" } = process.env

export default mergeConfig(shared, {
  root,
  plugins: [plant(MUTANT)],
  test: {
    include: TEST_FILES.split(","),
    sequence: { sequencer: ByRung },
    maxWorkers: 1,
    // A cached module would be that of another mutant.
    fsModuleCache: false
  }
})
