/** Runs test files in the order of their rungs. */
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { byRung, root } from "./rungs.ts"

export class ByRung extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const pathOf = ({ moduleId }: TestSpecification) => moduleId.slice(root.length)
    return files.toSorted((left, right) => byRung(pathOf(left), pathOf(right)))
  }
}
