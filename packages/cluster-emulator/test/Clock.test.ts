import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { Clock } from "../src/index.ts"

beforeEach(() => vi.useFakeTimers({ now: 1_000 }))
afterEach(() => vi.useRealTimers())

describe("the system clock", () => {
  it("calls back once after the delay, unless it is cancelled", () => {
    const calls: Array<number> = []
    Clock.system.after(50, () => calls.push(Clock.system.now()))
    const cancel = Clock.system.after(50, () => calls.push(-1))
    cancel()
    vi.advanceTimersByTime(49)
    assert.deepStrictEqual(calls, [])
    vi.advanceTimersByTime(1_000)
    assert.deepStrictEqual(calls, [1_050])
  })

  it("supports delays longer than setTimeout does", () => {
    const delay = 2 ** 31 + 5
    let calls = 0
    Clock.system.after(delay, () => calls++)
    const cancel = Clock.system.after(delay, () => calls++)
    vi.advanceTimersByTime(delay - 1)
    assert.strictEqual(calls, 0)
    cancel()
    vi.advanceTimersByTime(1)
    assert.strictEqual(calls, 1)
  })
})
