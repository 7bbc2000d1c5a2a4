/** The tests that must kill the mutants of a project. */
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.ts"
import { named, root } from "./projects.ts"

export default mergeConfig(shared, { root, test: { include: [...named(process.env.MUTATED_PROJECT).tests] } })
