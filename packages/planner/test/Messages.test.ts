/** The texts that users read: conditions, waits and reports. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Condition from "../src/model/Condition.ts"
import { PersistedPlan, type TaskPlan } from "../src/model/TaskPlan.ts"
import * as Degraded from "../src/plan/Degraded.ts"
import * as PlanBuilder from "../src/plan/PlanBuilder.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as UpToDate from "../src/plan/UpToDate.ts"
import * as ReconcileReport from "../src/reconcile/ReconcileReport.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as Toy from "./toy.ts"

const plan = (more: Partial<TaskPlan> = {}) => Fixtures.plan([Fixtures.task("paint")], more)
const failed = (more: Partial<TaskPlan> = {}) =>
  plan({
    phase: "Failed",
    failedAt: "2026-01-01T12:00:00Z",
    failedTaskDetail: { type: "paint", id: "x", error: "dry", retryCount: 0, maxRetries: 0 },
    ...more
  })
const statusWith = (condition: Condition.ConditionUpdate) => Condition.set({}, [condition], Toy.now, 3)

describe("Degraded", () => {
  const asExpected = { type: "Degraded", status: "False", reason: "AsExpected", message: "no failure" } as const

  it("is False while no plan has failed", () => {
    for (const each of [undefined, plan(), plan({ phase: "Complete" })]) {
      assert.deepStrictEqual(Degraded.ofPlan(each, statusWith(Degraded.rejected("x"))), asExpected)
    }
  })

  it("says that a failure is final, or which attempt failed and when the next one is due", () => {
    assert.deepStrictEqual(Degraded.ofPlan(failed({ failedPhase: "Broken" }), {}), {
      type: "Degraded",
      status: "True",
      reason: "PlanFailed",
      message: "task paint: dry; the failure is final and is not retried"
    })
    assert.deepInclude(Degraded.ofPlan(failed({ attempt: 1 }), {}), {
      reason: "PlanRetrying",
      message: "attempt 2 failed: task paint: dry; next attempt at 2026-01-01T12:00:10Z"
    })
    assert.match(Degraded.ofPlan(failed(), {}).message, /^attempt 1 failed/u)
  })

  it("INV-4: keeps the last failure while the plan is attempted again", () => {
    const before = Degraded.ofPlan(failed(), {})
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1 }), statusWith(before)), before)
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1, phase: "Complete" }), statusWith(before)), asExpected)
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1 }), statusWith(asExpected)), asExpected)
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1 }), {}), asExpected)
  })

  it("INV-12: shows an overdue wait with its deadline and the last observed cause", () => {
    const wait = {
      reason: "PaintMissing",
      for: "no paint",
      since: "2026-01-01T11:00:00Z",
      until: "2026-01-01T11:10:00Z"
    }
    const message = "waiting since 2026-01-01T11:00:00Z, expected to end by 2026-01-01T11:10:00Z: no paint"
    assert.deepInclude(Degraded.overdue(wait), { status: "True", reason: "WaitOverdue", message })
    assert.strictEqual(Degraded.overdue({ ...wait, detail: "sold out" }).message, `${message}: sold out`)
  })

  it("INV-4: an edit, and only an edit, makes the next attempt due at once", () => {
    const due = (generation: number, status = statusWith(asExpected)) =>
      DateTime.toEpochMillis(Degraded.nextAttempt(failed(), status, generation))
    const later = Date.parse("2026-01-01T12:00:05Z")
    assert.deepStrictEqual([due(3), due(4), due(4, {})], [later, 0, later])
  })
})

describe("PlanUpToDate", () => {
  const superseding = plan({ supersedes: plan().id })
  const superseded = UpToDate.superseded(superseding, "the colour changed")
  const asSpecified = {
    type: "PlanUpToDate",
    status: "True",
    reason: "AsSpecified",
    message: "no edit waits for the plan to end"
  }

  it("keeps the condition of a superseding plan for as long as that plan is stored", () => {
    assert.deepStrictEqual(UpToDate.current(superseding, statusWith(superseded)), [])
    assert.deepStrictEqual<unknown>(UpToDate.current(undefined, statusWith(superseded)), [asSpecified])
    assert.deepStrictEqual<unknown>(UpToDate.current(plan(), statusWith(superseded)), [asSpecified])
    assert.deepStrictEqual<unknown>(UpToDate.current(superseding, statusWith(UpToDate.held("wet"))), [asSpecified])
    assert.deepStrictEqual<unknown>(UpToDate.current(superseding, {}), [asSpecified])
  })
})

describe("a requeue", () => {
  const wait = { reason: "PaintMissing", message: "no paint" }
  const after = Requeue.after(Duration.seconds(5), wait)

  it("is described by its wait, with the last observed cause, and by nothing when it has none", () => {
    assert.deepStrictEqual([Requeue.awaitChange, Requeue.now, after].map(Requeue.describe), ["", "", "no paint"])
    assert.strictEqual(Requeue.describe(Requeue.poll({ ...wait, detail: "sold out" })), "no paint: sold out")
  })

  it("says when the key is reconciled again", () => {
    assert.deepStrictEqual([Requeue.awaitChange, Requeue.now, after, Requeue.poll(wait)].map(Requeue.when), [
      "on the next change",
      "now",
      "in 5s",
      "with back-off"
    ])
  })

  it("that polls is overdue after ten minutes unless it says otherwise", () => {
    const poll = { _tag: "Poll", wait, overdueAfter: Duration.minutes(10) } as const
    assert.deepStrictEqual(Requeue.poll(wait), poll)
  })
})

describe("a reconcile report", () => {
  const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
  const create = { _tag: "CreatePlan", plan: plan(), reason: "a widget without paint", phase: undefined } as const
  const wait = (requeue: Requeue.Requeue) => ({ _tag: "Wait", requeue }) as const
  const stored = PersistedPlan.read(Fixtures.widget(Toy.status({ plan: plan() })))
  const execute = (holdReason: string | undefined) =>
    stored instanceof PersistedPlan
      ? ({ _tag: "ExecutePlan", plan: stored, holdReason, stopAfterTask: false } as const)
      : assert.fail()

  it.each<readonly [ReconcileReport.ReconcileReport["action"], string]>([
    [{ ...create, supersedes: undefined }, "created a plan: a widget without paint"],
    [{ ...create, supersedes: plan() }, "superseded the active plan: a widget without paint"],
    [execute(undefined), "executed the plan"],
    [execute("the paint is wet"), "executed the plan; the paint is wet"],
    [{ _tag: "Repair", task: { type: "stop" } }, "repaired: stop"],
    [{ _tag: "RemovePlan", plan: plan({ phase: "Complete" }) }, "removed the complete plan"],
    [{ _tag: "RemovePlan", plan: failed() }, "removed the failed plan"],
    [{ _tag: "Reject", rejection }, "rejected: spec.colour: no such colour"],
    [wait(Requeue.awaitChange), "nothing to do"],
    [wait(Requeue.poll({ reason: "PaintMissing", message: "no paint" })), "waiting: no paint"],
    [{ _tag: "Terminate" }, "recorded the deletion"],
    [{ _tag: "Cleanup" }, "cleaned up"],
    [{ _tag: "WriteFailed", reason: "changed" }, "status not written: changed"]
  ])("describes the action of a pass in one line: %#", (action, line) => {
    const pass = {
      key: Fixtures.key,
      process: "1234abcd",
      number: 1,
      observedVersion: Fixtures.widget().metadata.resourceVersion
    }
    const report = { pass, object: Fixtures.widget(), action, patch: {}, events: [], requeue: Requeue.now }
    assert.strictEqual(ReconcileReport.describe(report), line)
  })
})

describe("a plan template", () => {
  it("becomes a plan in which zero and absent values are left out", () => {
    const build = (history?: Parameters<typeof PlanBuilder.build>[2]) =>
      Object.keys(PlanBuilder.build(Fixtures.widget(), Toy.painting, history))
    assert.deepStrictEqual(build(), ["id", "phase", "targetPhase", "tasks"])
    assert.deepStrictEqual(build({ attempt: 0, supersedes: undefined }), build())
    const full = PlanBuilder.build(
      Fixtures.widget(),
      {
        ...Toy.painting,
        onFailure: PlanBuilder.failTo("Broken"),
        tasks: [
          { type: "a", maxRetries: 0 },
          { type: "b", params: { x: 1 } }
        ]
      },
      { attempt: 1, supersedes: plan().id }
    )
    assert.deepInclude(full, { failedPhase: "Broken", attempt: 1, supersedes: plan().id, targetPhase: "Painted" })
    assert.deepStrictEqual(Object.keys(full.tasks[0] ?? {}), ["type", "id", "status"])
    assert.deepInclude(full.tasks[1], { type: "b", params: { x: 1 }, status: "Pending" })
    const retried = PlanBuilder.build(Fixtures.widget(), Toy.painting)
    assert.deepInclude(retried, { phase: "Active", targetPhase: "Painted" })
  })
})
