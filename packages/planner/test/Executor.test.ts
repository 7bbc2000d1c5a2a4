/** Steps of a plan over local tasks. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { condition, local, type Observation, overdueAfter, remote, returning, statuses, step } from "./step.ts"

describe("a step over local tasks", () => {
  it.effect("performs one after the other, each with a fresh observation, and completes the plan", () =>
    Effect.gen(function* () {
      const observed: Array<Observation> = []
      const recording = (progress: Task.Progress) =>
        local((each) =>
          Effect.as(
            Effect.sync(() => observed.push(each)),
            progress
          )
        )
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: {
          a: recording(Task.doneWith({ found: { a: 1 }, last: "a" }, [condition("A")])),
          b: recording(Task.doneWith({ found: { b: 2 }, last: "b" }, [condition("B")]))
        }
      })
      assert.strictEqual(outcome.plan.phase, "Complete")
      assert.deepStrictEqual(outcome.statusPatch, { found: { a: 1, b: 2 }, last: "b" })
      assert.deepStrictEqual(outcome.conditions, [condition("A"), condition("B")])
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
      assert.deepStrictEqual(observed, [0, 1])
    })
  )

  it.effect("stops after a complete task when the next one may not start", () =>
    Effect.gen(function* () {
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: { a: returning(Task.doneWith({ a: 1 }, [condition("A")])) },
        stopAfterTask: true
      })
      assert.deepStrictEqual(statuses(outcome), ["Complete", "Pending"])
      assert.deepStrictEqual([outcome.statusPatch, outcome.conditions], [{ a: 1 }, [condition("A")]])
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )

  it.effect("stops at a task that waits, and keeps the status patches of those before it", () =>
    Effect.gen(function* () {
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: {
          a: returning(Task.doneWith({ a: 1 })),
          b: returning(
            Task.waiting({ reason: "VolumeNotBound", message: "the volume is not bound", detail: "no such class" }, [
              condition("B")
            ])
          )
        }
      })
      assert.deepStrictEqual(statuses(outcome), ["Complete", "Pending"])
      assert.deepStrictEqual([outcome.statusPatch, outcome.conditions], [{ a: 1 }, [condition("B")]])
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll(
          { reason: "VolumeNotBound", task: "b", message: "the volume is not bound", detail: "no such class" },
          overdueAfter
        )
      )
    })
  )

  it.effect("keeps the plan when a task is deferred, performs the task again, and uses none of its retries", () =>
    Effect.gen(function* () {
      const deferred = new Task.TaskDeferred({
        reason: "ApiServerUnavailable",
        message: "the API server",
        detail: "429"
      })
      const tasks = [Fixtures.task("a", { maxRetries: 3, retryCount: 3 })]
      const outcome = yield* step({ tasks, registry: { a: local(() => deferred) } })
      assert.deepStrictEqual(outcome.plan, Fixtures.plan(tasks))
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll(
          { reason: "ApiServerUnavailable", task: "a", message: "the API server", detail: "429" },
          overdueAfter
        )
      )
    })
  )

  it.effect("INV-9: fails the plan when a task is impossible, and starts no other task", () =>
    Effect.gen(function* () {
      const impossible = new Task.TaskImpossible({
        reason: "TooSmall",
        message: "too small",
        conditions: [condition("Valid")]
      })
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: { a: local(() => impossible) }
      })
      assert.deepStrictEqual(statuses(outcome), ["Failed", "Pending"])
      assert.deepInclude(outcome.plan, { phase: "Failed", failedAt: "2026-01-01T12:00:00Z" })
      assert.deepInclude(outcome.plan.failedTaskDetail, { reason: "TooSmall", error: "too small" })
      assert.deepStrictEqual(outcome.conditions, [condition("Valid")])
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )

  it.effect("fails the plan when a task type is unknown", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [Fixtures.task("a")], registry: {} })
      assert.deepInclude(outcome.plan.failedTaskDetail, { reason: "UnknownTaskType", error: 'unknown task type "a"' })
      assert.deepStrictEqual(outcome.conditions, [])
    })
  )

  it.effect("INV-10: fails an active plan that has a failed task, and calls no agent", () =>
    Effect.gen(function* () {
      for (const registry of [{ a: remote() }, { a: returning(Task.done) }]) {
        const outcome = yield* step({ tasks: [Fixtures.task("a", { status: "Failed", error: "disk full" })], registry })
        assert.strictEqual(outcome.plan.phase, "Failed")
        assert.deepInclude(outcome.plan.failedTaskDetail, { reason: "TaskFailed", error: "disk full" })
      }
      const withoutError = yield* step({ tasks: [Fixtures.task("a", { status: "Failed" })], registry: {} })
      assert.strictEqual(withoutError.plan.failedTaskDetail?.error, "")
    })
  )

  it.effect("completes an active plan whose tasks are all complete", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [Fixtures.task("a", { status: "Complete" })], registry: {} })
      assert.strictEqual(outcome.plan.phase, "Complete")
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )
})
