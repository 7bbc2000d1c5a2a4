/** One step of a stored plan, against an agent that answers as told. What it was not told about is a defect. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Executor from "../src/executor/Executor.ts"
import { PersistedPlan, type PlannedTask, type TaskPlan } from "../src/model/TaskPlan.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as TaskAgent from "../src/services/TaskAgent.ts"
import type * as Registry from "../src/tasks/Registry.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const now = DateTime.makeUnsafe("2026-01-01T12:00:00.250Z")
const address = TaskAgent.AgentAddress.make("http://agent")
const overdueAfter = Duration.minutes(3)
const Nothing = Schema.Struct({})

type Agent = Partial<TaskAgent.TaskAgent["Service"]>

/** What is seen: how often was it looked at. */
type Observation = number

interface Case {
  readonly tasks: ReadonlyArray<PlannedTask>
  readonly plan?: Partial<TaskPlan>
  readonly registry: Registry.Registry<string, Observation, never>
  readonly agent?: Agent
  readonly rejection?: Executor.Rejection
  readonly oneTask?: boolean
}

const step = ({ agent = {}, oneTask = false, plan, rejection, registry, tasks }: Case) => {
  const stored = PersistedPlan.read(Fixtures.widget({ plan: { ...Fixtures.plan(tasks, plan) } }))
  if (!(stored instanceof PersistedPlan)) return assert.fail("no plan is stored")
  let looks = 0
  return Executor.step(stored, {
    registry,
    observation: 0,
    reobserve: Effect.sync(() => ++looks),
    now,
    rejection: Option.fromUndefinedOr(rejection),
    stopAfterTask: oneTask
  }).pipe(Effect.provide(Layer.mock(TaskAgent.TaskAgent, agent)))
}

const local = (
  perform: (observation: Observation) => Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred>
) => Task.local({ params: Nothing, overdueAfter, perform })
const answers = (progress: Task.Progress) => local(() => Effect.succeed(progress))
const remote = (
  more: Partial<
    Parameters<typeof Task.remote<{ readonly size: number }, { readonly size: number }, Observation>>[0]
  > = {}
) =>
  Task.remote({
    params: Schema.Struct({ size: Schema.Int }),
    overdueAfter,
    address: () => address,
    submission: ({ size }) => ({ type: "grow-disk", params: { gigabytes: size } }),
    ...more
  })

const grow = (more: Partial<PlannedTask> = {}) => Fixtures.task("grow", { params: { size: 7 }, ...more })
const submitted = (more: Partial<PlannedTask> = {}) => grow({ submittedAt: "2026-01-01T11:00:00Z", ...more })
const claim = (type: string) => ({ type, status: "True" as const, reason: "Found", message: "" })
const statuses = ({ plan }: Executor.Outcome) => plan.tasks.map(({ status }) => status)

const knows = (known?: TaskAgent.AgentTask): Agent => ({ poll: () => Effect.succeed(Option.fromUndefinedOr(known)) })
const fails = (reason: TaskAgent.AgentRejected | TaskAgent.AgentUnreachable) =>
  Effect.fail(new TaskAgent.AgentError({ address, reason }))
const rejected = new TaskAgent.AgentRejected({ status: 400, message: "no such task" })
const silent = new TaskAgent.AgentUnreachable({ message: "connection refused" })

describe("a step over local tasks", () => {
  it.effect("performs one after the other, each with what the one before it left, and completes the plan", () =>
    Effect.gen(function* () {
      const observation: Array<Observation> = []
      const noting = (progress: Task.Progress) =>
        local((each) =>
          Effect.as(
            Effect.sync(() => observation.push(each)),
            progress
          )
        )
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: {
          a: noting(Task.doneWith({ found: { a: 1 }, last: "a" }, [claim("A")])),
          b: noting(Task.doneWith({ found: { b: 2 }, last: "b" }, [claim("B")]))
        }
      })
      assert.strictEqual(outcome.plan.phase, "Complete")
      assert.deepStrictEqual(outcome.statusPatch, { found: { a: 1, b: 2 }, last: "b" })
      assert.deepStrictEqual(outcome.conditions, [claim("A"), claim("B")])
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
      assert.deepStrictEqual(observation, [0, 1])
    })
  )

  it.effect("stops after one that ended when no other may begin", () =>
    Effect.gen(function* () {
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: { a: answers(Task.doneWith({ a: 1 }, [claim("A")])) },
        oneTask: true
      })
      assert.deepStrictEqual(statuses(outcome), ["Complete", "Pending"])
      assert.deepStrictEqual([outcome.statusPatch, outcome.conditions], [{ a: 1 }, [claim("A")]])
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )

  it.effect("stops at one that waits, and keeps what the ones before it found out", () =>
    Effect.gen(function* () {
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: {
          a: answers(Task.doneWith({ a: 1 })),
          b: answers(
            Task.waiting({ reason: "PaintNotDry", message: "its volume", detail: "no such class" }, [claim("B")])
          )
        }
      })
      assert.deepStrictEqual(statuses(outcome), ["Complete", "Pending"])
      assert.deepStrictEqual([outcome.statusPatch, outcome.conditions], [{ a: 1 }, [claim("B")]])
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll({ reason: "PaintNotDry", message: "its volume", detail: "no such class" }, overdueAfter)
      )
    })
  )

  it.effect("leaves the plan as it is when one is deferred, and asks again", () =>
    Effect.gen(function* () {
      const deferred = new Task.TaskDeferred({
        reason: "ApiServerUnavailable",
        message: "the API server",
        detail: "429"
      })
      const outcome = yield* step({ tasks: [Fixtures.task("a")], registry: { a: local(() => deferred) } })
      assert.deepStrictEqual(outcome.plan, Fixtures.plan([Fixtures.task("a")]))
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll({ reason: "PaintNotDry", message: "the API server", detail: "429" }, overdueAfter)
      )
    })
  )

  it.effect("INV-9: fails the plan with one that is impossible, and begins nothing after it", () =>
    Effect.gen(function* () {
      const impossible = new Task.TaskImpossible({
        reason: "Unpaintable",
        message: "too small",
        conditions: [claim("Valid")]
      })
      const outcome = yield* step({
        tasks: [Fixtures.task("a"), Fixtures.task("b")],
        registry: { a: local(() => impossible) }
      })
      assert.deepStrictEqual(statuses(outcome), ["Failed", "Pending"])
      assert.deepInclude(outcome.plan, { phase: "Failed", failedAt: "2026-01-01T12:00:00Z" })
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "too small")
      assert.deepStrictEqual(outcome.conditions, [claim("Valid")])
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )

  it.effect("fails the plan with a task of a type that nobody here performs", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [Fixtures.task("a")], registry: {} })
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "no task of type a is known here")
      assert.deepStrictEqual(outcome.conditions, [])
    })
  )

  it.effect("INV-10: fails an active plan whose task was left failed, and asks nobody", () =>
    Effect.gen(function* () {
      for (const registry of [{ a: remote() }, { a: answers(Task.done) }]) {
        const outcome = yield* step({ tasks: [Fixtures.task("a", { status: "Failed", error: "disk full" })], registry })
        assert.strictEqual(outcome.plan.phase, "Failed")
        assert.strictEqual(outcome.plan.failedTaskDetail?.error, "disk full")
      }
      const silent = yield* step({ tasks: [Fixtures.task("a", { status: "Failed" })], registry: {} })
      assert.strictEqual(silent.plan.failedTaskDetail?.error, "")
    })
  )

  it.effect("completes an active plan that has nothing left to do", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [Fixtures.task("a", { status: "Complete" })], registry: {} })
      assert.strictEqual(outcome.plan.phase, "Complete")
      assert.deepStrictEqual(outcome.requeue, Requeue.now)
    })
  )
})

describe("a step over a remote task", () => {
  const registry = { grow: remote(), after: answers(Task.waiting({ reason: "PaintNotDry", message: "what follows" })) }
  const one = (task: PlannedTask, agent: Agent, more: Partial<Case> = {}) =>
    step({ tasks: [task], registry, agent, ...more })
  const itsEnd = Requeue.poll({ reason: "PaintNotDry", message: "grow to end" }, overdueAfter)

  it.effect("INV-8: claims one that its agent does not know, and submits nothing", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const outcome = yield* one(grow(), {
        poll: (...about) =>
          Effect.as(
            Effect.sync(() => asked.push(about)),
            Option.none()
          )
      })
      assert.deepStrictEqual(asked, [[address, "id-of-grow"]])
      assert.strictEqual(outcome.plan.tasks[0]?.submittedAt, "2026-01-01T12:00:00.250Z")
      const submission = { id: "id-of-grow", type: "grow-disk", params: { gigabytes: 7 } }
      assert.deepStrictEqual<unknown>(outcome.pendingSubmission, Option.some({ address, submission }))
      assert.deepStrictEqual([outcome.statusPatch, outcome.conditions], [{}, []])
      assert.deepStrictEqual(outcome.requeue, itsEnd)
    })
  )

  it.effect("INV-8: waits for one that runs, whoever submitted it", () =>
    Effect.gen(function* () {
      for (const task of [grow(), submitted()]) {
        const outcome = yield* one(task, knows({ _tag: "Running", run: 1 }))
        assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
        assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
        assert.deepStrictEqual(outcome.requeue, itsEnd)
      }
    })
  )

  it.effect("completes one that its agent completed, and begins the next", () =>
    Effect.gen(function* () {
      const agent = knows({ _tag: "Completed", run: 1 })
      const outcome = yield* step({ tasks: [submitted(), Fixtures.task("after")], registry, agent })
      assert.deepStrictEqual(statuses(outcome), ["Complete", "Pending"])
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll({ reason: "PaintNotDry", message: "what follows" }, overdueAfter)
      )
    })
  )

  it.effect("INV-9: records a failure before its next attempt, which follows after a back-off", () =>
    Effect.gen(function* () {
      const failed = { _tag: "Failed", run: 2, error: "disk full" } as const
      const outcome = yield* one(submitted({ maxRetries: 2, retryCount: 1 }), knows(failed))
      assert.deepStrictEqual(outcome.plan.tasks, [
        grow({ maxRetries: 2, retryCount: 2, retryAt: "2026-01-01T12:00:20Z" })
      ])
      assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.after(Duration.seconds(20), { reason: "RetryBackOff", message: "retry 2 of grow", detail: "disk full" })
      )
    })
  )

  it.effect("INV-9: records a failure that somebody else's submission came to", () =>
    Effect.gen(function* () {
      const outcome = yield* one(grow(), knows({ _tag: "Failed", run: 1, error: "disk full" }))
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "disk full")
    })
  )

  it.effect("waits for an attempt that runs, however often the agent ran it", () =>
    Effect.gen(function* () {
      const task = submitted({ maxRetries: 2, retryCount: 2 })
      const outcome = yield* one(task, knows({ _tag: "Running", run: 1 }))
      assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
      assert.deepStrictEqual(outcome.pendingSubmission, Option.none())
    })
  )

  it.effect("does not take a time of retry that somebody left on a submitted task for one to wait for", () =>
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

  it.effect("claims another attempt when the agent only tells of the one before it", () =>
    Effect.gen(function* () {
      const outcome = yield* one(
        submitted({ maxRetries: 1, retryCount: 1 }),
        knows({ _tag: "Failed", run: 1, error: "" })
      )
      assert.isTrue(Option.isSome(outcome.pendingSubmission))
      assert.strictEqual(outcome.plan.tasks[0]?.retryCount, 1)
    })
  )

  it.effect("asks nothing before the time of a retry", () =>
    Effect.gen(function* () {
      const task = grow({ maxRetries: 2, retryCount: 1, retryAt: "2026-01-01T12:00:05Z" })
      const outcome = yield* one(task, {})
      assert.deepStrictEqual(outcome.plan, Fixtures.plan([task]))
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.after(Duration.millis(4750), { reason: "RetryBackOff", message: "retry 1 of grow" })
      )
    })
  )

  it.effect("claims a retry that is due, whatever number the recorded failure has at the agent", () =>
    Effect.gen(function* () {
      const task = grow({ maxRetries: 2, retryCount: 1, retryAt: "2026-01-01T12:00:00.250Z" })
      const outcome = yield* one(task, knows({ _tag: "Failed", run: 5, error: "disk full" }))
      assert.isTrue(Option.isSome(outcome.pendingSubmission))
      assert.notProperty(outcome.plan.tasks[0], "retryAt")
    })
  )

  it.effect("completes a task that somebody else ran again and that came to a good end before its retry", () =>
    Effect.gen(function* () {
      const task = grow({ maxRetries: 2, retryCount: 1, retryAt: "2026-01-01T12:00:00Z" })
      const outcome = yield* one(task, knows({ _tag: "Completed", run: 2 }))
      assert.deepStrictEqual(statuses(outcome), ["Complete"])
    })
  )

  it.effect("fails the plan with a refusal of its submission, and asks nothing", () =>
    Effect.gen(function* () {
      const outcome = yield* one(submitted(), {}, { rejection: { taskId: "id-of-grow", message: "no such task" } })
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "no such task")
    })
  )

  it.effect("does not take another task's refusal for its own", () =>
    Effect.gen(function* () {
      const rejection = { taskId: "id-of-another", message: "no such task" }
      const outcome = yield* one(submitted(), knows({ _tag: "Running", run: 1 }), { rejection })
      assert.strictEqual(outcome.plan.phase, "Active")
    })
  )

  it.effect("fails the plan with parameters that cannot be read, and asks nothing", () =>
    Effect.gen(function* () {
      const outcome = yield* one(Fixtures.task("grow", { params: { size: "much" } }), {})
      assert.match(outcome.plan.failedTaskDetail?.error ?? "", /^parameters cannot be read: /u)
    })
  )
})

describe("an agent", () => {
  const unanswered: Agent = { poll: () => fails(silent) }

  it.effect("that is silent is asked again", () =>
    Effect.gen(function* () {
      const outcome = yield* step({ tasks: [submitted()], registry: { grow: remote() }, agent: unanswered })
      assert.strictEqual(outcome.plan.phase, "Active")
      assert.deepStrictEqual(
        outcome.requeue,
        Requeue.poll(
          { reason: "PaintNotDry", message: "its agent to answer", detail: "connection refused" },
          overdueAfter
        )
      )
    })
  )

  it.effect("that will be silent forever fails the plan", () =>
    Effect.gen(function* () {
      const registry = { grow: remote({ unreachableForever: () => "its pod is gone" }) }
      const outcome = yield* step({ tasks: [submitted()], registry, agent: unanswered })
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "its pod is gone")
    })
  )

  it.effect("that refuses to answer is not lost: its own words fail the plan", () =>
    Effect.gen(function* () {
      const registry = { grow: remote({ unreachableForever: () => "its pod is gone" }) }
      const outcome = yield* step({ tasks: [submitted()], registry, agent: { poll: () => fails(rejected) } })
      assert.strictEqual(outcome.plan.failedTaskDetail?.error, "no such task")
    })
  )
})

describe("a signal", () => {
  const registry = { grow: remote({ completes: "Accepted" }) }

  it.effect("is complete once its agent has it, without a claim", () =>
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

  it.effect("is sent again to an agent that was silent, and fails the plan with one that refuses it", () =>
    Effect.gen(function* () {
      const sending = (reason: typeof rejected | typeof silent) =>
        step({ tasks: [grow()], registry, agent: { ...knows(), submit: () => fails(reason) } })
      const [final, silently] = [yield* sending(rejected), yield* sending(silent)]
      assert.strictEqual(final.plan.failedTaskDetail?.error, "no such task")
      assert.strictEqual(silently.plan.phase, "Active")
      assert.strictEqual(Requeue.describe(silently.requeue), "its agent to answer: connection refused")
    })
  )
})
