/** Steps of a plan over remote tasks, and what an agent reports about them. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PlannedTask } from "../src/model/TaskPlan.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import {
  type Agent,
  address,
  type Case,
  fails,
  grow,
  knows,
  overdueAfter,
  rejected,
  remote,
  returning,
  statuses,
  step,
  submitted,
  unreachable
} from "./step.ts"

describe("a step over a remote task", () => {
  const registry = {
    grow: remote(),
    after: returning(Task.waiting({ reason: "VolumeNotBound", message: "the volume is not bound" }))
  }
  const one = (task: PlannedTask, agent: Agent, more: Partial<Case> = {}) =>
    step({ tasks: [task], registry, agent, ...more })
  const running = Requeue.poll({ reason: "TaskRunning", task: "grow", message: "task grow is running" }, overdueAfter)

  it.effect("INV-8: claims a task that its agent does not know, and submits nothing", () =>
    Effect.gen(function* () {
      const polled: Array<unknown> = []
      const outcome = yield* one(grow(), {
        poll: (...about) =>
          Effect.as(
            Effect.sync(() => polled.push(about)),
            Option.none()
          )
      })
      assert.deepStrictEqual(polled, [[address, "id-of-grow"]])
      assert.strictEqual(outcome.plan.tasks[0]?.submittedAt, "2026-01-01T12:00:00.250Z")
      const submission = { id: "id-of-grow", type: "grow-disk", params: { gigabytes: 7 } }
      assert.deepStrictEqual<unknown>(outcome.pendingSubmission, Option.some({ address, submission }))
      assert.deepStrictEqual([outcome.statusPatch, outcome.conditions], [{}, []])
      assert.deepStrictEqual(outcome.requeue, running)
    })
  )

  it.effect("INV-8: claims a task again at most every 2 seconds while its agent refuses or loses the submission", () =>
    Effect.gen(function* () {
      const unknown: Agent = { poll: () => Effect.succeedNone }
      const notAccepted = Requeue.poll(
        { reason: "TaskNotAccepted", task: "grow", message: "the agent has not accepted task grow" },
        overdueAfter
      )
      for (const submittedAt of ["2026-01-01T12:00:00.250Z", "2026-01-01T11:59:58.251Z"]) {
        const task = grow({ submittedAt })
        const outcome = yield* one(task, unknown)
        assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
        assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
        assert.deepStrictEqual(outcome.requeue, notAccepted)
      }
      for (const submittedAt of ["2026-01-01T11:59:58.250Z", "2026-01-01T12:00:00.251Z", "never"]) {
        const outcome = yield* one(grow({ submittedAt }), unknown)
        assert.strictEqual(outcome.plan.tasks[0]?.submittedAt, "2026-01-01T12:00:00.250Z")
        assert.isTrue(Option.isSome(outcome.pendingSubmission))
        assert.deepStrictEqual(outcome.requeue, notAccepted)
      }
    })
  )

  it.effect("INV-8: waits for a running task, also for one that another controller submitted", () =>
    Effect.gen(function* () {
      for (const task of [grow(), submitted()]) {
        const outcome = yield* one(task, knows({ _tag: "Running", run: 1 }))
        assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
        assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
        assert.deepStrictEqual(outcome.requeue, running)
      }
    })
  )

  it.effect("completes a task that its agent completed, and starts the next", () =>
    Effect.gen(function* () {
      const agent = knows({ _tag: "Completed", run: 1 })
      const outcome = yield* step({ tasks: [submitted(), Fixtures.task("after")], registry, agent })
      assert.deepStrictEqual(statuses(outcome), ["Complete", "Pending"])
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll({ reason: "VolumeNotBound", task: "after", message: "the volume is not bound" }, overdueAfter)
      )
    })
  )

  it.effect("INV-9: records a failure before the next attempt, which follows after a back-off", () =>
    Effect.gen(function* () {
      const failed = { _tag: "Failed", run: 2, error: "disk full" } as const
      const outcome = yield* one(submitted({ maxRetries: 2, retryCount: 1 }), knows(failed))
      assert.deepStrictEqual(outcome.plan.tasks, [
        grow({ maxRetries: 2, retryCount: 2, retryAt: "2026-01-01T12:00:20Z" })
      ])
      assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.after(Duration.seconds(20), {
          reason: "RetryBackOff",
          task: "grow",
          message: "back-off before retry 2 of task grow",
          detail: "disk full"
        })
      )
    })
  )

  it.effect("INV-9: records the failure of a task that another controller submitted", () =>
    Effect.gen(function* () {
      const outcome = yield* one(grow(), knows({ _tag: "Failed", run: 1, error: "disk full" }))
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "disk full")
    })
  )

  it.effect("waits for a running attempt, whatever its run number at the agent", () =>
    Effect.gen(function* () {
      const task = submitted({ maxRetries: 2, retryCount: 2 })
      const outcome = yield* one(task, knows({ _tag: "Running", run: 1 }))
      assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
      assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
    })
  )

  it.effect("ignores a retry time on a submitted task", () =>
    Effect.gen(function* () {
      const task = submitted({ maxRetries: 1, retryAt: "2026-01-01T13:00:00Z" })
      const outcome = yield* one(task, knows({ _tag: "Failed", run: 1, error: "disk full" }))
      assert.strictEqual(outcome.plan.tasks[0]?.retryCount, 1)
    })
  )

  it.effect("fails the plan with the last attempt", () =>
    Effect.gen(function* () {
      const outcome = yield* one(submitted(), knows({ _tag: "Failed", run: 1, error: "disk full" }))
      assert.strictEqual(outcome.plan.phase, "Failed")
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "disk full")
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )

  it.effect("claims another attempt when the agent reports only the previous one", () =>
    Effect.gen(function* () {
      const outcome = yield* one(
        submitted({ maxRetries: 1, retryCount: 1 }),
        knows({ _tag: "Failed", run: 1, error: "" })
      )
      assert.isTrue(Option.isSome(outcome.pendingSubmission))
      assert.strictEqual(outcome.plan.tasks[0]?.retryCount, 1)
    })
  )

  it.effect("does not call the agent before the time of a retry", () =>
    Effect.gen(function* () {
      const task = grow({ maxRetries: 2, retryCount: 1, retryAt: "2026-01-01T12:00:05Z" })
      const outcome = yield* one(task, {})
      assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.after(Duration.millis(4750), {
          reason: "RetryBackOff",
          task: "grow",
          message: "back-off before retry 1 of task grow"
        })
      )
    })
  )

  it.effect("claims a retry that is due, whatever run number the recorded failure has at the agent", () =>
    Effect.gen(function* () {
      const task = grow({ maxRetries: 2, retryCount: 1, retryAt: "2026-01-01T12:00:00.250Z" })
      const outcome = yield* one(task, knows({ _tag: "Failed", run: 5, error: "disk full" }))
      assert.isTrue(Option.isSome(outcome.pendingSubmission))
      assert.notProperty(outcome.plan.tasks[0], "retryAt")
    })
  )

  it.effect("completes a task that another controller ran again successfully before its retry", () =>
    Effect.gen(function* () {
      const task = grow({ maxRetries: 2, retryCount: 1, retryAt: "2026-01-01T12:00:00Z" })
      const outcome = yield* one(task, knows({ _tag: "Completed", run: 2 }))
      assert.deepStrictEqual(statuses(outcome), ["Complete"])
    })
  )

  it.effect("fails the plan when its submission was rejected, and does not call the agent", () =>
    Effect.gen(function* () {
      const outcome = yield* one(submitted(), {}, { rejection: { taskId: "id-of-grow", message: "no such task" } })
      assert.deepInclude(outcome.plan.failedTaskDetail, { reason: "AgentRejected", error: "no such task" })
    })
  )

  it.effect("ignores the rejection of another task", () =>
    Effect.gen(function* () {
      const rejection = { taskId: "id-of-another", message: "no such task" }
      const outcome = yield* one(submitted(), knows({ _tag: "Running", run: 1 }), { rejection })
      assert.strictEqual(outcome.plan.phase, "Active")
    })
  )

  it.effect("fails the plan when stored parameters do not decode, and does not call the agent", () =>
    Effect.gen(function* () {
      const outcome = yield* one(Fixtures.task("grow", { params: { size: "much" } }), {})
      assert.strictEqual(outcome.plan.failedTaskDetail?.reason, "InvalidParameters")
      assert.match(outcome.plan.failedTaskDetail?.error ?? "", /^stored parameters do not decode: /u)
    })
  )
})

describe("an agent", () => {
  const unreachableAgent: Agent = { poll: () => fails(unreachable) }

  it.effect("that is unreachable is polled again", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [submitted()], registry: { grow: remote() }, agent: unreachableAgent })
      assert.strictEqual(outcome.plan.phase, "Active")
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll(
          {
            reason: "AgentUnreachable",
            task: "grow",
            message: "the agent is unreachable",
            detail: "connection refused"
          },
          overdueAfter
        )
      )
    })
  )

  it.effect("that will stay unreachable fails the plan", () =>
    Effect.gen(function* () {
      const registry = { grow: remote({ unreachableForever: () => "its pod is gone" }) }
      const outcome = yield* step({ tasks: [submitted()], registry, agent: unreachableAgent })
      assert.deepInclude(outcome.plan.failedTaskDetail, { reason: "AgentGone", error: "its pod is gone" })
    })
  )

  it.effect("that rejects a poll fails the plan with its own message", () =>
    Effect.gen(function* () {
      const registry = { grow: remote({ unreachableForever: () => "its pod is gone" }) }
      const outcome = yield* step({ tasks: [submitted()], registry, agent: { poll: () => fails(rejected) } })
      assert.deepInclude(outcome.plan.failedTaskDetail, { reason: "AgentRejected", error: "no such task" })
    })
  )
})

describe("a signal", () => {
  const registry = { grow: remote({ completes: "Accepted" }) }

  it.effect("is complete once its agent has accepted it, without a claim", () =>
    Effect.gen(function* () {
      const sent: Array<unknown> = []
      const agent: Agent = { ...knows(), submit: (...what) => Effect.sync(() => void sent.push(what)) }
      const outcome = yield* step({ tasks: [grow()], registry, agent })
      assert.strictEqual(outcome.plan.phase, "Complete")
      assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
      assert.deepStrictEqual(sent, [[address, { id: "id-of-grow", type: "grow-disk", params: { gigabytes: 7 } }]])
    })
  )

  it.effect("is not sent again to an agent that has it", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [grow()], registry, agent: knows({ _tag: "Running", run: 1 }) })
      assert.strictEqual(outcome.plan.phase, "Complete")
    })
  )

  it.effect("is sent again while its agent is unreachable, and fails the plan when its agent rejects it", () =>
    Effect.gen(function* () {
      const sending = (reason: typeof rejected | typeof unreachable) =>
        step({ tasks: [grow()], registry, agent: { ...knows(), submit: () => fails(reason) } })
      const [rejectedOutcome, unreachableOutcome] = [yield* sending(rejected), yield* sending(unreachable)]
      assert.strictEqual(rejectedOutcome.plan.failedTaskDetail?.error, "no such task")
      assert.strictEqual(unreachableOutcome.plan.phase, "Active")
      assert.strictEqual(Requeue.describe(unreachableOutcome.requeue), "the agent is unreachable: connection refused")
    })
  )
})
