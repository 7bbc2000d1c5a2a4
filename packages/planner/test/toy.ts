/** A reconciler of a toy kind. Each function has a default that does nothing; a test sets the one it is about. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { JsonObject } from "../src/model/ObjectMeta.ts"
import type { PlannedTask, TaskPlan } from "../src/model/TaskPlan.ts"
import * as PlanBuilder from "../src/plan/PlanBuilder.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import { AgentAddress } from "../src/services/TaskAgent.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

export const now = DateTime.makeUnsafe("2026-01-01T12:00:00Z")

export const FINALIZER = "example.dev/widget"

/** Its observation is a string, and its tasks need no services. */
export type Toy = Reconciler.Reconciler<string, never, never>

export const reconciler = (more: Partial<Toy> = {}): Toy => ({
  kind: Fixtures.kind,
  finalizer: FINALIZER,
  observe: () => Effect.succeed("observed"),
  override: () => ({ paused: false, repair: Option.none() }),
  decide: () => Result.succeed(Reconciler.nothing),
  supersede: () => Reconciler.keep,
  buildStatus: (_, status) => status,
  events: () => [],
  cleanup: () => Effect.succeed(Task.done),
  tasks: {},
  ...more
})

/** A plan to paint the widget; it is built again when it fails. */
export const painting: PlanBuilder.PlanTemplate = {
  name: "paint",
  reason: "a widget without paint",
  targetPhase: "Painted",
  onFailure: PlanBuilder.retry,
  tasks: [{ type: "paint" }]
}

/** A status as JSON, from typed parts. */
export const status = (parts: object): JsonObject => JSON.parse(JSON.stringify(parts))

/** A local task that is overdue after three minutes. */
export const local = (perform: Task.LocalTask<string, never>["perform"]): Task.LocalTask<string, never> => ({
  _tag: "Local",
  overdueAfter: Duration.minutes(3),
  perform
})

/** A remote task of one agent. */
export const paint = Task.remote({
  params: Schema.Struct({}),
  address: () => AgentAddress.make("http://agent"),
  submission: () => ({ type: "paint" })
})

/** A status with a plan of that task. */
export const active = (task: Partial<PlannedTask> = {}, more: Partial<TaskPlan> = {}) => ({
  plan: Fixtures.plan([Fixtures.task("paint", task)], more)
})
