import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Task from "../src/tasks/Task.ts"
import { kinds, patch, says, takeOne } from "./pass.ts"
import * as Toy from "./toy.ts"

describe("a correction", () => {
  const correct = (task: Task.Task<string, never> | undefined, status: object = {}) =>
    takeOne(status, {
      override: () => ({ paused: true, repair: Option.some({ type: "stop", params: { at: "once" } }) }),
      tasks: task === undefined ? {} : { stop: task }
    })

  it.effect("performs one local task outside of any plan, and looks on", () =>
    Effect.gen(function* () {
      const performed: Array<unknown> = []
      const task = Toy.local((observation, planned) =>
        Effect.as(
          Effect.sync(() => performed.push([observation, planned])),
          Task.done
        )
      )
      const { requeue, recorded } = yield* correct(task)
      assert.deepStrictEqual(performed, [["seen", { type: "stop", params: { at: "once" }, id: "", status: "Pending" }]])
      assert.deepStrictEqual(requeue, Requeue.now)
      assert.notProperty(patch(recorded), "plan")
    })
  )

  it.effect("INV-12: that waits shows for what, and for as long as its task may take", () =>
    Effect.gen(function* () {
      const shown = Effect.fnUntraced(function* (perform: Task.LocalTask<string, never>["perform"]) {
        const { recorded } = yield* correct(Toy.local(perform))
        return patch(recorded).waiting
      })
      const times = { since: "2026-01-01T12:00:00Z", until: "2026-01-01T12:03:00Z" }
      const waiting = Task.waiting({ reason: "PaintNotDry", message: "its pod to end", detail: "draining" })
      assert.deepStrictEqual<unknown>(yield* shown(() => Effect.succeed(waiting)), {
        for: "its pod to end",
        detail: "draining",
        ...times
      })
      const deferred = new Task.TaskDeferred({
        reason: "ApiServerUnavailable",
        message: "the API server",
        detail: "time-out"
      })
      assert.deepStrictEqual<unknown>(yield* shown(() => deferred), {
        for: "the API server",
        detail: "time-out",
        ...times
      })
      assert.deepStrictEqual<unknown>(
        yield* shown(() => new Task.TaskImpossible({ reason: "Unpaintable", message: "not ours" })),
        {
          for: "stop to be possible",
          detail: "not ours",
          ...times
        }
      )
    })
  )

  it.effect("of a kind that nobody here performs does nothing", () =>
    Effect.gen(function* () {
      for (const task of [undefined, Toy.paint]) {
        const { requeue, recorded } = yield* correct(task)
        assert.deepStrictEqual([kinds(recorded), requeue], [["patchStatus"], Requeue.now])
        assert.notProperty(patch(recorded), "waiting")
      }
    })
  )

  it.effect("leaves a failure standing while its plan is stored", () =>
    Effect.gen(function* () {
      const failed = Toy.active({ status: "Failed" }, { phase: "Failed", failedAt: "2026-01-01T12:00:00Z" })
      const { recorded } = yield* correct(
        Toy.local(() => Effect.succeed(Task.done)),
        failed
      )
      assert.strictEqual(says(recorded, "Degraded")[1], "PlanRetrying")
    })
  )
})
