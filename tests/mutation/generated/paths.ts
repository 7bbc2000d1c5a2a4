import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../..", import.meta.url))
/** The sources that are mutated, from the root. */
export const MUTATED = "packages/planner/src"
/** Stryker's report, from the root. */
export const REPORT = "reports/mutation.json"
/** The judgements of survivors, from the root. */
export const JUDGEMENTS = "tests/mutation/generated/judgements.json"
export const DOCUMENT = "docs/MUTATION.md"
