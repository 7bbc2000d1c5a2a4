/** The tests that must kill planner's mutants: planner's own, and the tests of testkit that run whole passes. */
import { fileURLToPath } from "node:url"
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.ts"

export default mergeConfig(shared, {
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: { include: ["packages/planner/test/**/*.test.ts", "packages/testkit/test/ToyKind.test.ts"] }
})
