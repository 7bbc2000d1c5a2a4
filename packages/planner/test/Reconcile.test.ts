/** One turn of any kind, in a world that remembers what it was told. */
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
import { after, kinds, patch, says, take, takeOne, widget } from "./pass.ts"
import * as Toy from "./toy.ts"

const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
const paints = { decide: () => Result.succeed(Reconciler.createPlan(Toy.painting, "Wet")) }

describe("a turn", () => {
  it.effect("of an object that is gone is settled, and told to nobody", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded, wrote } = yield* take({ objects: [undefined] })
      assert.deepStrictEqual([reports, requeue, recorded, wrote], [[], Requeue.awaitChange, [], false])
    })
  )

  it.effect("INV-5: settles an object with one write, and writes nothing after it", () =>
    Effect.gen(function* () {
      const first = yield* takeOne({ phase: "Painted" })
      assert.deepStrictEqual(says(first.recorded, "Degraded"), ["False", "AsExpected", "no failure"])
      assert.deepStrictEqual(says(first.recorded, "PlanUpToDate"), [
        "True",
        "AsSpecified",
        "no edit waits for the plan to end"
      ])
      assert.lengthOf(Object.values(patch(first.recorded).conditions ?? []), 2)
      assert.deepStrictEqual([first.requeue, first.wrote], [Requeue.now, true])

      const second = yield* takeOne(after({ phase: "Painted" }, first.recorded), { events: () => [assert.fail()] })
      assert.deepStrictEqual([second.recorded, second.requeue, second.wrote], [[], Requeue.awaitChange, false])
      assert.deepInclude(second.reports[0], { action: { _tag: "Wait", requeue: Requeue.awaitChange }, patch: {} })
    })
  )

  it.effect("is known to whatever runs in it, by number and by the version that was seen", () =>
    Effect.gen(function* () {
      const { recorded } = yield* takeOne(
        {},
        {
          observe: () => Effect.map(CurrentReconcile, (pass) => `${pass?.number} at ${pass?.observedVersion}`),
          buildStatus: (observation, status) => ({ ...status, observation })
        }
      )
      assert.strictEqual(patch(recorded).observation, "1 at 1")
    })
  )

  it.effect("writes what the kind presents, says it to the observer, and notes it after the write", () =>
    Effect.gen(function* () {
      const event = { type: "Normal", reason: "Painted", message: "blue" } as const
      const { reports, recorded } = yield* takeOne(
        { colour: "red" },
        {
          buildStatus: (observation, status) => ({ ...status, colour: "blue", observation }),
          events: (before, after) => (before.colour === "red" && after.colour === "blue" ? [event] : [])
        }
      )
      assert.deepInclude(patch(recorded), { colour: "blue", observation: "seen" })
      assert.deepStrictEqual([kinds(recorded), recorded[1]], [["patchStatus", "event"], { event }])
      assert.deepInclude(reports[0], { patch: patch(recorded), events: [event], requeue: Requeue.now })
    })
  )

  it.effect("INV-3: gives way when its write is refused: nothing is submitted and nothing noted", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded, wrote } = yield* takeOne(
        Toy.active(),
        { tasks: { paint: Toy.paint }, events: () => [assert.fail()] },
        { agent: { poll: () => Effect.succeedNone }, refuses: new Conflict({ message: "changed" }) }
      )
      assert.deepStrictEqual([recorded, wrote], [[], false])
      assert.deepStrictEqual(
        requeue,
        Requeue.poll({ reason: "PaintNotDry", message: "another look", detail: "patch Widget default/w: changed" })
      )
      const did = { _tag: "WriteFailed", reason: "patch Widget default/w: changed" } as const
      assert.deepInclude(reports[0], { action: did, patch: {}, events: [], requeue })
    })
  )
})

describe("a turn that begins a plan", () => {
  it.effect("INV-1: guards the object, records the plan at the version that this left, and does nothing else", () =>
    Effect.gen(function* () {
      const object = Fixtures.widget({}, { metadata: { finalizers: ["theirs"] } })
      const { requeue, recorded } = yield* take({ objects: [object], toy: paints })
      assert.deepStrictEqual(recorded[0], { setFinalizers: ["theirs", Toy.FINALIZER], at: "1" })
      assert.deepInclude(recorded[1], { at: "1-later" })
      assert.deepInclude(patch(recorded), { phase: "Wet", plan: Toy.status(PlanBuilder.build(object, Toy.painting)) })
      assert.deepStrictEqual([recorded.length, requeue], [2, Requeue.now])
    })
  )

  it.effect("guards an object once, and leaves its phase when the plan has none", () =>
    Effect.gen(function* () {
      const decide = () => Result.succeed(Reconciler.createPlan(Toy.painting))
      const { recorded } = yield* takeOne({ phase: "Old" }, { decide })
      assert.deepStrictEqual(kinds(recorded), ["patchStatus"])
      assert.deepInclude(recorded[0], { at: "1" })
      assert.notProperty(patch(recorded), "phase")
    })
  )

  it.effect("guards an object that nobody guards, and takes no other plan's place", () =>
    Effect.gen(function* () {
      const { recorded } = yield* take({ objects: [Fixtures.widget()], toy: paints })
      assert.deepStrictEqual(recorded[0], { setFinalizers: [Toy.FINALIZER], at: "1" })
      assert.strictEqual(says(recorded, "PlanUpToDate")[1], "AsSpecified")
    })
  )

  it.effect("guards no object that it only looks at", () =>
    Effect.gen(function* () {
      const { recorded } = yield* take({ objects: [Fixtures.widget()] })
      assert.deepStrictEqual(kinds(recorded), ["patchStatus"])
    })
  )

  it.effect("INV-6: says whose place it takes, until it is off the object", () =>
    Effect.gen(function* () {
      const begun = yield* takeOne(Toy.active(), { supersede: () => Reconciler.replace(Toy.painting) })
      const [status, reason, message] = says(begun.recorded, "PlanUpToDate")
      assert.deepStrictEqual([status, reason], ["True", "Superseded"])
      assert.match(message ?? "", /^plan \S+ takes the place of plan plan-1: a widget without paint$/u)

      const waits = {
        tasks: { paint: Toy.local(() => Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "paint" }))) }
      }
      const driven = yield* takeOne(after(Toy.active(), begun.recorded), waits)
      assert.notProperty(patch(driven.recorded), "conditions")
    })
  )
})

describe("a turn that drives a plan", () => {
  it.effect("INV-2: writes once what its tasks did, found out and claimed", () =>
    Effect.gen(function* () {
      const claim = { type: "Dry", status: "True", reason: "Touched", message: "" } as const
      const done = Toy.local(() => Effect.succeed(Task.doneWith({ coats: { outer: 2 } }, [claim])))
      const { requeue, recorded } = yield* takeOne({ ...Toy.active(), coats: { inner: 1 } }, { tasks: { paint: done } })
      assert.deepInclude(patch(recorded), { phase: "Running", coats: { outer: 2 } })
      assert.deepInclude(patch(recorded).plan, { phase: "Complete" })
      assert.deepStrictEqual(says(recorded, "Dry"), ["True", "Touched", ""])
      assert.deepStrictEqual(requeue, Requeue.now)
    })
  )

  it.effect("looks again between two tasks, and goes by what it saw before when it cannot", () =>
    Effect.gen(function* () {
      const seenBy = Effect.fnUntraced(function* (second: Effect.Effect<string, Reconciler.PlanRejected>) {
        const looks = [Effect.succeed("seen"), second]
        const observation: Array<string> = []
        const noting = Toy.local((each) =>
          Effect.as(
            Effect.sync(() => observation.push(each)),
            Task.done
          )
        )
        yield* takeOne(
          { plan: Fixtures.plan([Fixtures.task("a"), Fixtures.task("b")]) },
          { observe: () => looks.shift() ?? Effect.succeed("the end"), tasks: { a: noting, b: noting } }
        )
        return observation
      })
      assert.deepStrictEqual(yield* seenBy(Effect.succeed("seen again")), ["seen", "seen again"])
      assert.deepStrictEqual(yield* seenBy(Effect.fail(rejection)), ["seen", "seen"])
    })
  )

  it.effect("says why an edit waits for its end", () =>
    Effect.gen(function* () {
      const { recorded } = yield* takeOne(Toy.active(), {
        supersede: () => Reconciler.hold("the paint is wet"),
        tasks: {
          paint: Toy.local(() => Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "the paint to dry" })))
        }
      })
      assert.deepStrictEqual(says(recorded, "PlanUpToDate"), ["False", "SupersessionHeld", "the paint is wet"])
      assert.deepInclude(patch(recorded).waiting, { for: "the paint to dry", until: "2026-01-01T12:03:00Z" })
    })
  )

  it.effect("INV-5: shows a wait for a known time with a write that is due anyway, and causes none", () =>
    Effect.gen(function* () {
      const decide = () =>
        Result.succeed(
          Reconciler.wait(Requeue.after(Duration.seconds(5), { reason: "RetryBackOff", message: "the paint to dry" }))
        )
      const first = yield* takeOne({}, { decide })
      assert.deepInclude(patch(first.recorded).waiting, { for: "the paint to dry", until: "2026-01-01T12:00:05Z" })
      const { waiting: _, ...converged } = after({}, first.recorded)
      const second = yield* takeOne(converged, { decide })
      assert.deepStrictEqual(second.recorded, [])
    })
  )

  it.effect("INV-12: says when a wait lasts too long, unless a failure is standing", () =>
    Effect.gen(function* () {
      const waiting = { for: "paint", since: "2026-01-01T11:00:00Z", until: "2026-01-01T11:10:00Z" }
      const tasks = {
        paint: Toy.local(() => Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "paint" })))
      }
      const overdue = yield* takeOne({ ...Toy.active(), waiting }, { tasks })
      assert.deepStrictEqual(says(overdue.recorded, "Degraded"), [
        "True",
        "WaitOverdue",
        "waits for paint since 2026-01-01T11:00:00Z, which should have been over by 2026-01-01T11:10:00Z"
      ])

      const standing = {
        type: "Degraded",
        status: "True",
        reason: "PlanRetrying",
        message: "attempt 1 failed"
      } as const
      const status = Condition.set({ waiting }, [standing], Toy.now, 1)
      const retrying = yield* takeOne({ ...status, ...Toy.active({}, { attempt: 1 }) }, { tasks })
      assert.deepStrictEqual(says(retrying.recorded, "Degraded"), ["True", "PlanRetrying", "attempt 1 failed"])
    })
  )

  it.effect("INV-4: enters the phase of its failure only where it has one", () =>
    Effect.gen(function* () {
      const tasks = { paint: Toy.local(() => new Task.TaskImpossible({ reason: "Unpaintable", message: "dry" })) }
      const final = yield* takeOne({ ...Toy.active({}, { failedPhase: "Broken" }), phase: "Wet" }, { tasks })
      assert.deepInclude(patch(final.recorded), { phase: "Broken" })
      const again = yield* takeOne({ ...Toy.active(), phase: "Wet" }, { tasks })
      assert.notProperty(patch(again.recorded), "phase")
      assert.strictEqual(says(again.recorded, "Degraded")[1], "PlanRetrying")
    })
  )

  it.effect("INV-6: takes a complete plan off the object, and looks on at once", () =>
    Effect.gen(function* () {
      const { requeue, recorded } = yield* takeOne(Toy.active({ status: "Complete" }, { phase: "Complete" }))
      assert.isNull(patch(recorded).plan)
      assert.deepStrictEqual(requeue, Requeue.now)
    })
  )
})

describe("a turn that claims a remote task", () => {
  const unknown: Partial<TaskAgent.TaskAgent["Service"]> = { poll: () => Effect.succeedNone }
  const answering = (reason: TaskAgent.AgentRejected | TaskAgent.AgentUnreachable) => ({
    ...unknown,
    submit: (address: TaskAgent.AgentAddress) => Effect.fail(new TaskAgent.AgentError({ address, reason }))
  })
  const claimed = Toy.active({ submittedAt: "2026-01-01T12:00:00.000Z" })
  const rejected = answering(new TaskAgent.AgentRejected({ status: 400, message: "no such task" }))

  it.effect("INV-8: submits it after the write of the claim", () =>
    Effect.gen(function* () {
      const { requeue, recorded } = yield* takeOne(Toy.active(), { tasks: { paint: Toy.paint } }, { agent: unknown })
      assert.deepInclude(patch(recorded).plan, { tasks: Toy.status(claimed.plan).tasks })
      assert.deepStrictEqual([kinds(recorded), recorded[1]], [["patchStatus", "submit"], { submit: "id-of-paint" }])
      assert.deepStrictEqual(
        requeue,
        Requeue.poll({ reason: "PaintNotDry", message: "paint to end" }, Duration.hours(1))
      )
    })
  )

  it.effect("leaves an agent's silence to the next turn", () =>
    Effect.gen(function* () {
      const agent = answering(new TaskAgent.AgentUnreachable({ message: "refused" }))
      const { reports, requeue } = yield* takeOne(Toy.active(), { tasks: { paint: Toy.paint } }, { agent })
      assert.strictEqual(reports.length, 1)
      assert.strictEqual(Requeue.describe(requeue), "paint to end")
    })
  )

  it.effect("INV-9: records an agent's refusal in another turn, which follows at once", () =>
    Effect.gen(function* () {
      const objects = [widget(Toy.active()), widget(claimed)]
      const { reports, requeue, recorded, wrote } = yield* take({
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

  it.effect("has written, also when the object is gone before the refusal can be recorded", () =>
    Effect.gen(function* () {
      const objects = [widget(Toy.active()), undefined]
      const { requeue, wrote } = yield* take({ objects, toy: { tasks: { paint: Toy.paint } }, agent: rejected })
      assert.deepStrictEqual([requeue, wrote], [Requeue.awaitChange, true])
    })
  )
})

describe("a turn of an object that cannot be planned", () => {
  const asIs = ["True", "PlanRefused", "spec.colour: no such colour"]
  const waiting = { for: "paint", since: "2026-01-01T11:00:00Z", until: "2026-01-01T13:00:00Z" }

  it.effect("says which field is at fault, waits for nothing, and rests until an edit", () =>
    Effect.gen(function* () {
      const reject = { observe: () => Effect.fail(rejection) }
      const { reports, recorded } = yield* takeOne({ waiting }, reject)
      assert.deepStrictEqual(says(recorded, "Degraded"), asIs)
      assert.isNull(patch(recorded).waiting)
      assert.deepInclude(reports[0], { action: { _tag: "Reject", rejection } })
      const again = yield* takeOne(after({ waiting }, recorded), reject)
      assert.deepStrictEqual([again.recorded, again.requeue], [[], Requeue.awaitChange])
    })
  )

  it.effect("presents what it saw, and says nothing of a plan's currency", () =>
    Effect.gen(function* () {
      const { recorded } = yield* takeOne(
        { waiting },
        { decide: () => Result.fail(rejection), buildStatus: (observation, status) => ({ ...status, observation }) }
      )
      assert.deepInclude(patch(recorded), { observation: "seen", waiting: null })
      assert.deepStrictEqual(says(recorded, "Degraded"), asIs)
      assert.lengthOf(Object.values(patch(recorded).conditions ?? []), 1)
    })
  )
})
