/** What a work queue counts and logs, and how back-off, delays and the end of the queue act together. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { WorkQueue } from "../src/index.ts"

const awaitChange = { next: { _tag: "AwaitChange" }, progressed: false } as const
const poll = { next: { _tag: "Poll" }, progressed: false } as const
const now = { next: { _tag: "Now" }, progressed: false } as const
const inAMinute = { next: { _tag: "After", delay: Duration.minutes(1) }, progressed: false } as const

const none: WorkQueue.QueueStatistics = { queued: 0, running: 0, polling: 0, failing: 0, waiting: 0 }

/** A queue whose runs are these, the last one repeated, and the start times of its runs. */
const scripted = (...runs: ReadonlyArray<Effect.Effect<WorkQueue.Outcome, string>>) =>
  Effect.gen(function* () {
    const starts: Array<number> = []
    const queue = yield* WorkQueue.make({
      run: () =>
        Effect.clockWith((clock) => {
          const run = runs[Math.min(starts.length, runs.length - 1)] ?? Effect.succeed(awaitChange)
          starts.push(clock.currentTimeMillisUnsafe())
          return run
        })
    })
    return { queue, starts }
  })

/** Advances the clock in small steps, so that every run starts at its own time. */
const advance = (total: number) =>
  Effect.forEach(Array.from({ length: total / 10 }), () => TestClock.adjust(10), { discard: true })

/** What is logged as lines of the form `a: message`, where `a` is the key. */
const withLogs = <A, E, R>(effect: (logs: ReadonlyArray<string>) => Effect.Effect<A, E, R>) => {
  const logs: Array<string> = []
  const capture = Logger.make(({ cause, fiber, message }) => {
    const failures = cause.reasons.map((reason) => (reason._tag === "Fail" ? String(reason.error) : reason._tag))
    logs.push([fiber.getRef(References.CurrentLogAnnotations).key, message, ...failures].join(": "))
  })
  return effect(logs).pipe(Effect.provide(Logger.layer([capture])))
}

describe("the statistics of a work queue", () => {
  it.effect("count each key in one phase, and all but waiting ones as pending", () =>
    Effect.gen(function* () {
      const run = (key: string): Effect.Effect<WorkQueue.Outcome, string> => {
        if (key === "polls") return Effect.succeed(poll)
        if (key === "fails") return Effect.fail("failed")
        return key === "waits" ? Effect.succeed(inAMinute) : Effect.never
      }
      const queue = yield* WorkQueue.make({ run, concurrency: 1, grace: 0 })
      for (const key of ["polls", "fails", "waits", "runs", "is queued"]) {
        yield* queue.add(key)
        yield* TestClock.adjust(0)
      }

      assert.deepStrictEqual(yield* queue.statistics, { queued: 1, running: 1, polling: 1, failing: 1, waiting: 1 })
      assert.strictEqual(yield* queue.pending, 4)
    }).pipe(Effect.scoped)
  )

  it.effect("count a key as queued as soon as it is added, and as waiting during a delay", () =>
    Effect.gen(function* () {
      const { queue } = yield* scripted(Effect.succeed(awaitChange))

      yield* queue.addAfter("a", 1000)
      assert.deepStrictEqual(yield* queue.statistics, { ...none, waiting: 1 })
      yield* queue.add("b")
      assert.deepStrictEqual(yield* queue.statistics, { ...none, waiting: 1, queued: 1 })
    }).pipe(Effect.scoped)
  )

  it.effect("count a key as waiting whose delay was given during its run", () =>
    Effect.gen(function* () {
      const latch = yield* Deferred.make<void>()
      const { queue, starts } = yield* scripted(Effect.as(Deferred.await(latch), awaitChange))

      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* queue.addAfter("a", 1000)
      yield* Deferred.succeed(latch, undefined)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* queue.statistics, { ...none, waiting: 1 })
      yield* TestClock.adjust(1000)

      assert.deepStrictEqual(starts, [0, 1000])
      assert.deepStrictEqual(yield* queue.statistics, none)
    }).pipe(Effect.scoped)
  )

  it.effect("count a key as queued while runs without progress are slowed down", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted(Effect.succeed(now))

      yield* queue.add("a")
      yield* Effect.forEach([1, 2], () => TestClock.adjust(0))

      assert.deepStrictEqual([starts, yield* queue.statistics], [[0, 0], { ...none, queued: 1 }])
    }).pipe(Effect.scoped)
  )

  it.effect("count nothing after the queue has closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { queue } = yield* scripted(Effect.succeed(inAMinute)).pipe(Scope.provide(scope))
      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* Scope.close(scope, Exit.void)
      yield* queue.add("b")
      yield* queue.addAfter("c", 1000)

      assert.deepStrictEqual(yield* queue.statistics, none)
    })
  )
})

describe("the back-off of a work queue", () => {
  it.effect("starts again after a poll that made progress", () =>
    Effect.gen(function* () {
      const progressed = { ...poll, progressed: true }
      const { queue, starts } = yield* scripted(...[poll, poll, progressed, poll].map((run) => Effect.succeed(run)))

      yield* queue.add("a")
      yield* advance(800)

      assert.deepStrictEqual(starts, [0, 100, 300, 400, 500, 700])
    }).pipe(Effect.scoped)
  )

  it.effect("of polls goes on after a run at a delay of addAfter", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted(Effect.succeed(poll))

      yield* queue.add("a")
      yield* advance(350)
      yield* queue.addAfter("a", 10)
      yield* advance(1000)

      assert.deepStrictEqual(starts, [0, 100, 300, 360, 1160])
    }).pipe(Effect.scoped)
  )

  it.effect("of failures goes on after a run that add starts", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted(Effect.fail("failed"))

      yield* queue.add("a")
      yield* advance(350)
      yield* queue.add("a")
      yield* advance(1000)

      assert.deepStrictEqual(starts, [0, 100, 300, 350, 1150])
    }).pipe(Effect.scoped)
  )
})

describe("a run that fails", () => {
  it.effect("is logged with its key and cause, and other runs are not", () =>
    withLogs((logs) =>
      Effect.gen(function* () {
        const { queue } = yield* scripted(Effect.fail("no role"), Effect.die("defect"), Effect.succeed(awaitChange))
        yield* queue.add("a")
        yield* advance(1000)

        assert.deepStrictEqual(logs, [
          "a: reconcile failed and will be retried: no role",
          "a: reconcile failed and will be retried: Die"
        ])
      }).pipe(Effect.scoped)
    )
  )

  it.effect("because it interrupts itself is repeated", () =>
    withLogs((logs) =>
      Effect.gen(function* () {
        const { queue, starts } = yield* scripted(Effect.interrupt, Effect.succeed(awaitChange))
        yield* queue.add("a")
        yield* advance(1000)

        assert.deepStrictEqual(starts, [0, 100])
        assert.deepStrictEqual(logs, ["a: reconcile failed and will be retried: Interrupt"])
      }).pipe(Effect.scoped)
    )
  )

  it.effect("while the queue closes is logged, and not repeated", () =>
    withLogs((logs) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const fails = Effect.delay(Effect.fail("no role"), 1000)
        const { queue, starts } = yield* scripted(fails).pipe(Scope.provide(scope))
        yield* queue.add("a")
        yield* TestClock.adjust(0)
        yield* Effect.forkChild(Scope.close(scope, Exit.void))
        yield* advance(20_000)

        assert.deepStrictEqual(starts, [0])
        assert.deepStrictEqual(logs, ["a: reconcile failed and will be retried: no role"])
      })
    )
  )

  it.effect("because the grace period has passed, 10 s by default, is not logged", () =>
    withLogs((logs) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { queue } = yield* scripted(Effect.never).pipe(Scope.provide(scope))
        yield* queue.add("a")
        yield* TestClock.adjust(0)
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        yield* TestClock.adjust(9_999)
        assert.isUndefined(closing.pollUnsafe())
        yield* TestClock.adjust(1)

        assert.isDefined(closing.pollUnsafe())
        assert.deepStrictEqual(logs, [])
      })
    )
  )
})
