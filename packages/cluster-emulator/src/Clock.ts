/** The time source of a cluster. A test can replace it to control time. */

export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls `run` once, `millis` milliseconds from now. Returns a function that cancels the timer. */
  readonly after: (millis: number, run: () => void) => () => void
}

/** `setTimeout` fires at once when its delay is longer than this. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The clock and the timers of the operating system. */
export const system: Clock = {
  now: () => Date.now(),
  after: (millis, run) => {
    let timer: NodeJS.Timeout
    const wait = (remaining: number): void => {
      timer =
        remaining > TIMEOUT_MAX_MS
          ? setTimeout(() => wait(remaining - TIMEOUT_MAX_MS), TIMEOUT_MAX_MS)
          : setTimeout(run, remaining)
    }
    wait(millis)
    return () => clearTimeout(timer)
  }
}
