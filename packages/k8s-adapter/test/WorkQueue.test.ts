import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { WorkQueue } from "../src/index.ts"

const converged = { next: { _tag: "AwaitChange" }, progressed: false } as const
const poll = { next: { _tag: "Poll" }, progressed: false } as const
const now = { next: { _tag: "Now" }, progressed: false } as const
const after = (delay: Duration.Input) =>
  ({ next: { _tag: "After", delay: Duration.fromInputUnsafe(delay) }, progressed: false }) as const

/** Runs what the script says, in order; its last outcome for ever. Knows when each run began. */
const scripted = (script: ReadonlyArray<WorkQueue.Outcome | "fails" | "dies">) =>
  Effect.gen(function* () {
    const at: Array<number> = []
    const queue = yield* WorkQueue.make({
      run: () =>
        Effect.clockWith((clock) => {
          const outcome = script[Math.min(at.length, script.length - 1)] ?? converged
          at.push(clock.currentTimeMillisUnsafe())
          if (outcome === "fails") return Effect.fail("no")
          return outcome === "dies" ? Effect.die("no") : Effect.succeed(outcome)
        })
    })
    return { queue, at }
  })

/** Lets a minute pass in small steps, so that every run is seen at its own time. */
const pass = (total: number, step = 10) =>
  Effect.forEach(Array.from({ length: total / step }), () => TestClock.adjust(step), { discard: true })

describe("WorkQueue", () => {
  it.effect("runs a key once for offers that come together, and forgets it when it settles", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted([converged])

      yield* queue.add("a")
      yield* queue.add("a")
      yield* TestClock.adjust(0)

      assert.deepStrictEqual(at, [0])
      assert.strictEqual(yield* queue.pending, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("runs a key again when it is offered while it runs, and never twice at once", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let running = 0
      let most = 0
      let runs = 0
      const queue = yield* WorkQueue.make({
        run: () =>
          Effect.gen(function* () {
            runs++
            most = Math.max(most, ++running)
            yield* Deferred.await(gate)
            running--
            return converged
          })
      })

      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* Effect.forEach(["a", "a", "a"], queue.add)
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(0)

      assert.deepStrictEqual([runs, most], [2, 1])
    }).pipe(Effect.scoped)
  )

  it.effect("runs a key while a hundred others hang", () =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const run = (key: string) =>
        key.startsWith("hangs")
          ? Effect.never
          : Effect.as(
              Effect.sync(() => ran.push(key)),
              converged
            )
      const queue = yield* WorkQueue.make({ run, grace: 0 })

      yield* Effect.forEach(Array.from({ length: 100 }), (_, n) => queue.add(`hangs ${n}`), { discard: true })
      yield* TestClock.adjust(0)
      yield* queue.add("a")
      yield* TestClock.adjust(0)

      assert.deepStrictEqual([ran, (yield* queue.statistics).running], [["a"], 100])
    }).pipe(Effect.scoped)
  )

  it.effect("runs no more keys at once than it may, and tells how many wait", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({ run: () => Effect.never, concurrency: 2, grace: 0 })

      yield* Effect.forEach(["a", "b", "c"], queue.add)
      yield* TestClock.adjust(0)

      const statistics = yield* queue.statistics
      assert.deepStrictEqual([statistics.running, statistics.queued], [2, 1])
      assert.strictEqual(yield* queue.pending, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("polls after 100, 200, 400 ms, and never waits longer than 5 s", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted([poll])

      yield* queue.add("a")
      yield* pass(30_000)

      assert.deepStrictEqual(at.slice(0, 9), [0, 100, 300, 700, 1500, 3100, 6300, 11_300, 16_300])
      assert.strictEqual((yield* queue.statistics).polling, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("polls from 100 ms again after progress, and after another end", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted([poll, poll, { ...poll, progressed: true }, after(50), poll, converged])

      yield* queue.add("a")
      yield* pass(2000)

      assert.deepStrictEqual(at, [0, 100, 300, 400, 450, 550])
    }).pipe(Effect.scoped)
  )

  it.effect("runs a polling key at once when it is offered, and polls from 100 ms again", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted([poll])

      yield* queue.add("a")
      yield* pass(1000)
      yield* queue.add("a")
      yield* pass(300)

      assert.deepStrictEqual(at, [0, 100, 300, 700, 1000, 1100, 1300])
    }).pipe(Effect.scoped)
  )

  it.effect("lets the earliest of two delays win, and an offer cancel a delay", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted([after("1 minute"), after("1 minute"), converged])

      yield* queue.addAfter("a", 500)
      yield* queue.addAfter("a", 200)
      yield* queue.addAfter("a", 900)
      yield* pass(1000)
      yield* queue.addAfter("a", 100)
      yield* pass(1000)
      yield* queue.add("a")
      yield* pass(70_000, 1000)

      assert.deepStrictEqual(at, [200, 1100, 2000])
      assert.deepStrictEqual(yield* queue.statistics, { queued: 0, running: 0, polling: 0, failing: 0, waiting: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect("does not count keys that wait for a known time as pending", () =>
    Effect.gen(function* () {
      const { queue } = yield* scripted([after("1 minute")])

      yield* queue.add("a")
      yield* TestClock.adjust(0)

      assert.strictEqual(yield* queue.pending, 0)
      assert.strictEqual((yield* queue.statistics).waiting, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("tries failures and defects again after 100, 200, 400 ms up to 30 s", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted(["fails", "dies", "fails", "fails", converged])

      yield* queue.add("a")
      yield* pass(5000)

      assert.deepStrictEqual(at, [0, 100, 300, 700, 1500])
      assert.strictEqual(yield* queue.pending, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("runs at once after Now, and slower when nothing comes of it", () =>
    Effect.gen(function* () {
      const { at, queue } = yield* scripted([{ ...now, progressed: true }, now, now, now, now, converged])

      yield* queue.add("a")
      yield* Effect.forEach([1, 2, 3], () => TestClock.adjust(0))
      yield* pass(1000)

      assert.deepStrictEqual(at, [0, 0, 0, 20, 60, 140])
    }).pipe(Effect.scoped)
  )

  it.effect("lets running keys end when it closes, and starts nothing new", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const seen: Array<string> = []
      const run = (key: string) =>
        Effect.gen(function* () {
          seen.push(`${key} begins`)
          yield* Effect.sleep(1000)
          seen.push(`${key} ends`)
          return poll
        })
      const queue = yield* WorkQueue.make({ run, concurrency: 1 }).pipe(Scope.provide(scope))

      yield* Effect.forEach(["a", "b"], queue.add)
      yield* TestClock.adjust(0)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      yield* queue.add("c")
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(seen, ["a begins", "a ends"])
      assert.isDefined(closing.pollUnsafe())
    })
  )

  it.effect("interrupts what still runs when the grace period is over", () =>
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
