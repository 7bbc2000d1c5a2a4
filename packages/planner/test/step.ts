/** One step of a stored plan, against a mocked agent. A call that the mock does not define is a defect. */
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Executor from "../src/executor/Executor.ts"
import { PersistedPlan, type PlannedTask, type TaskPlan } from "../src/model/TaskPlan.ts"
import * as TaskAgent from "../src/services/TaskAgent.ts"
import type * as Registry from "../src/tasks/Registry.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const now = DateTime.makeUnsafe("2026-01-01T12:00:00.250Z")
export const address = TaskAgent.AgentAddress.make("http://agent")
export const overdueAfter = Duration.minutes(3)
const Nothing = Schema.Struct({})

export type Agent = Partial<TaskAgent.TaskAgent["Service"]>

/** The number of observations after the first. */
export type Observation = number

export interface Case {
  readonly tasks: ReadonlyArray<PlannedTask>
  readonly plan?: Partial<TaskPlan>
  readonly registry: Registry.Registry<string, Observation, never>
  readonly agent?: Agent
  readonly rejection?: Executor.Rejection
  readonly stopAfterTask?: boolean
}

export const step = ({ agent = {}, plan, rejection, registry, stopAfterTask = false, tasks }: Case) => {
  const stored = PersistedPlan.read(Fixtures.widget({ plan: { ...Fixtures.plan(tasks, plan) } }))
  if (!(stored instanceof PersistedPlan)) return assert.fail("no plan is stored")
  let observations = 0
  return Executor.step(stored, {
    registry,
    observation: 0,
    reobserve: Effect.sync(() => ++observations),
    now,
    rejection: Option.fromUndefinedOr(rejection),
    stopAfterTask
  }).pipe(Effect.provide(Layer.mock(TaskAgent.TaskAgent, agent)))
}

export const local = (
  perform: (observation: Observation) => Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred>
) => Task.local({ params: Nothing, overdueAfter, perform })
export const returning = (progress: Task.Progress) => local(() => Effect.succeed(progress))
export const remote = (
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

export const grow = (more: Partial<PlannedTask> = {}) => Fixtures.task("grow", { params: { size: 7 }, ...more })
export const submitted = (more: Partial<PlannedTask> = {}) => grow({ submittedAt: "2026-01-01T11:00:00Z", ...more })
export const condition = (type: string) => ({ type, status: "True" as const, reason: "Found", message: "" })
export const statuses = ({ plan }: Executor.Outcome) => plan.tasks.map(({ status }) => status)

export const knows = (known?: TaskAgent.AgentTask): Agent => ({
  poll: () => Effect.succeed(Option.fromUndefinedOr(known))
})
export const fails = (reason: TaskAgent.AgentRejected | TaskAgent.AgentUnreachable) =>
  Effect.fail(new TaskAgent.AgentError({ address, reason }))
export const rejected = new TaskAgent.AgentRejected({ status: 400, message: "no such task" })
export const unreachable = new TaskAgent.AgentUnreachable({ message: "connection refused" })
