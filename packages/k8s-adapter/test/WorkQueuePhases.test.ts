/** The phases that keys of a queue are in, and the back-off from one run to the next. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { WorkQueue } from "../src/index.ts"

const awaitChange = { next: { _tag: "AwaitChange" }, progressed: false } as const
const poll = { next: { _tag: "Poll" }, progressed: false } as const
const NONE = { queued: 0, running: 0, polling: 0, failing: 0, waiting: 0 }

const polls = Effect.succeed(poll)

type Run = Effect.Effect<WorkQueue.Outcome, unknown>

/** A queue whose key runs from a script, the last of it repeated, and the start times of its runs. */
const scripted = (script: ReadonlyArray<Run>, options: Partial<WorkQueue.Options<never, never>> = { grace: 0 }) =>
  Effect.gen(function* () {
    const starts: Array<number> = []
    const queue = yield* WorkQueue.make({
      ...options,
      run: () =>
        Effect.gen(function* () {
          const run = script[Math.min(starts.length, script.length - 1)] ?? Effect.succeed(awaitChange)
          starts.push(yield* Clock.currentTimeMillis)
          return yield* run
        })
    })
    return { queue, starts }
  })

/** Advances the clock in small steps, so that every run starts at its own time. */
const advance = (total: number) =>
  Effect.forEach(Array.from({ length: total / 10 }), () => TestClock.adjust(10), { discard: true })

describe("the statistics of a queue", () => {
  it.effect.each([
    ["running", Effect.never, 1],
    ["polling", polls, 1],
    ["failing", Effect.fail("failed"), 1],
    ["waiting", Effect.succeed({ next: { _tag: "After", delay: Duration.minutes(1) }, progressed: false } as const), 0]
  ] as const)("count a key that is %s", ([phase, run, pending]) =>
    Effect.gen(function* () {
      const { queue } = yield* scripted([run])
      yield* queue.add("a")
      assert.deepStrictEqual(yield* queue.statistics, { ...NONE, queued: 1 })
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* queue.statistics, { ...NONE, [phase]: 1 })
      assert.strictEqual(yield* queue.pending, pending)
    }).pipe(Effect.scoped)
  )

  it.effect("count a key that was added with a delay, and one that waits for a slot", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({ run: () => Effect.never, concurrency: 1, grace: 0 })
      yield* queue.addAfter("a", 1000)
      assert.deepStrictEqual(yield* queue.statistics, { ...NONE, waiting: 1 })
      yield* queue.add("b")
      yield* queue.add("c")
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* queue.statistics, { ...NONE, running: 1, queued: 1, waiting: 1 })
      assert.strictEqual(yield* queue.pending, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("count a key that runs again at once as queued", () =>
    Effect.gen(function* () {
      const queue = yield* WorkQueue.make({
        concurrency: 1,
        grace: 0,
        run: (key) =>
          key === "a"
            ? Effect.as(Effect.sleep(100), { next: { _tag: "Now" }, progressed: true } as const)
            : Effect.never
      })
      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* queue.add("b")
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* queue.statistics, { ...NONE, running: 1, queued: 1 })
    }).pipe(Effect.scoped)
  )
})

describe("the back-off of a queue", () => {
  const fails = Effect.fail("failed")

  it.effect("goes on after a delay, and starts again after an add", () =>
    Effect.gen(function* () {
      const delayed = yield* scripted([polls])
      yield* delayed.queue.add("a")
      yield* advance(310)
      yield* delayed.queue.addAfter("a", 50)
      yield* advance(1000)
      assert.deepStrictEqual(delayed.starts, [0, 100, 300, 360, 1160])
      const added = yield* scripted([polls])
      yield* added.queue.add("a")
      yield* advance(310)
      yield* added.queue.add("a")
      yield* advance(150)
      assert.deepStrictEqual(
        added.starts.map((start) => start - (added.starts[0] ?? 0)),
        [0, 100, 300, 310, 410]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("goes on while runs fail, also after an add", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([fails])
      yield* queue.add("a")
      yield* advance(150)
      yield* queue.add("a")
      yield* advance(500)
      assert.deepStrictEqual(starts, [0, 100, 150, 550])
    }).pipe(Effect.scoped)
  )

  it.effect("starts again after progress, and after runs that ended in another way", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([
        polls,
        polls,
        Effect.succeed({ ...poll, progressed: true }),
        polls,
        polls,
        fails,
        polls
      ])
      yield* queue.add("a")
      yield* advance(1000)
      assert.deepStrictEqual(starts, [0, 100, 300, 400, 500, 700, 800, 900])
    }).pipe(Effect.scoped)
  )

  it.effect("is that of a failure after a run that interrupts itself", () =>
    Effect.gen(function* () {
      const { queue, starts } = yield* scripted([Effect.interrupt, Effect.succeed(awaitChange)])
      yield* queue.add("a")
      yield* advance(200)
      assert.deepStrictEqual(starts, [0, 100])
    }).pipe(Effect.scoped)
  )

  it.effect("is logged with its key and the cause", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const logger = Logger.make(({ fiber, message }) => {
        log.push(`${fiber.getRef(References.CurrentLogAnnotations).key}: ${String(message)}`)
      })
      yield* Effect.gen(function* () {
        const { queue } = yield* scripted([fails, Effect.succeed(awaitChange)])
        yield* queue.add("a")
        yield* advance(500)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
      assert.lengthOf(log, 1)
      assert.match(log[0] ?? "", /^a: reconcile failed and will be retried/u)
    })
  )
})

describe("a closed queue", () => {
  it.effect("takes no key, and has none", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { queue, starts } = yield* Effect.provideService(scripted([polls]), Scope.Scope, scope)
      yield* queue.add("a")
      yield* TestClock.adjust(0)
      yield* Scope.close(scope, Exit.void)
      yield* queue.add("a")
      yield* queue.add("b")
      yield* advance(1000)
      assert.deepStrictEqual(starts, [0])
      assert.deepStrictEqual(yield* queue.statistics, NONE)
    })
  )

  it.effect("logs nothing about the runs that it interrupts", () =>
    Effect.gen(function* () {
      const log: Array<unknown> = []
      const queue = scripted([Effect.never])
      yield* Effect.gen(function* () {
        yield* (yield* queue).queue.add("a")
        yield* TestClock.adjust(0)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([Logger.make(({ message }) => void log.push(message))])))
      assert.deepStrictEqual(log, [])
    })
  )

  it.effect("lets its runs go on for ten seconds", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { queue } = yield* Effect.provideService(scripted([Effect.never], {}), Scope.Scope, scope)
      yield* queue.add("a")
      yield* TestClock.adjust(0)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust(9_999)
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* Fiber.join(closing)
    })
  )
})
