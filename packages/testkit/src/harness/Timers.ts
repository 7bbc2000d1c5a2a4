/** What is to happen when some time has passed, played like the rest of a cluster. */
import type * as ReconcileLoop from "./ReconcileLoop.ts"

export class Timers {
  readonly #now: () => number
  #timers: ReadonlyArray<{ readonly at: number; readonly happen: () => void }> = []

  constructor(now: () => number) {
    this.#now = now
  }

  readonly add = (millis: number, happen: () => void): void => {
    this.#timers = [...this.#timers, { at: this.#now() + millis, happen }]
  }

  /** Other actors, and what is due here before them. */
  alongside(rest: ReconcileLoop.ClusterControllers | undefined): ReconcileLoop.ClusterControllers {
    return {
      step: (nowMs) => {
        const due = this.#timers.filter(({ at }) => at <= nowMs)
        this.#timers = this.#timers.filter(({ at }) => at > nowMs)
        for (const { happen } of due) happen()
        const stepped = rest?.step(nowMs) ?? { changed: false, nextDueMs: undefined }
        const times = [
          ...this.#timers.map(({ at }) => at),
          ...(stepped.nextDueMs === undefined ? [] : [stepped.nextDueMs])
        ]
        return {
          changed: stepped.changed || due.length > 0,
          nextDueMs: times.length === 0 ? undefined : Math.min(...times)
        }
      }
    }
  }
}
