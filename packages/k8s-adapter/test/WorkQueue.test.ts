import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { WorkQueue } from "../src/index.ts"

const awaitChange = { next: { _tag: "AwaitChange" }, progressed: false } as const
const poll = { next: { _tag: "Poll" }, progressed: false } as const
const now = { next: { _tag: "Now" }, progressed: false } as const
const after = (delay: Duration.Input) =>
  ({ next: { _tag: "After", delay: Duration.fromInputUnsafe(delay) }, progressed: false }) as const

/** A queue whose runs have the scripted outcomes, the last one repeated, and the start times of its runs. */
const scripted = (script: ReadonlyArray<WorkQueue.Outcome | "fail" | "die">) =>
  Effect.gen(function* () {
    const starts: Array<number> = []
    const queue = yield* WorkQueue.make({
      run: () =>
        Effect.clockWith((clock) => {
          const outcome = script[Math.min(starts.length, script.length - 1)] ?? awaitChange
          starts.push(clock.currentTimeMillisUnsafe())
          if (outcome === "fail") return Effect.fail("failed")
          return outcome === "die" ? Effect.die("died") : Effect.succeed(outcome)
        })
    })
    return { queue, starts }
  })

/** Advances the clock in small steps, so that every run starts at its own time. */
const advance = (total: number, step = 10) =>
  Effect.forEach(Array.from({ length: total / step }), () => TestClock.adjust(step), { discard: true })

describe("WorkQueue", () => {
  it.effect("runs a key once for two adds, and removes its entry after AwaitChange", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([awaitChange])

      yield* queue.add("a")
      yield* queue.add("a")
      yield* TestClock.adjust(0)

      assert.deepStrictEqual(starts, [0])
      assert.strictEqual(yield* queue.pending, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("runs a key once more when it is added while it runs, and never twice at the same time", () =>
    Effect.gen(function* () {
      const latch = yield* Deferred.make<void>()
      let running = 0
      let mostRunning = 0
      let runs = 0
      const queue = yield* WorkQueue.make({
        run: () =>
          Effect.gen(function* () {
            runs++
            mostRunning = Math.max(mostRunning, ++running)
            yield* Deferred.await(latch)
            running--
            return awaitChange
          })
      })

      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* Effect.forEach(["a", "a", "a"], queue.add)
      yield* Deferred.succeed(latch, undefined)
      yield* TestClock.adjust(0)

      assert.deepStrictEqual([runs, mostRunning], [2, 1])
    }).pipe(Effect.scoped)
  )

  it.effect("runs a key while a hundred others do not complete", () =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const run = (key: string) =>
        key.startsWith("hangs")
          ? Effect.never
          : Effect.as(
              Effect.sync(() => ran.push(key)),
              awaitChange
            )
      const queue = yield* WorkQueue.make({ run, grace: 0 })

      yield* Effect.forEach(Array.from({ length: 100 }), (_, n) => queue.add(`hangs ${n}`), { discard: true })
      yield* TestClock.adjust(0)
      yield* queue.add("a")
      yield* TestClock.adjust(0)

      assert.deepStrictEqual([ran, (yield* queue.statistics).running], [["a"], 100])
    }).pipe(Effect.scoped)
  )

  it.effect("limits concurrent runs, and counts the keys that are queued", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({ run: () => Effect.never, concurrency: 2, grace: 0 })

      yield* Effect.forEach(["a", "b", "c"], queue.add)
      yield* TestClock.adjust(0)

      const statistics = yield* queue.statistics
      assert.deepStrictEqual([statistics.running, statistics.queued], [2, 1])
      assert.strictEqual(yield* queue.pending, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("polls after 100, 200, 400 ms, up to every 5 s", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([poll])

      yield* queue.add("a")
      yield* advance(30_000)

      assert.deepStrictEqual(starts.slice(0, 9), [0, 100, 300, 700, 1500, 3100, 6300, 11_300, 16_300])
      assert.strictEqual((yield* queue.statistics).polling, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("polls after 100 ms again when a run progressed or ended in another way", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([
        poll,
        poll,
        { ...poll, progressed: true },
        after(50),
        poll,
        awaitChange
      ])

      yield* queue.add("a")
      yield* advance(2000)

      assert.deepStrictEqual(starts, [0, 100, 300, 400, 450, 550])
    }).pipe(Effect.scoped)
  )

  it.effect("runs a polling key at once when it is added, and polls after 100 ms again", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([poll])

      yield* queue.add("a")
      yield* advance(1000)
      yield* queue.add("a")
      yield* advance(300)

      assert.deepStrictEqual(starts, [0, 100, 300, 700, 1000, 1100, 1300])
    }).pipe(Effect.scoped)
  )

  it.effect("uses the earliest of several delays, and runs at once after add", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([after("1 minute"), after("1 minute"), awaitChange])

      yield* queue.addAfter("a", 500)
      yield* queue.addAfter("a", 200)
      yield* queue.addAfter("a", 900)
      yield* advance(1000)
      yield* queue.addAfter("a", 100)
      yield* advance(1000)
      yield* queue.add("a")
      yield* advance(70_000, 1000)

      assert.deepStrictEqual(starts, [200, 1100, 2000])
      assert.deepStrictEqual(yield* queue.statistics, { queued: 0, running: 0, polling: 0, failing: 0, waiting: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    { name: "AwaitChange", end: awaitChange, next: 1500 },
    { name: "a later delay", end: after("10 seconds"), next: 1500 },
    { name: "an earlier delay", end: after("1 second"), next: 1100 },
    { name: "a failure", end: "fail", next: 200 }
  ] as const)("keeps a delay that was added during a run, whatever the run ends with: $name", ({ end, next }) =>
    Effect.gen(function* () {
      const actual: Array<number> = []
      const queue = yield* WorkQueue.make({
        run: () =>
          Effect.gen(function* () {
            actual.push(yield* Clock.currentTimeMillis)
            if (actual.length > 1) return awaitChange
            yield* Effect.sleep(100)
            return end === "fail" ? yield* Effect.fail("failed") : end
          })
      })

      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* queue.addAfter("a", 1500)
      yield* advance(20_000, 100)

      assert.deepStrictEqual(actual, [0, next])
    }).pipe(Effect.scoped)
  )

  it.effect("does not count a key with a delay as pending", () =>
    Effect.gen(function* () {
      const { queue } = yield* scripted([after("1 minute")])

      yield* queue.add("a")
      yield* TestClock.adjust(0)

      assert.strictEqual(yield* queue.pending, 0)
      assert.strictEqual((yield* queue.statistics).waiting, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("retries failures and defects after 100, 200, 400 ms up to 30 s", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted(["fail", "die", "fail", "fail", awaitChange])

      yield* queue.add("a")
      yield* advance(5000)

      assert.deepStrictEqual(starts, [0, 100, 300, 700, 1500])
      assert.strictEqual(yield* queue.pending, 0)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["fail", 30_000],
    ["die", 30_000],
    ["Poll", 5_000],
    ["Now", 1_000]
  ] as const)("never gives up a key whose runs end with %s: it runs at least every %i ms", ([end, interval]) =>
    Effect.gen(function* () {
      const outcome = end === "Poll" ? poll : end === "Now" ? now : end
      const { queue, starts } = yield* scripted([outcome])

      yield* queue.add("a")
      yield* advance(7_200_000, 10_000)

      assert.isAtLeast(starts.at(-1) ?? 0, 7_200_000 - interval)
      assert.isAtMost(Math.max(...starts.slice(1).map((start, index) => start - (starts[index] ?? 0))), interval)
    }).pipe(Effect.scoped)
  )

  it.effect("runs at once after Now, and slows down when runs make no progress", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([{ ...now, progressed: true }, now, now, now, now, awaitChange])

      yield* queue.add("a")
      yield* Effect.forEach([1, 2, 3], () => TestClock.adjust(0))
      yield* advance(1000)

      assert.deepStrictEqual(starts, [0, 0, 0, 20, 60, 140])
    }).pipe(Effect.scoped)
  )

  it.effect("lets runs complete when it closes, also of keys that were added again, and starts no other", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const events: Array<string> = []
      const run = (key: string) =>
        Effect.gen(function* () {
          events.push(`${key} started`)
          yield* Effect.sleep(1000)
          events.push(`${key} completed`)
          return poll
        })
      const queue = yield* WorkQueue.make({ run, concurrency: 1 }).pipe(Scope.provide(scope))

      yield* Effect.forEach(["a", "b"], queue.add)
      yield* TestClock.adjust(0)
      yield* queue.add("a")
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      yield* queue.add("c")
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(events, ["a started", "a completed"])
      assert.isDefined(closing.pollUnsafe())
    })
  )

  it.effect("interrupts runs after the grace period", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      let interrupted = false
      const run = () => Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => (interrupted = true))))
      const queue = yield* WorkQueue.make({ run, grace: "2 seconds" }).pipe(Scope.provide(scope))

      yield* queue.add("a")
      yield* TestClock.adjust(0)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust(1999)
      const before = interrupted
      yield* TestClock.adjust(1)

      assert.deepStrictEqual([before, interrupted], [false, true])
      assert.isDefined(closing.pollUnsafe())
    })
  )
})
