/** The tests that judge planner's mutants: its own, and those of the testkit that drive whole turns. */
import { fileURLToPath } from "node:url"
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.ts"

export default mergeConfig(shared, {
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: { include: ["packages/planner/test/**/*.test.ts", "packages/testkit/test/ToyKind.test.ts"] }
})
