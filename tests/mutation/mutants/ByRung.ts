/** Runs test files in the order of their rungs; on each, the one first that caught the mutant before. */
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { byRung, root } from "./rungs.ts"
import * as Table from "./Table.ts"

export class ByRung extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const known = Table.results()[process.env.MUTANT ?? ""]
    const pathOf = ({ moduleId }: TestSpecification) => moduleId.slice(root.length)
    return files.toSorted((left, right) => byRung(known)(pathOf(left), pathOf(right)))
  }
}
