/** What people are told: conditions, reasons and reports. */
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
const standing = (claim: Condition.ConditionUpdate) => Condition.set({}, [claim], Toy.now, 3)

describe("Degraded", () => {
  const fine = { type: "Degraded", status: "False", reason: "AsExpected", message: "no failure" } as const

  it("says that no failure is standing", () => {
    for (const each of [undefined, plan(), plan({ phase: "Complete" })]) {
      assert.deepStrictEqual(Degraded.ofPlan(each, standing(Degraded.rejected("x"))), fine)
    }
  })

  it("says that a failure is final, or which attempt failed and when the next one follows", () => {
    assert.deepStrictEqual(Degraded.ofPlan(failed({ failedPhase: "Broken" }), {}), {
      type: "Degraded",
      status: "True",
      reason: "PlanFailed",
      message: "task paint: dry; this is final, it is not tried again by itself"
    })
    assert.deepInclude(Degraded.ofPlan(failed({ attempt: 1 }), {}), {
      reason: "PlanRetrying",
      message: "attempt 2 failed: task paint: dry; the next one follows at 2026-01-01T12:00:10Z"
    })
    assert.match(Degraded.ofPlan(failed(), {}).message, /^attempt 1 failed/u)
  })

  it("INV-4: leaves the last failure standing while another attempt is made", () => {
    const before = Degraded.ofPlan(failed(), {})
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1 }), standing(before)), before)
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1, phase: "Complete" }), standing(before)), fine)
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1 }), standing(fine)), fine)
    assert.deepStrictEqual(Degraded.ofPlan(plan({ attempt: 1 }), {}), fine)
  })

  it("INV-12: tells an overdue wait with what was heard of it", () => {
    const wait = { for: "paint", since: "2026-01-01T11:00:00Z", until: "2026-01-01T11:10:00Z" }
    const message = "waits for paint since 2026-01-01T11:00:00Z, which should have been over by 2026-01-01T11:10:00Z"
    assert.deepInclude(Degraded.overdue(wait), { status: "True", reason: "WaitOverdue", message })
    assert.strictEqual(Degraded.overdue({ ...wait, detail: "sold out" }).message, `${message}: sold out`)
  })

  it("INV-4: lets the next attempt follow an edit, and only an edit, at once", () => {
    const due = (generation: number, status = standing(fine)) =>
      DateTime.toEpochMillis(Degraded.nextAttempt(failed(), status, generation))
    const later = Date.parse("2026-01-01T12:00:05Z")
    assert.deepStrictEqual([due(3), due(4), due(4, {})], [later, 0, later])
  })
})

describe("PlanUpToDate", () => {
  const superseding = plan({ supersedes: plan().id })
  const recorded = UpToDate.superseded(superseding, "the colour changed")
  const asSpecified = {
    type: "PlanUpToDate",
    status: "True",
    reason: "AsSpecified",
    message: "no edit waits for the plan to end"
  }

  it("lets what a superseding plan says of itself stand for as long as that plan is stored", () => {
    assert.deepStrictEqual(UpToDate.current(superseding, standing(recorded)), [])
    assert.deepStrictEqual<unknown>(UpToDate.current(undefined, standing(recorded)), [asSpecified])
    assert.deepStrictEqual<unknown>(UpToDate.current(plan(), standing(recorded)), [asSpecified])
    assert.deepStrictEqual<unknown>(UpToDate.current(superseding, standing(UpToDate.held("wet"))), [asSpecified])
    assert.deepStrictEqual<unknown>(UpToDate.current(superseding, {}), [asSpecified])
  })
})

describe("a requeue", () => {
  const after = Requeue.after(Duration.seconds(5), { reason: "RetryBackOff", message: "paint" })

  it("has a reason only when something is waited for, with what was heard of it", () => {
    assert.deepStrictEqual([Requeue.awaitChange, Requeue.now, after].map(Requeue.reason), ["", "", "paint"])
    assert.strictEqual(
      Requeue.describe(Requeue.poll({ reason: "PaintNotDry", message: "paint", detail: "sold out" })),
      "paint: sold out"
    )
  })

  it("says when the key is looked at again", () => {
    assert.deepStrictEqual(
      [Requeue.awaitChange, Requeue.now, after, Requeue.poll({ reason: "PaintNotDry", message: "paint" })].map(
        Requeue.when
      ),
      ["when something changes", "now", "in 5s", "soon"]
    )
  })

  it("polls for ten minutes before people should know, and without a word of why", () => {
    const poll = { _tag: "Poll", waitingFor: "paint", detail: "", overdueAfter: Duration.minutes(10) } as const
    assert.deepStrictEqual(Requeue.poll({ reason: "PaintNotDry", message: "paint" }), poll)
    assert.strictEqual(after._tag === "After" && after.detail, "")
  })
})

describe("a report", () => {
  const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
  const begin = { _tag: "CreatePlan", plan: plan(), reason: "a widget without paint", phase: undefined } as const
  const rest = (requeue: Requeue.Requeue) => ({ _tag: "Wait", requeue }) as const
  const stored = PersistedPlan.read(Fixtures.widget(Toy.status({ plan: plan() })))
  const drive = (held: string | undefined) =>
    stored instanceof PersistedPlan
      ? ({ _tag: "ExecutePlan", plan: stored, holdReason: held, stopAfterTask: false } as const)
      : assert.fail()

  it.each<readonly [ReconcileReport.ReconcileReport["action"], string]>([
    [{ ...begin, supersedes: undefined }, "recorded a plan: a widget without paint"],
    [{ ...begin, supersedes: plan() }, "recorded a plan in place of the active one: a widget without paint"],
    [drive(undefined), "drove the plan"],
    [drive("the paint is wet"), "drove the plan; the paint is wet"],
    [{ _tag: "Repair", task: { type: "stop" } }, "corrected by stop"],
    [{ _tag: "RemovePlan", plan: plan({ phase: "Complete" }) }, "took the finished plan off the object"],
    [{ _tag: "RemovePlan", plan: failed() }, "took the failed plan off the object"],
    [{ _tag: "Reject", rejection }, "refused: spec.colour: no such colour"],
    [rest(Requeue.awaitChange), "found nothing to do"],
    [rest(Requeue.poll({ reason: "PaintNotDry", message: "paint" })), "waits for paint"],
    [{ _tag: "Terminate" }, "recorded the deletion"],
    [{ _tag: "Cleanup" }, "gave back what the object held"],
    [{ _tag: "WriteFailed", reason: "changed" }, "gave way: changed"]
  ])("says in a sentence what a turn did: %#", (did, sentence) => {
    const pass = { key: Fixtures.key, number: 1, observedVersion: Fixtures.widget().metadata.resourceVersion }
    const report = { pass, object: Fixtures.widget(), action: did, patch: {}, events: [], requeue: Requeue.now }
    assert.strictEqual(ReconcileReport.describe(report), sentence)
  })
})

describe("a blueprint", () => {
  it("becomes a plan without what is zero or absent, and with what is neither", () => {
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
