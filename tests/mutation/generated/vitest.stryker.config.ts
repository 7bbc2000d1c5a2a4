/** The tests that must kill the mutants of a project. */
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.ts"
import { named, root } from "./projects.ts"

const { slowTests = [], tests } = named(process.env.MUTATED_PROJECT)
const include = [...tests, ...(process.env.SLOW_TESTS === "true" ? slowTests : [])]

export default mergeConfig(shared, { root, test: { include } })
