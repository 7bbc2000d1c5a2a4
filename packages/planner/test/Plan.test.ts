import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as TaskPlan from "../src/model/TaskPlan.ts"
import * as Plan from "../src/plan/Plan.ts"
import * as Retry from "../src/plan/Retry.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const now = DateTime.makeUnsafe("2026-01-01T12:00:00.250Z")

describe("Plan", () => {
  it("has the first incomplete task as its current one", () => {
    const plan = Fixtures.plan([Fixtures.task("a", { status: "Complete" }), Fixtures.task("b")])
    assert.strictEqual(Option.getOrThrow(Plan.current(plan)).type, "b")
    assert.isTrue(Option.isNone(Plan.current(Fixtures.plan([]))))
  })

  it("counts a pending task with a submission time as submitted, which is how other controllers store it", () => {
    assert.strictEqual(Plan.stateOf(Fixtures.task("a"))._tag, "Pending")
    assert.strictEqual(Plan.stateOf(Fixtures.task("a", { submittedAt: "2026-01-01T00:00:00Z" }))._tag, "Submitted")
    assert.strictEqual(Plan.stateOf(Fixtures.task("a", { status: "Running" }))._tag, "Submitted")
  })

  it("decodes the state of an ended task", () => {
    assert.deepStrictEqual(Plan.stateOf(Fixtures.task("a", { status: "Complete" })), { _tag: "Complete" })
    const failed = { _tag: "Failed", attempt: 2, message: "no" } as const
    assert.deepStrictEqual(Plan.stateOf(Fixtures.task("a", { status: "Failed", retryCount: 2, error: "no" })), failed)
    const silent = { _tag: "Failed", attempt: 0, message: "" } as const
    assert.deepStrictEqual(Plan.stateOf(Fixtures.task("a", { status: "Failed" })), silent)
  })

  it("counts its complete tasks", () => {
    const tasks = [Fixtures.task("a", { status: "Complete" }), Fixtures.task("b"), Fixtures.task("c")]
    assert.strictEqual(Plan.completedCount(Fixtures.plan(tasks)), 1)
  })

  it("claims a task with the time, and removes its retry time", () => {
    const task = Fixtures.task("a", { retryCount: 1, retryAt: "2026-01-01T00:00:00Z" })
    const [claimed] = Plan.claimed(Fixtures.plan([task]), task, now).tasks
    assert.deepInclude(claimed, { status: "Pending", submittedAt: "2026-01-01T12:00:00.250Z", retryCount: 1 })
    assert.notProperty(claimed, "retryAt")
  })

  it("completes the plan with its last task", () => {
    const [a, b] = [Fixtures.task("a"), Fixtures.task("b")]
    const half = Plan.completed(Fixtures.plan([a, b]), a)
    assert.strictEqual(half.phase, "Active")
    assert.strictEqual(Plan.completed(half, b).phase, "Complete")
  })

  it("a failed attempt is retried under the same id", () => {
    const task = Fixtures.task("a", { maxRetries: 1, submittedAt: "2026-01-01T00:00:00Z", error: "theirs" })
    const plan = Plan.attemptFailed(Fixtures.plan([task]), task, "no", now)
    assert.strictEqual(plan.phase, "Active")
    assert.deepStrictEqual(plan.tasks[0], {
      type: "a",
      id: task.id,
      status: "Pending",
      maxRetries: 1,
      retryCount: 1,
      retryAt: "2026-01-01T12:00:10Z"
    })
  })

  it("an attempt that fails without retries left fails the plan, with every detail", () => {
    const task = Fixtures.task("a", { maxRetries: 1, retryCount: 1 })
    const plan = Plan.attemptFailed(Fixtures.plan([Fixtures.task("z", { status: "Complete" }), task]), task, "no", now)
    assert.strictEqual(plan.phase, "Failed")
    assert.deepInclude(plan.tasks[1], { type: "a", status: "Failed", error: "no" })
    assert.strictEqual(plan.failedTaskIndex, 1)
    assert.deepStrictEqual(plan.failedTaskDetail, {
      type: "a",
      id: task.id,
      reason: "TaskFailed",
      error: "no",
      retryCount: 1,
      maxRetries: 1
    })
    assert.strictEqual(Plan.failure(plan), "task a: no")
    assert.strictEqual(Plan.failure(Fixtures.plan([], { phase: "Failed" })), "unknown")
  })

  it("INV-4: a plan without a failed phase keeps the phase of its object", () => {
    const failed = Fixtures.plan([], { phase: "Failed" })
    assert.isTrue(Option.isNone(Plan.phaseAfter(failed)))
    assert.isTrue(Option.isNone(Plan.phaseAfter({ ...failed, failedPhase: "" })))
    assert.deepStrictEqual(Plan.phaseAfter({ ...failed, failedPhase: "Failed" }), Option.some("Failed"))
    assert.deepStrictEqual(Plan.phaseAfter(Fixtures.plan([], { phase: "Complete" })), Option.some("Running"))
    assert.isTrue(Option.isNone(Plan.phaseAfter(Fixtures.plan([], { failedPhase: "Failed" }))))
  })
})

describe("Retry", () => {
  it("waits 10, 20, then 30 seconds for a task", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 50].map((retry) => Duration.toSeconds(Retry.taskDelay(retry))),
      [10, 20, 30, 30]
    )
  })

  it("INV-4: waits 5 seconds to 5 minutes for a plan", () => {
    assert.deepStrictEqual(
      [0, 1, 5, 6, 60].map((attempt) => Duration.toSeconds(Retry.planDelay(attempt))),
      [5, 10, 160, 300, 300]
    )
  })

  it("computes the time that is left, which is zero for a past time", () => {
    const wait = (text: string) => Duration.toMillis(Retry.until(now, DateTime.makeUnsafe(text)))
    assert.deepStrictEqual([wait("2026-01-01T12:00:01Z"), wait("2026-01-01T12:00:00Z")], [750, 0])
  })

  it("a failed plan without the time of its failure may be built again at once", () => {
    assert.strictEqual(DateTime.toEpochMillis(Retry.planDue(Fixtures.plan([], { phase: "Failed" }))), 0)
    assert.strictEqual(DateTime.toEpochMillis(Retry.planDue(Fixtures.plan([], { failedAt: "never" }))), 0)
  })
})

describe("PersistedPlan", () => {
  it("INV-1: is created only by reading an object", () => {
    const plan = { ...Fixtures.plan([Fixtures.task("a")]), unknown: "kept" }
    const stored = TaskPlan.PersistedPlan.read(Fixtures.widget({ plan: JSON.parse(JSON.stringify(plan)) }))
    assert.deepStrictEqual(stored instanceof TaskPlan.PersistedPlan && stored.plan, plan)
    // @ts-expect-error there is no other way
    assert.isDefined(new TaskPlan.PersistedPlan(plan, Fixtures.widget()))
  })

  it("distinguishes a missing plan from one that does not decode", () => {
    assert.strictEqual(TaskPlan.PersistedPlan.read(Fixtures.widget()), "None")
    assert.strictEqual(TaskPlan.PersistedPlan.read(Fixtures.widget({ plan: null })), "None")
    assert.strictEqual(TaskPlan.PersistedPlan.read(Fixtures.widget({ plan: { tasks: 7 } })), "Unreadable")
  })
})

describe("stored times", () => {
  it("that do not parse are long past, so that nothing waits for them", () => {
    assert.strictEqual(DateTime.toEpochMillis(Retry.timeOf("soon")), 0)
    assert.strictEqual(DateTime.toEpochMillis(Retry.timeOf("1970-01-01T00:00:01Z")), 1000)
  })
})
