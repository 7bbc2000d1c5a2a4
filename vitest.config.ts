import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: ["packages/*", "apps/*", "examples/20-your-own-kind", "tests/*", "tests/mutation/*"],
    coverage: { provider: "v8", include: ["{packages,apps}/*/src/**/*.ts"], reporter: ["text-summary"] }
  }
})
