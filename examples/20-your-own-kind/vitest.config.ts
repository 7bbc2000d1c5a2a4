import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Tests keep no state between files, and loading every module anew for each file costs more than they do.
    isolate: false,
    // A bound for what hangs, not for what is slow.
    testTimeout: 60_000
  }
})
