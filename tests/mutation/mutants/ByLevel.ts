/**
 * Runs test files in the order of their test levels; within a level, the file that caught the mutant before goes first.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { byLevel, root } from "./levels.ts"
import * as Table from "./Table.ts"

export class ByLevel extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const caughtBefore = Table.results()[process.env.MUTANT ?? ""]?.file
    const pathOf = ({ moduleId }: TestSpecification) => moduleId.slice(root.length)
    return files.toSorted((left, right) => byLevel(caughtBefore)(pathOf(left), pathOf(right)))
  }
}
