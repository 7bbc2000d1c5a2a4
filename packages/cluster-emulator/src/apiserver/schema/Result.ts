/**
 * The result of validating one value: causes, and the number of checks that matched. When no alternative of `anyOf` or
 * `oneOf` is valid, the causes of the alternative with the highest count are reported.
 */
import type { Cause } from "./Causes.ts"

export class Result {
  readonly causes: Array<Cause> = []
  count = 0

  get isValid(): boolean {
    return this.causes.length === 0
  }

  add(...causes: ReadonlyArray<Cause>): void {
    for (const cause of causes) {
      const isDuplicate = this.causes.some(({ field, message }) => field === cause.field && message === cause.message)
      if (!isDuplicate) this.causes.push(cause)
    }
  }

  merge(other: Result): void {
    this.add(...other.causes)
    this.count += other.count
  }
}
