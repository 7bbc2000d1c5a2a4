import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Task from "../src/tasks/Task.ts"
import { conditionIn, kinds, patch, reconcileWidget } from "./pass.ts"
import * as Toy from "./toy.ts"

describe("a repair", () => {
  const repair = (task: Task.Task<string, never> | undefined, status: object = {}) =>
    reconcileWidget(status, {
      override: () => ({ paused: true, repair: Option.some({ type: "stop", params: { at: "once" } }) }),
      tasks: task === undefined ? {} : { stop: task }
    })

  it.effect("performs one local task outside of any plan, and reconciles again", () =>
    Effect.gen(function* () {
      const performed: Array<unknown> = []
      const task = Toy.local((observation, planned) =>
        Effect.as(
          Effect.sync(() => performed.push([observation, planned])),
          Task.done
        )
      )
      const { recorded, requeue } = yield* repair(task)
      const planned = { type: "stop", params: { at: "once" }, id: "", status: "Pending" }
      assert.deepStrictEqual(performed, [["observed", planned]])
      assert.deepStrictEqual(requeue, Requeue.now)
      assert.notProperty(patch(recorded), "plan")
    })
  )

  it.effect("INV-12: that waits shows its reason, and the deadline of its task", () =>
    Effect.gen(function* () {
      const shown = Effect.fnUntraced(function* (perform: Task.LocalTask<string, never>["perform"]) {
        const { recorded } = yield* repair(Toy.local(perform))
        return patch(recorded).waiting
      })
      const common = { task: "stop", since: "2026-01-01T12:00:00Z", until: "2026-01-01T12:03:00Z" }
      const waiting = Task.waiting({
        reason: "PodTerminating",
        message: "the pod is being deleted",
        detail: "draining"
      })
      assert.deepStrictEqual<unknown>(yield* shown(() => Effect.succeed(waiting)), {
        reason: "PodTerminating",
        for: "the pod is being deleted",
        detail: "draining",
        ...common
      })
      const deferred = new Task.TaskDeferred({
        reason: "ApiServerUnavailable",
        message: "the API server is unavailable",
        detail: "time-out"
      })
      assert.deepStrictEqual<unknown>(yield* shown(() => deferred), {
        reason: "ApiServerUnavailable",
        for: "the API server is unavailable",
        detail: "time-out",
        ...common
      })
      const impossible = new Task.TaskImpossible({ reason: "NotOwned", message: "not owned by the widget" })
      assert.deepStrictEqual<unknown>(yield* shown(() => impossible), {
        reason: "NotOwned",
        for: "task stop is not possible",
        detail: "not owned by the widget",
        ...common
      })
    })
  )

  it.effect("by a task type that is unknown or remote does nothing", () =>
    Effect.gen(function* () {
      for (const task of [undefined, Toy.paint]) {
        const { recorded, requeue } = yield* repair(task)
        assert.deepStrictEqual([kinds(recorded), requeue], [["patchStatus"], Requeue.now])
        assert.notProperty(patch(recorded), "waiting")
      }
    })
  )

  it.effect("keeps the condition Degraded while a failed plan is stored", () =>
    Effect.gen(function* () {
      const failed = Toy.active({ status: "Failed" }, { phase: "Failed", failedAt: "2026-01-01T12:00:00Z" })
      const { recorded } = yield* repair(
        Toy.local(() => Effect.succeed(Task.done)),
        failed
      )
      assert.strictEqual(conditionIn(recorded, "Degraded")[1], "PlanRetrying")
    })
  )
})
