/** Actions that run when the test's clock reaches their time, as one more controller of the cluster. */
import type * as ReconcileLoop from "./ReconcileLoop.ts"

export class Timers {
  readonly #now: () => number
  #timers: ReadonlyArray<{ readonly at: number; readonly action: () => void }> = []

  constructor(now: () => number) {
    this.#now = now
  }

  readonly add = (delayMs: number, action: () => void): void => {
    this.#timers = [...this.#timers, { at: this.#now() + delayMs, action }]
  }

  /** These timers and the cluster's other controllers; a timer that is due runs first. */
  alongside(clusterControllers: ReconcileLoop.ClusterControllers | undefined): ReconcileLoop.ClusterControllers {
    return {
      step: (nowMs) => {
        const due = this.#timers.filter(({ at }) => at <= nowMs)
        this.#timers = this.#timers.filter(({ at }) => at > nowMs)
        for (const { action } of due) action()
        const stepped = clusterControllers?.step(nowMs) ?? { changed: false, nextDueMs: undefined }
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
