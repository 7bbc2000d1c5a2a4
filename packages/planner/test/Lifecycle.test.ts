import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Condition from "../src/model/Condition.ts"
import type { JsonObject } from "../src/model/ObjectMeta.ts"
import type { TaskPlan } from "../src/model/TaskPlan.ts"
import * as Degraded from "../src/plan/Degraded.ts"
import * as PlanBuilder from "../src/plan/PlanBuilder.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Lifecycle from "../src/reconcile/Lifecycle.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as Toy from "./toy.ts"

const next = (toy: Partial<Toy.Toy>, status: JsonObject = {}, metadata: JsonObject = {}) =>
  Lifecycle.next(Toy.reconciler(toy), Fixtures.widget(status, { metadata }), status, "observed", Toy.now)

const stored = (more: Partial<TaskPlan> = {}, status: object = {}) =>
  Toy.status({ plan: Fixtures.plan([Fixtures.task("paint")], more), ...status })
const plan = (status: JsonObject): unknown => status.plan

const paints = { decide: () => Result.succeed(Reconciler.createPlan(Toy.painting)) }
const never: Partial<Toy.Toy> = { decide: () => assert.fail("decide was called") }

describe("an object without a plan", () => {
  it("INV-1: gets the plan that the kind decides on, with its reason and phase", () => {
    const action = next({ decide: () => Result.succeed(Reconciler.createPlan(Toy.painting, "Wet")) })
    assert.deepStrictEqual(action, {
      _tag: "CreatePlan",
      plan: PlanBuilder.build(Fixtures.widget(), Toy.painting),
      reason: "a widget without paint",
      phase: "Wet",
      supersedes: undefined
    })
  })

  it("waits as the kind decides", () => {
    const requeue = Requeue.poll({ reason: "PaintMissing", message: "no paint" })
    assert.deepStrictEqual(next({}), { _tag: "Wait", requeue: Requeue.awaitChange })
    assert.deepStrictEqual(next({ decide: () => Result.succeed(Reconciler.wait(requeue)) }), { _tag: "Wait", requeue })
  })

  it("is rejected when it cannot be planned", () => {
    const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
    assert.deepStrictEqual(next({ decide: () => Result.fail(rejection) }), { _tag: "Reject", rejection })
  })
})

describe("a decision", () => {
  it("has a phase only when the object enters one", () => {
    const template = Toy.painting
    assert.deepStrictEqual(Reconciler.createPlan(template), { _tag: "CreatePlan", template })
    assert.deepStrictEqual(Reconciler.createPlan(template, "Wet"), { _tag: "CreatePlan", template, phase: "Wet" })
    assert.deepStrictEqual(Reconciler.replace(template), { _tag: "Replace", template })
  })
})

describe("an override", () => {
  it("repairs an object, even a paused one", () => {
    const task = { type: "stop" }
    const action = next({ override: () => ({ paused: true, repair: Option.some(task) }) }, stored())
    assert.deepStrictEqual(action, { _tag: "Repair", task })
  })

  it("pauses an object: no plan is executed and none is created", () => {
    const paused = { ...paints, override: () => ({ paused: true, repair: Option.none() }) }
    const wait = { _tag: "Wait", requeue: Requeue.awaitChange }
    assert.deepStrictEqual<unknown>(next(paused), wait)
    assert.deepStrictEqual<unknown>(next(paused, stored()), wait)
  })
})

describe("a stored plan", () => {
  it("that does not decode is left alone, and the object is rejected", () => {
    const action = next(never, { plan: { tasks: 7 } })
    assert.deepInclude(action._tag === "Reject" ? action.rejection : {}, {
      field: "status.plan",
      message: "the stored plan does not decode"
    })
  })

  it("that is active is executed as it is stored", () => {
    const action = next(never, stored())
    assert.deepInclude(action, { _tag: "ExecutePlan", holdReason: undefined, stopAfterTask: false })
    assert.deepStrictEqual(action._tag === "ExecutePlan" && action.plan.plan, plan(stored()))
  })

  it("INV-6: that is active is superseded only when the kind says so", () => {
    const unchanged = next({ ...never, supersede: () => Reconciler.replace(Toy.painting) }, stored())
    assert.deepInclude(unchanged, { _tag: "CreatePlan", phase: undefined })
    const action = next({ ...never, supersede: () => Reconciler.replace(Toy.painting, "Wet") }, stored())
    assert.deepInclude(action, { _tag: "CreatePlan", phase: "Wet" })
    assert.deepStrictEqual<unknown>(action._tag === "CreatePlan" && [action.plan.supersedes, action.supersedes], [
      "plan-1",
      plan(stored())
    ])
  })

  it("INV-6: that is held is executed to its end, or to the end of its current task", () => {
    assert.deepInclude(next({ supersede: () => Reconciler.hold("wet") }, stored()), {
      _tag: "ExecutePlan",
      holdReason: "wet",
      stopAfterTask: false
    })
    assert.deepInclude(next({ supersede: () => Reconciler.holdForTask("wet") }, stored()), {
      _tag: "ExecutePlan",
      holdReason: "wet",
      stopAfterTask: true
    })
  })

  it("INV-6: that is complete is removed before anything else is decided", () => {
    const complete = stored({ phase: "Complete" })
    assert.deepStrictEqual<unknown>(next(never, complete), { _tag: "RemovePlan", plan: complete.plan })
  })
})

describe("a plan that failed for good", () => {
  const final = stored({ phase: "Failed", failedPhase: "Broken", failedAt: "2026-01-01T00:00:00Z" })

  it("stays until the kind replaces it", () => {
    assert.deepStrictEqual(next(never, final), { _tag: "Wait", requeue: Requeue.awaitChange })
    assert.deepStrictEqual(next({ ...never, supersede: () => Reconciler.hold("wet") }, final)._tag, "Wait")
  })

  it("is replaced by a first attempt that supersedes no active plan", () => {
    const action = next({ ...never, supersede: () => Reconciler.replace(Toy.painting, "Wet") }, final)
    assert.deepStrictEqual(action, {
      _tag: "CreatePlan",
      plan: PlanBuilder.build(Fixtures.widget(), Toy.painting),
      reason: "a widget without paint",
      phase: "Wet",
      supersedes: undefined
    })
  })
})

describe("INV-4: a failed plan that is built again", () => {
  const failedTaskDetail = { type: "paint", id: "x", error: "dry", retryCount: 0, maxRetries: 0 }
  const failed = (failedAt: string, more: Partial<TaskPlan> = {}) =>
    stored(
      { phase: "Failed", failedAt, failedTaskDetail, ...more },
      Condition.set({}, [Degraded.rejected("observes generation 1")], Toy.now, 1)
    )
  const attempt = (action: Lifecycle.Action) =>
    action._tag === "CreatePlan" ? (action.plan.attempt ?? 0) : action._tag

  it("waits for the time of its next attempt, and says what failed", () => {
    const action = next({ ...paints }, failed("2026-01-01T11:59:58Z"))
    const requeue = Requeue.after(Duration.seconds(3), {
      reason: "PlanBackOff",
      message: "back-off before the plan is built again: task paint: dry"
    })
    assert.deepStrictEqual(action, { _tag: "Wait", requeue })
  })

  it("is built again exactly when it is due, as the next attempt", () => {
    assert.strictEqual(attempt(next(paints, failed("2026-01-01T11:59:55Z"))), 1)
    assert.strictEqual(attempt(next(paints, failed("2026-01-01T11:00:00Z", { attempt: 3 }))), 4)
  })

  it("is built again at once after an edit, as the first attempt", () => {
    assert.strictEqual(attempt(next(paints, failed("2026-01-01T11:59:58Z", { attempt: 3 }), { generation: 2 })), 0)
  })

  it("is built again at once, as the next attempt, when the time of its failure is unknown", () => {
    const { failedAt: _, ...unknown } = Fixtures.plan([], { phase: "Failed", attempt: 2 })
    assert.strictEqual(attempt(next(paints, Toy.status({ plan: unknown }))), 3)
  })

  it("INV-6: is removed when it is not needed any more", () => {
    const long = failed("2026-01-01T11:00:00Z")
    assert.deepStrictEqual<unknown>(next({}, long), { _tag: "RemovePlan", plan: long.plan })
  })
})
