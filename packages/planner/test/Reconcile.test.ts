/** One reconcile pass of any kind, with services that record their calls. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Condition from "../src/model/Condition.ts"
import * as PlanBuilder from "../src/plan/PlanBuilder.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import { CurrentReconcile } from "../src/services/CurrentReconcile.ts"
import { Conflict } from "../src/services/KubernetesApi.ts"
import * as TaskAgent from "../src/services/TaskAgent.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { conditionIn, kinds, patch, reconcileWidget, statusAfter, takePass, widget } from "./pass.ts"
import * as Toy from "./toy.ts"

const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
const paints = { decide: () => Result.succeed(Reconciler.createPlan(Toy.painting, "Wet")) }

describe("a pass", () => {
  it.effect("over an object that does not exist does nothing and is not reported", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded, wrote } = yield* takePass({ objects: [undefined] })
      assert.deepStrictEqual([reports, requeue, recorded, wrote], [[], Requeue.awaitChange, [], false])
    })
  )

  it.effect("INV-5: writes status once, and nothing more once the object is converged", () =>
    Effect.gen(function* () {
      const first = yield* reconcileWidget({ phase: "Painted" })
      assert.deepStrictEqual(conditionIn(first.recorded, "Degraded"), ["False", "AsExpected", "no failure"])
      assert.deepStrictEqual(conditionIn(first.recorded, "PlanUpToDate"), [
        "True",
        "AsSpecified",
        "no edit waits for the plan to end"
      ])
      assert.lengthOf(Object.values(patch(first.recorded).conditions ?? []), 2)
      assert.deepStrictEqual([first.requeue, first.wrote], [Requeue.now, true])

      const second = yield* reconcileWidget(statusAfter({ phase: "Painted" }, first.recorded), {
        events: () => [assert.fail()]
      })
      assert.deepStrictEqual([second.recorded, second.requeue, second.wrote], [[], Requeue.awaitChange, false])
      assert.deepInclude(second.reports[0], { action: { _tag: "Wait", requeue: Requeue.awaitChange }, patch: {} })
    })
  )

  it.effect("makes its number and the observed version available to all code that runs in it", () =>
    Effect.gen(function* () {
      const { recorded } = yield* reconcileWidget(
        {},
        {
          observe: () => Effect.map(CurrentReconcile, (pass) => `${pass?.number} at ${pass?.observedVersion}`),
          buildStatus: (observation, status) => ({ ...status, observation })
        }
      )
      assert.strictEqual(patch(recorded).observation, "1 at 1")
    })
  )

  it.effect(
    "writes the status that the kind builds, reports it to the observer, and records events after the write",
    () =>
      Effect.gen(function* () {
        const event = { type: "Normal", reason: "Painted", message: "blue" } as const
        const { reports, recorded } = yield* reconcileWidget(
          { colour: "red" },
          {
            buildStatus: (observation, status) => ({ ...status, colour: "blue", observation }),
            events: (before, after) => (before.colour === "red" && after.colour === "blue" ? [event] : [])
          }
        )
        assert.deepInclude(patch(recorded), { colour: "blue", observation: "observed" })
        assert.deepStrictEqual([kinds(recorded), recorded[1]], [["patchStatus", "event"], { event }])
        assert.deepInclude(reports[0], { patch: patch(recorded), events: [event], requeue: Requeue.now })
      })
  )

  it.effect("INV-3: submits nothing and records no event when its status write conflicts", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded, wrote } = yield* reconcileWidget(
        Toy.active(),
        { tasks: { paint: Toy.paint }, events: () => [assert.fail()] },
        { agent: { poll: () => Effect.succeedNone }, writeError: new Conflict({ message: "changed" }) }
      )
      assert.deepStrictEqual([recorded, wrote], [[], false])
      assert.deepStrictEqual(
        requeue,
        Requeue.poll({
          reason: "Conflict",
          message: "the status was not written",
          detail: "patch Widget default/w: changed"
        })
      )
      const action = { _tag: "WriteFailed", reason: "patch Widget default/w: changed" } as const
      assert.deepInclude(reports[0], { action, patch: {}, events: [], requeue })
    })
  )
})

describe("a pass that creates a plan", () => {
  it.effect("INV-1: adds the finalizer, stores the plan at the resulting version, and does nothing else", () =>
    Effect.gen(function* () {
      const object = Fixtures.widget({}, { metadata: { finalizers: ["theirs"] } })
      const { requeue, recorded } = yield* takePass({ objects: [object], toy: paints })
      assert.deepStrictEqual(recorded[0], { setFinalizers: ["theirs", Toy.FINALIZER], at: "1" })
      assert.deepInclude(recorded[1], { at: "1-later" })
      assert.deepInclude(patch(recorded), { phase: "Wet", plan: Toy.status(PlanBuilder.build(object, Toy.painting)) })
      assert.deepStrictEqual([recorded.length, requeue], [2, Requeue.now])
    })
  )

  it.effect("adds the finalizer once, and keeps the phase when the plan has none", () =>
    Effect.gen(function* () {
      const decide = () => Result.succeed(Reconciler.createPlan(Toy.painting))
      const { recorded } = yield* reconcileWidget({ phase: "Old" }, { decide })
      assert.deepStrictEqual(kinds(recorded), ["patchStatus"])
      assert.deepInclude(recorded[0], { at: "1" })
      assert.notProperty(patch(recorded), "phase")
    })
  )

  it.effect("adds the finalizer to an object without finalizers, and supersedes no plan", () =>
    Effect.gen(function* () {
      const { recorded } = yield* takePass({ objects: [Fixtures.widget()], toy: paints })
      assert.deepStrictEqual(recorded[0], { setFinalizers: [Toy.FINALIZER], at: "1" })
      assert.strictEqual(conditionIn(recorded, "PlanUpToDate")[1], "AsSpecified")
    })
  )

  it.effect("adds no finalizer to an object without a plan", () =>
    Effect.gen(function* () {
      const { recorded } = yield* takePass({ objects: [Fixtures.widget()] })
      assert.deepStrictEqual(kinds(recorded), ["patchStatus"])
    })
  )

  it.effect("INV-6: names the plan that it supersedes until the new plan is removed", () =>
    Effect.gen(function* () {
      const created = yield* reconcileWidget(Toy.active(), { supersede: () => Reconciler.replace(Toy.painting) })
      const [status, reason, message] = conditionIn(created.recorded, "PlanUpToDate")
      assert.deepStrictEqual([status, reason], ["True", "Superseded"])
      assert.match(message ?? "", /^plan \S+ supersedes plan plan-1: a widget without paint$/u)

      const waiting = {
        tasks: {
          paint: Toy.local(() => Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "the paint is wet" })))
        }
      }
      const executed = yield* reconcileWidget(statusAfter(Toy.active(), created.recorded), waiting)
      assert.notProperty(patch(executed.recorded), "conditions")
    })
  )
})

describe("a pass that executes a plan", () => {
  it.effect("INV-2: writes the progress, status patch and conditions of its tasks in one write", () =>
    Effect.gen(function* () {
      const dry = { type: "Dry", status: "True", reason: "Touched", message: "" } as const
      const done = Toy.local(() => Effect.succeed(Task.doneWith({ coats: { outer: 2 } }, [dry])))
      const { requeue, recorded } = yield* reconcileWidget(
        { ...Toy.active(), coats: { inner: 1 } },
        { tasks: { paint: done } }
      )
      assert.deepInclude(patch(recorded), { phase: "Running", coats: { outer: 2 } })
      assert.deepInclude(patch(recorded).plan, { phase: "Complete" })
      assert.deepStrictEqual(conditionIn(recorded, "Dry"), ["True", "Touched", ""])
      assert.deepStrictEqual(requeue, Requeue.now)
    })
  )

  it.effect("observes again between two tasks, and keeps the previous observation when that fails", () =>
    Effect.gen(function* () {
      const observedBy = Effect.fnUntraced(function* (second: Effect.Effect<string, Reconciler.PlanRejected>) {
        const observations = [Effect.succeed("observed"), second]
        const observed: Array<string> = []
        const recording = Toy.local((each) =>
          Effect.as(
            Effect.sync(() => observed.push(each)),
            Task.done
          )
        )
        yield* reconcileWidget(
          { plan: Fixtures.plan([Fixtures.task("a"), Fixtures.task("b")]) },
          { observe: () => observations.shift() ?? Effect.succeed("the end"), tasks: { a: recording, b: recording } }
        )
        return observed
      })
      assert.deepStrictEqual(yield* observedBy(Effect.succeed("observed again")), ["observed", "observed again"])
      assert.deepStrictEqual(yield* observedBy(Effect.fail(rejection)), ["observed", "observed"])
    })
  )

  it.effect("shows why an edit waits for the plan to end", () =>
    Effect.gen(function* () {
      const { recorded } = yield* reconcileWidget(Toy.active(), {
        supersede: () => Reconciler.hold("the paint is wet"),
        tasks: {
          paint: Toy.local(() => Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "the paint is wet" })))
        }
      })
      assert.deepStrictEqual(conditionIn(recorded, "PlanUpToDate"), ["False", "SupersessionHeld", "the paint is wet"])
      assert.deepInclude(patch(recorded).waiting, { for: "the paint is wet", until: "2026-01-01T12:03:00Z" })
    })
  )

  it.effect("INV-5: shows a wait for a known time with a write that is due anyway, and causes no write for it", () =>
    Effect.gen(function* () {
      const decide = () =>
        Result.succeed(
          Reconciler.wait(Requeue.after(Duration.seconds(5), { reason: "PaintNotDry", message: "the paint is wet" }))
        )
      const first = yield* reconcileWidget({}, { decide })
      assert.deepInclude(patch(first.recorded).waiting, { for: "the paint is wet", until: "2026-01-01T12:00:05Z" })
      const { waiting: _, ...converged } = statusAfter({}, first.recorded)
      const second = yield* reconcileWidget(converged, { decide })
      assert.deepStrictEqual(second.recorded, [])
    })
  )

  it.effect("INV-12: is Degraded when a wait is overdue, unless it is Degraded by a failure", () =>
    Effect.gen(function* () {
      const waiting = {
        reason: "PaintNotDry",
        task: "paint",
        for: "the paint is wet",
        since: "2026-01-01T11:00:00Z",
        until: "2026-01-01T11:10:00Z"
      }
      const tasks = {
        paint: Toy.local(() => Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "the paint is wet" })))
      }
      const overdue = yield* reconcileWidget({ ...Toy.active(), waiting }, { tasks })
      assert.deepStrictEqual(conditionIn(overdue.recorded, "Degraded"), [
        "True",
        "WaitOverdue",
        "waiting since 2026-01-01T11:00:00Z, expected to end by 2026-01-01T11:10:00Z: the paint is wet"
      ])

      const failure = {
        type: "Degraded",
        status: "True",
        reason: "PlanRetrying",
        message: "attempt 1 failed"
      } as const
      const status = Condition.set({ waiting }, [failure], Toy.now, 1)
      const retrying = yield* reconcileWidget({ ...status, ...Toy.active({}, { attempt: 1 }) }, { tasks })
      assert.deepStrictEqual(conditionIn(retrying.recorded, "Degraded"), ["True", "PlanRetrying", "attempt 1 failed"])
    })
  )

  it.effect("INV-4: enters the failed phase only when the plan has one", () =>
    Effect.gen(function* () {
      const tasks = { paint: Toy.local(() => new Task.TaskImpossible({ reason: "Unpaintable", message: "dry" })) }
      const final = yield* reconcileWidget({ ...Toy.active({}, { failedPhase: "Broken" }), phase: "Wet" }, { tasks })
      assert.deepInclude(patch(final.recorded), { phase: "Broken" })
      const again = yield* reconcileWidget({ ...Toy.active(), phase: "Wet" }, { tasks })
      assert.notProperty(patch(again.recorded), "phase")
      assert.strictEqual(conditionIn(again.recorded, "Degraded")[1], "PlanRetrying")
    })
  )

  it.effect("INV-6: removes a complete plan, and reconciles again at once", () =>
    Effect.gen(function* () {
      const { requeue, recorded } = yield* reconcileWidget(Toy.active({ status: "Complete" }, { phase: "Complete" }))
      assert.isNull(patch(recorded).plan)
      assert.deepStrictEqual(requeue, Requeue.now)
    })
  )
})

describe("a pass that claims a remote task", () => {
  const unknown: Partial<TaskAgent.TaskAgent["Service"]> = { poll: () => Effect.succeedNone }
  const answering = (reason: TaskAgent.AgentRejected | TaskAgent.AgentUnreachable) => ({
    ...unknown,
    submit: (address: TaskAgent.AgentAddress) => Effect.fail(new TaskAgent.AgentError({ address, reason }))
  })
  const claimed = Toy.active({ submittedAt: "2026-01-01T12:00:00.000Z" })
  const rejected = answering(new TaskAgent.AgentRejected({ status: 400, message: "no such task" }))

  it.effect("INV-8: submits it after its write has stored the claim", () =>
    Effect.gen(function* () {
      const { requeue, recorded } = yield* reconcileWidget(
        Toy.active(),
        { tasks: { paint: Toy.paint } },
        { agent: unknown }
      )
      assert.deepInclude(patch(recorded).plan, { tasks: Toy.status(claimed.plan).tasks })
      assert.deepStrictEqual([kinds(recorded), recorded[1]], [["patchStatus", "submit"], { submit: "id-of-paint" }])
      assert.deepStrictEqual(
        requeue,
        Requeue.poll({ reason: "TaskRunning", task: "paint", message: "task paint is running" }, Duration.hours(1))
      )
    })
  )

  it.effect("leaves an agent that does not answer to the next pass", () =>
    Effect.gen(function* () {
      const agent = answering(new TaskAgent.AgentUnreachable({ message: "refused" }))
      const { reports, requeue } = yield* reconcileWidget(Toy.active(), { tasks: { paint: Toy.paint } }, { agent })
      assert.strictEqual(reports.length, 1)
      assert.strictEqual(Requeue.describe(requeue), "task paint is running")
    })
  )

  it.effect("INV-9: records a rejection by the agent in a second pass, which follows at once", () =>
    Effect.gen(function* () {
      const objects = [widget(Toy.active()), widget(claimed)]
      const { reports, requeue, recorded, wrote } = yield* takePass({
        objects,
        toy: { tasks: { paint: Toy.paint } },
        agent: rejected
      })
      assert.deepStrictEqual(
        reports.map(({ pass }) => pass.number),
        [1, 2]
      )
      assert.deepStrictEqual(kinds(recorded), ["patchStatus", "submit", "patchStatus"])
      assert.deepInclude(patch(recorded.slice(2)).plan, { phase: "Failed" })
      assert.deepStrictEqual([requeue, wrote], [Requeue.now, true])
    })
  )

  it.effect("reports a write, also when the object is deleted before the rejection can be recorded", () =>
    Effect.gen(function* () {
      const objects = [widget(Toy.active()), undefined]
      const { requeue, wrote } = yield* takePass({ objects, toy: { tasks: { paint: Toy.paint } }, agent: rejected })
      assert.deepStrictEqual([requeue, wrote], [Requeue.awaitChange, true])
    })
  )
})

describe("a pass over an object that cannot be planned", () => {
  const refused = ["True", "PlanRefused", "spec.colour: no such colour"]
  const waiting = { for: "paint", since: "2026-01-01T11:00:00Z", until: "2026-01-01T13:00:00Z" }

  it.effect("names the invalid field, removes the wait, and awaits a change", () =>
    Effect.gen(function* () {
      const reject = { observe: () => Effect.fail(rejection) }
      const { reports, recorded } = yield* reconcileWidget({ waiting }, reject)
      assert.deepStrictEqual(conditionIn(recorded, "Degraded"), refused)
      assert.isNull(patch(recorded).waiting)
      assert.deepInclude(reports[0], { action: { _tag: "Reject", rejection } })
      const again = yield* reconcileWidget(statusAfter({ waiting }, recorded), reject)
      assert.deepStrictEqual([again.recorded, again.requeue], [[], Requeue.awaitChange])
    })
  )

  it.effect("builds the status from the observation, and does not set PlanUpToDate", () =>
    Effect.gen(function* () {
      const { recorded } = yield* reconcileWidget(
        { waiting },
        { decide: () => Result.fail(rejection), buildStatus: (observation, status) => ({ ...status, observation }) }
      )
      assert.deepInclude(patch(recorded), { observation: "observed", waiting: null })
      assert.deepStrictEqual(conditionIn(recorded, "Degraded"), refused)
      assert.lengthOf(Object.values(patch(recorded).conditions ?? []), 1)
    })
  )
})
