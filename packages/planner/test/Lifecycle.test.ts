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
  Lifecycle.next(Toy.reconciler(toy), Fixtures.widget(status, { metadata }), status, "seen", Toy.now)

const stored = (more: Partial<TaskPlan> = {}, rest: object = {}) =>
  Toy.status({ plan: Fixtures.plan([Fixtures.task("paint")], more), ...rest })
const plan = (status: JsonObject): unknown => status.plan

const paints = { decide: () => Result.succeed(Reconciler.createPlan(Toy.painting)) }
const never: Partial<Toy.Toy> = { decide: () => assert.fail("asked what to do") }

describe("an object without a plan", () => {
  it("INV-1: begins the plan that is decided on, with its reason and phase", () => {
    const action = next({ decide: () => Result.succeed(Reconciler.createPlan(Toy.painting, "Wet")) })
    assert.deepStrictEqual(action, {
      _tag: "CreatePlan",
      plan: PlanBuilder.build(Fixtures.widget(), Toy.painting),
      reason: "a widget without paint",
      phase: "Wet",
      supersedes: undefined
    })
  })

  it("rests for as long as is decided", () => {
    const requeue = Requeue.poll({ reason: "PaintNotDry", message: "its paint to be delivered" })
    assert.deepStrictEqual(next({}), { _tag: "Wait", requeue: Requeue.awaitChange })
    assert.deepStrictEqual(next({ decide: () => Result.succeed(Reconciler.wait(requeue)) }), { _tag: "Wait", requeue })
  })

  it("is refused when it cannot be planned", () => {
    const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
    assert.deepStrictEqual(next({ decide: () => Result.fail(rejection) }), { _tag: "Reject", rejection })
  })
})

describe("a kind's answer", () => {
  it("has a phase only where the object enters one", () => {
    const template = Toy.painting
    assert.deepStrictEqual(Reconciler.createPlan(template), { _tag: "CreatePlan", template })
    assert.deepStrictEqual(Reconciler.createPlan(template, "Wet"), { _tag: "CreatePlan", template, phase: "Wet" })
    assert.deepStrictEqual(Reconciler.replace(template), { _tag: "Replace", template })
  })
})

describe("what stands above plans", () => {
  it("is a correction, even of an object that is held", () => {
    const step = { type: "stop" }
    const action = next({ override: () => ({ paused: true, repair: Option.some(step) }) }, stored())
    assert.deepStrictEqual(action, { _tag: "Repair", task: step })
  })

  it("holds an object: it neither drives a plan nor begins one", () => {
    const held = { ...paints, override: () => ({ paused: true, repair: Option.none() }) }
    const rest = { _tag: "Wait", requeue: Requeue.awaitChange }
    assert.deepStrictEqual<unknown>(next(held), rest)
    assert.deepStrictEqual<unknown>(next(held, stored()), rest)
  })
})

describe("a stored plan", () => {
  it("that cannot be read is left alone, and the object refused", () => {
    const action = next(never, { plan: { tasks: 7 } })
    assert.deepInclude(action._tag === "Reject" ? action.rejection : {}, {
      field: "status.plan",
      message: "the stored plan cannot be read"
    })
  })

  it("that is active is driven as it is stored", () => {
    const action = next(never, stored())
    assert.deepInclude(action, { _tag: "ExecutePlan", holdReason: undefined, stopAfterTask: false })
    assert.deepStrictEqual(action._tag === "ExecutePlan" && action.plan.plan, plan(stored()))
  })

  it("INV-6: that is active gives way to another one only where the kind says so", () => {
    const unchanged = next({ ...never, supersede: () => Reconciler.replace(Toy.painting) }, stored())
    assert.deepInclude(unchanged, { _tag: "CreatePlan", phase: undefined })
    const action = next({ ...never, supersede: () => Reconciler.replace(Toy.painting, "Wet") }, stored())
    assert.deepInclude(action, { _tag: "CreatePlan", phase: "Wet" })
    assert.deepStrictEqual<unknown>(action._tag === "CreatePlan" && [action.plan.supersedes, action.supersedes], [
      "plan-1",
      plan(stored())
    ])
  })

  it("INV-6: that is held is driven on, to its end or to the end of its current task", () => {
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

  it("INV-6: that is complete is cleared before anything else is decided", () => {
    const complete = stored({ phase: "Complete" })
    assert.deepStrictEqual<unknown>(next(never, complete), { _tag: "RemovePlan", plan: complete.plan })
  })
})

describe("a plan that failed for good", () => {
  const final = stored({ phase: "Failed", failedPhase: "Broken", failedAt: "2026-01-01T00:00:00Z" })

  it("stays for as long as nothing else is worth a try", () => {
    assert.deepStrictEqual(next(never, final), { _tag: "Wait", requeue: Requeue.awaitChange })
    assert.deepStrictEqual(next({ ...never, supersede: () => Reconciler.hold("wet") }, final)._tag, "Wait")
  })

  it("gives way to one that is, which counts from anew and takes no active plan's place", () => {
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
      Condition.set({}, [Degraded.rejected("so that generation 1 was seen")], Toy.now, 1)
    )
  const attempt = (action: Lifecycle.Action) =>
    action._tag === "CreatePlan" ? (action.plan.attempt ?? 0) : action._tag

  it("waits for the time of its next attempt, and says what failed", () => {
    const action = next({ ...paints }, failed("2026-01-01T11:59:58Z"))
    const requeue = Requeue.after(Duration.seconds(3), {
      reason: "RetryBackOff",
      message: "the next attempt after task paint: dry"
    })
    assert.deepStrictEqual(action, { _tag: "Wait", requeue })
  })

  it("follows on the very second, with one attempt more", () => {
    assert.strictEqual(attempt(next(paints, failed("2026-01-01T11:59:55Z"))), 1)
    assert.strictEqual(attempt(next(paints, failed("2026-01-01T11:00:00Z", { attempt: 3 }))), 4)
  })

  it("follows an edit at once, and counts from anew", () => {
    assert.strictEqual(attempt(next(paints, failed("2026-01-01T11:59:58Z", { attempt: 3 }), { generation: 2 })), 0)
  })

  it("follows at once when it does not say when it failed, and goes on counting", () => {
    const { failedAt: _, ...unknown } = Fixtures.plan([], { phase: "Failed", attempt: 2 })
    assert.strictEqual(attempt(next(paints, Toy.status({ plan: unknown }))), 3)
  })

  it("INV-6: is cleared when nothing needs it any more", () => {
    const long = failed("2026-01-01T11:00:00Z")
    assert.deepStrictEqual<unknown>(next({}, long), { _tag: "RemovePlan", plan: long.plan })
  })
})
