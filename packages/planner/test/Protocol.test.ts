/** One turn of any kind, in a world that remembers what it was told. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Condition from "../src/model/Condition.ts"
import * as PlanBuilder from "../src/plan/PlanBuilder.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import { CurrentTurn } from "../src/services/CurrentTurn.ts"
import { Conflict } from "../src/services/KubernetesApi.ts"
import * as TaskAgent from "../src/services/TaskAgent.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import * as Toy from "./toy.ts"
import { after, kinds, patch, says, take, takeOne, widget } from "./turn.ts"

const refusal = new Reconciler.PlanRefused({ field: "spec.colour", message: "no such colour" })
const paints = { decide: () => Result.succeed(Reconciler.begin(Toy.painting, "Wet")) }

describe("a turn", () => {
  it.effect("of an object that is gone is settled, and told to nobody", () =>
    Effect.gen(function* () {
      const { reports, requeue, told, wrote } = yield* take({ objects: [undefined] })
      assert.deepStrictEqual([reports, requeue, told, wrote], [[], Requeue.settled, [], false])
    })
  )

  it.effect("INV-5: settles an object with one write, and writes nothing after it", () =>
    Effect.gen(function* () {
      const first = yield* takeOne({ phase: "Painted" })
      assert.deepStrictEqual(says(first.told, "Degraded"), ["False", "AsExpected", "no failure is standing"])
      assert.deepStrictEqual(says(first.told, "PlanUpToDate"), ["True", "AsSpecified", "no edit of the spec waits"])
      assert.lengthOf(Object.values(patch(first.told).conditions ?? []), 2)
      assert.deepStrictEqual([first.requeue, first.wrote], [Requeue.now, true])

      const second = yield* takeOne(after({ phase: "Painted" }, first.told), { announce: () => [assert.fail()] })
      assert.deepStrictEqual([second.told, second.requeue, second.wrote], [[], Requeue.settled, false])
      assert.deepInclude(second.reports[0], { did: { _tag: "Rest", requeue: Requeue.settled }, wrote: {} })
    })
  )

  it.effect("is known to whatever runs in it, by number and by the version that was seen", () =>
    Effect.gen(function* () {
      const { told } = yield* takeOne(
        {},
        {
          observe: () => Effect.map(CurrentTurn, (turn) => `${turn?.number} at ${turn?.seen}`),
          present: (seen, status) => ({ ...status, seen })
        }
      )
      assert.strictEqual(patch(told).seen, "1 at 1")
    })
  )

  it.effect("writes what the kind presents, says it to the observer, and notes it after the write", () =>
    Effect.gen(function* () {
      const note = { type: "Normal", reason: "Painted", message: "blue" } as const
      const { reports, told } = yield* takeOne(
        { colour: "red" },
        {
          present: (seen, status) => ({ ...status, colour: "blue", seen }),
          announce: (before, after) => (before.colour === "red" && after.colour === "blue" ? [note] : [])
        }
      )
      assert.deepInclude(patch(told), { colour: "blue", seen: "seen" })
      assert.deepStrictEqual([kinds(told), told[1]], [["patchStatus", "note"], { note }])
      assert.deepInclude(reports[0], { wrote: patch(told), notes: [note], requeue: Requeue.now })
    })
  )

  it.effect("INV-3: gives way when its write is refused: nothing is submitted and nothing noted", () =>
    Effect.gen(function* () {
      const { reports, requeue, told, wrote } = yield* takeOne(
        Toy.active(),
        { tasks: { paint: Toy.paint }, announce: () => [assert.fail()] },
        { agent: { poll: () => Effect.succeedNone }, refuses: new Conflict({ message: "changed" }) }
      )
      assert.deepStrictEqual([told, wrote], [[], false])
      assert.deepStrictEqual(requeue, Requeue.poll("another look", "patch Widget default/w: changed"))
      const did = { _tag: "Lost", why: "patch Widget default/w: changed" } as const
      assert.deepInclude(reports[0], { did, wrote: {}, notes: [], requeue })
    })
  )
})

describe("a turn that begins a plan", () => {
  it.effect("INV-1: guards the object, records the plan at the version that this left, and does nothing else", () =>
    Effect.gen(function* () {
      const object = Fixtures.widget({}, { metadata: { finalizers: ["theirs"] } })
      const { requeue, told } = yield* take({ objects: [object], toy: paints })
      assert.deepStrictEqual(told[0], { setFinalizers: ["theirs", Toy.FINALIZER], at: "1" })
      assert.deepInclude(told[1], { at: "1-later" })
      assert.deepInclude(patch(told), { phase: "Wet", plan: Toy.status(PlanBuilder.build(object, Toy.painting)) })
      assert.deepStrictEqual([told.length, requeue], [2, Requeue.now])
    })
  )

  it.effect("guards an object once, and leaves its phase when the plan has none", () =>
    Effect.gen(function* () {
      const decide = () => Result.succeed(Reconciler.begin(Toy.painting))
      const { told } = yield* takeOne({ phase: "Old" }, { decide })
      assert.deepStrictEqual(kinds(told), ["patchStatus"])
      assert.deepInclude(told[0], { at: "1" })
      assert.notProperty(patch(told), "phase")
    })
  )

  it.effect("guards an object that nobody guards, and takes no other plan's place", () =>
    Effect.gen(function* () {
      const { told } = yield* take({ objects: [Fixtures.widget()], toy: paints })
      assert.deepStrictEqual(told[0], { setFinalizers: [Toy.FINALIZER], at: "1" })
      assert.strictEqual(says(told, "PlanUpToDate")[1], "AsSpecified")
    })
  )

  it.effect("guards no object that it only looks at", () =>
    Effect.gen(function* () {
      const { told } = yield* take({ objects: [Fixtures.widget()] })
      assert.deepStrictEqual(kinds(told), ["patchStatus"])
    })
  )

  it.effect("INV-6: says whose place it takes, until it is off the object", () =>
    Effect.gen(function* () {
      const begun = yield* takeOne(Toy.active(), { supersede: () => Reconciler.replace(Toy.painting) })
      const [status, reason, message] = says(begun.told, "PlanUpToDate")
      assert.deepStrictEqual([status, reason], ["True", "Superseded"])
      assert.match(message ?? "", /^plan \S+ takes the place of plan plan-1: a widget without paint$/u)

      const waits = { tasks: { paint: Toy.local(() => Effect.succeed(Task.waiting("paint"))) } }
      const driven = yield* takeOne(after(Toy.active(), begun.told), waits)
      assert.notProperty(patch(driven.told), "conditions")
    })
  )
})

describe("a turn that drives a plan", () => {
  it.effect("INV-2: writes once what its tasks did, found out and claimed", () =>
    Effect.gen(function* () {
      const claim = { type: "Dry", status: "True", reason: "Touched", message: "" } as const
      const done = Toy.local(() => Effect.succeed(Task.doneWith({ coats: { outer: 2 } }, [claim])))
      const { requeue, told } = yield* takeOne({ ...Toy.active(), coats: { inner: 1 } }, { tasks: { paint: done } })
      assert.deepInclude(patch(told), { phase: "Running", coats: { outer: 2 } })
      assert.deepInclude(patch(told).plan, { phase: "Complete" })
      assert.deepStrictEqual(says(told, "Dry"), ["True", "Touched", ""])
      assert.deepStrictEqual(requeue, Requeue.now)
    })
  )

  it.effect("looks again between two tasks, and goes by what it saw before when it cannot", () =>
    Effect.gen(function* () {
      const seenBy = Effect.fnUntraced(function* (second: Effect.Effect<string, Reconciler.PlanRefused>) {
        const looks = [Effect.succeed("seen"), second]
        const seen: Array<string> = []
        const noting = Toy.local((each) =>
          Effect.as(
            Effect.sync(() => seen.push(each)),
            Task.done
          )
        )
        yield* takeOne(
          { plan: Fixtures.plan([Fixtures.task("a"), Fixtures.task("b")]) },
          { observe: () => looks.shift() ?? Effect.succeed("the end"), tasks: { a: noting, b: noting } }
        )
        return seen
      })
      assert.deepStrictEqual(yield* seenBy(Effect.succeed("seen again")), ["seen", "seen again"])
      assert.deepStrictEqual(yield* seenBy(Effect.fail(refusal)), ["seen", "seen"])
    })
  )

  it.effect("says why an edit waits for its end", () =>
    Effect.gen(function* () {
      const { told } = yield* takeOne(Toy.active(), {
        supersede: () => Reconciler.hold("the paint is wet"),
        tasks: { paint: Toy.local(() => Effect.succeed(Task.waiting("the paint to dry"))) }
      })
      assert.deepStrictEqual(says(told, "PlanUpToDate"), ["False", "SupersessionHeld", "the paint is wet"])
      assert.deepInclude(patch(told).waiting, { for: "the paint to dry", until: "2026-01-01T12:03:00Z" })
    })
  )

  it.effect("INV-5: shows a wait for a known time with a write that is due anyway, and causes none", () =>
    Effect.gen(function* () {
      const decide = () => Result.succeed(Reconciler.wait(Requeue.after(Duration.seconds(5), "the paint to dry")))
      const first = yield* takeOne({}, { decide })
      assert.deepInclude(patch(first.told).waiting, { for: "the paint to dry", until: "2026-01-01T12:00:05Z" })
      const { waiting: _, ...settled } = after({}, first.told)
      const second = yield* takeOne(settled, { decide })
      assert.deepStrictEqual(second.told, [])
    })
  )

  it.effect("INV-12: says when a wait lasts too long, unless a failure is standing", () =>
    Effect.gen(function* () {
      const waiting = { for: "paint", since: "2026-01-01T11:00:00Z", until: "2026-01-01T11:10:00Z" }
      const tasks = { paint: Toy.local(() => Effect.succeed(Task.waiting("paint"))) }
      const overdue = yield* takeOne({ ...Toy.active(), waiting }, { tasks })
      assert.deepStrictEqual(says(overdue.told, "Degraded"), [
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
      assert.deepStrictEqual(says(retrying.told, "Degraded"), ["True", "PlanRetrying", "attempt 1 failed"])
    })
  )

  it.effect("INV-4: enters the phase of its failure only where it has one", () =>
    Effect.gen(function* () {
      const tasks = { paint: Toy.local(() => new Task.TaskImpossible({ message: "dry" })) }
      const final = yield* takeOne({ ...Toy.active({}, { failedPhase: "Broken" }), phase: "Wet" }, { tasks })
      assert.deepInclude(patch(final.told), { phase: "Broken" })
      const again = yield* takeOne({ ...Toy.active(), phase: "Wet" }, { tasks })
      assert.notProperty(patch(again.told), "phase")
      assert.strictEqual(says(again.told, "Degraded")[1], "PlanRetrying")
    })
  )

  it.effect("INV-6: takes a complete plan off the object, and looks on at once", () =>
    Effect.gen(function* () {
      const { requeue, told } = yield* takeOne(Toy.active({ status: "Complete" }, { phase: "Complete" }))
      assert.isNull(patch(told).plan)
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
  const refused = answering(new TaskAgent.AgentRejected({ status: 400, message: "no such task" }))

  it.effect("INV-8: submits it after the write of the claim", () =>
    Effect.gen(function* () {
      const { requeue, told } = yield* takeOne(Toy.active(), { tasks: { paint: Toy.paint } }, { agent: unknown })
      assert.deepInclude(patch(told).plan, { tasks: Toy.status(claimed.plan).tasks })
      assert.deepStrictEqual([kinds(told), told[1]], [["patchStatus", "submit"], { submit: "id-of-paint" }])
      assert.deepStrictEqual(requeue, Requeue.poll("paint to end", "", Duration.hours(1)))
    })
  )

  it.effect("leaves an agent's silence to the next turn", () =>
    Effect.gen(function* () {
      const agent = answering(new TaskAgent.AgentUnreachable({ message: "refused" }))
      const { reports, requeue } = yield* takeOne(Toy.active(), { tasks: { paint: Toy.paint } }, { agent })
      assert.strictEqual(reports.length, 1)
      assert.strictEqual(Requeue.reason(requeue), "paint to end")
    })
  )

  it.effect("INV-9: records an agent's refusal in another turn, which follows at once", () =>
    Effect.gen(function* () {
      const objects = [widget(Toy.active()), widget(claimed)]
      const { reports, requeue, told, wrote } = yield* take({
        objects,
        toy: { tasks: { paint: Toy.paint } },
        agent: refused
      })
      assert.deepStrictEqual(
        reports.map(({ turn }) => turn.number),
        [1, 2]
      )
      assert.deepStrictEqual(kinds(told), ["patchStatus", "submit", "patchStatus"])
      assert.deepInclude(patch(told.slice(2)).plan, { phase: "Failed" })
      assert.deepStrictEqual([requeue, wrote], [Requeue.now, true])
    })
  )

  it.effect("has written, also when the object is gone before the refusal can be recorded", () =>
    Effect.gen(function* () {
      const objects = [widget(Toy.active()), undefined]
      const { requeue, wrote } = yield* take({ objects, toy: { tasks: { paint: Toy.paint } }, agent: refused })
      assert.deepStrictEqual([requeue, wrote], [Requeue.settled, true])
    })
  )
})

describe("a turn of an object that cannot be planned", () => {
  const asIs = ["True", "PlanRefused", "spec.colour: no such colour"]
  const waiting = { for: "paint", since: "2026-01-01T11:00:00Z", until: "2026-01-01T13:00:00Z" }

  it.effect("says which field is at fault, waits for nothing, and rests until an edit", () =>
    Effect.gen(function* () {
      const refuse = { observe: () => Effect.fail(refusal) }
      const { reports, told } = yield* takeOne({ waiting }, refuse)
      assert.deepStrictEqual(says(told, "Degraded"), asIs)
      assert.isNull(patch(told).waiting)
      assert.deepInclude(reports[0], { did: { _tag: "Refuse", refusal } })
      const again = yield* takeOne(after({ waiting }, told), refuse)
      assert.deepStrictEqual([again.told, again.requeue], [[], Requeue.settled])
    })
  )

  it.effect("presents what it saw, and says nothing of a plan's currency", () =>
    Effect.gen(function* () {
      const { told } = yield* takeOne(
        { waiting },
        { decide: () => Result.fail(refusal), present: (seen, status) => ({ ...status, seen }) }
      )
      assert.deepInclude(patch(told), { seen: "seen", waiting: null })
      assert.deepStrictEqual(says(told, "Degraded"), asIs)
      assert.lengthOf(Object.values(patch(told).conditions ?? []), 1)
    })
  )
})
