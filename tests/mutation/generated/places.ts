import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../..", import.meta.url))
/** Sources that are mutated, from the root. */
export const MUTATED = "packages/planner/src"
/** What Stryker found, from the root. */
export const REPORT = "reports/mutation.json"
/** What was thought of what survives. */
export const JUDGEMENTS = "tests/mutation/generated/judgements.json"
export const DOCUMENT = "docs/MUTATION.md"
