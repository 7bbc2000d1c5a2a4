/**
 * What looking at one value gave: causes, and how many checks were passed. The count decides whose causes are told
 * when no alternative of a schema fits.
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
      const isKnown = this.causes.some(({ field, message }) => field === cause.field && message === cause.message)
      if (!isKnown) this.causes.push(cause)
    }
  }

  merge(other: Result): void {
    this.add(...other.causes)
    this.count += other.count
  }
}
