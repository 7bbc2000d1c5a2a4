/**
 * One step of a stored plan: drive the current task as far as it goes without waiting, and say what happened.
 *
 * Local tasks run one after the other, and each sees what the one before it left. A remote task is claimed first: the
 * claim is in the outcome's plan, and the submission is left to the turn, which makes it only after its write of the
 * claim succeeded.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Condition from "../model/Condition.ts"
import * as MergePatch from "../model/MergePatch.ts"
import type { JsonObject } from "../model/ObjectMeta.ts"
import type { PersistedPlan, PlannedTask, TaskPlan, TaskState } from "../model/TaskPlan.ts"
import * as Plan from "../plan/Plan.ts"
import * as Requeue from "../plan/Requeue.ts"
import * as Retry from "../plan/Retry.ts"
import { type AgentAddress, type AgentTask, type Submission, TaskAgent } from "../services/TaskAgent.ts"
import * as Registry from "../tasks/Registry.ts"
import * as Task from "../tasks/Task.ts"

/** A submission that a persisted claim allows. */
export interface PendingSubmission {
  readonly address: AgentAddress
  readonly submission: Submission
}

/** What one step did, and what should be recorded of it. */
export interface Outcome {
  readonly plan: TaskPlan
  /** What tasks found out, as a merge patch of the status. */
  readonly statusPatch: JsonObject
  /** Conditions that tasks found out about, in their order. */
  readonly conditions: ReadonlyArray<Condition.ConditionUpdate>
  readonly requeue: Requeue.Requeue
  /** Present when a task was claimed: submit it once the claim is written. */
  readonly pendingSubmission: Option.Option<PendingSubmission>
}

/** An agent's refusal of a submission, told by the turn that made it. */
export interface Rejection {
  readonly taskId: string
  readonly message: string
}

export interface StepContext<Observation, RObserve, R> {
  readonly registry: Registry.Registry<string, Observation, R>
  readonly observation: Observation
  /** Looks again, after a task that may have changed what was seen. */
  readonly reobserve: Effect.Effect<Observation, never, RObserve>
  readonly now: DateTime.Utc
  readonly rejection: Option.Option<Rejection>
  /** Stops when the current task has ended, although the next one could begin. */
  readonly stopAfterTask: boolean
}

/**
 * Drives a plan once.
 *
 * **Guarantees**
 *
 * - INV-1: only a plan read from an object can be given.
 * - INV-8: a remote task that was claimed is asked for before it is ever claimed again; waiting only polls.
 * - INV-9: a failure ends the step, so it is written before anything is submitted again.
 * - It never fails: what goes wrong is in the outcome.
 */
export const step = Effect.fn("Executor.step")(function* <Observation, RObserve, R>(
  persisted: PersistedPlan,
  start: StepContext<Observation, RObserve, R>
): Effect.fn.Return<Outcome, never, RObserve | R | TaskAgent> {
  let context = start
  let plan = persisted.plan
  let statusPatch: JsonObject = {}
  let conditions: ReadonlyArray<Condition.ConditionUpdate> = []
  while (plan.phase === "Active") {
    const task = Plan.current(plan)
    if (Option.isNone(task)) return { ...stop({ ...plan, phase: "Complete" }, Requeue.now), statusPatch, conditions }
    const outcome = yield* drive(plan, task.value, context)
    const moved = Plan.completedCount(outcome.plan) > Plan.completedCount(plan)
    plan = outcome.plan
    statusPatch = MergePatch.merge(statusPatch, outcome.statusPatch)
    conditions = [...conditions, ...outcome.conditions]
    if (!moved || context.stopAfterTask) return { ...outcome, statusPatch, conditions }
    context = { ...context, observation: yield* context.reobserve }
  }
  return { ...stop(plan, Requeue.now), statusPatch, conditions }
})

/** One task, once. */
const drive = <Observation, R>(
  plan: TaskPlan,
  task: PlannedTask,
  context: StepContext<Observation, unknown, R>
): Effect.Effect<Outcome, never, R | TaskAgent> => {
  const fail = ({ conditions = [], message }: Pick<Task.TaskImpossible, "conditions" | "message">): Outcome => ({
    ...stop(Plan.failed(plan, task, message, context.now), Requeue.now),
    conditions
  })
  const state = Plan.stateOf(task)
  // A failed task in an active plan, as somebody else may have left it: there is nothing to drive.
  if (state._tag === "Complete" || state._tag === "Failed") return Effect.succeed(fail({ message: task.error ?? "" }))
  const found = Option.getOrUndefined(Registry.lookup(context.registry, task.type))
  if (found === undefined) return Effect.succeed(fail({ message: `no task of type ${task.type} is known here` }))
  const driven: Effect.Effect<Outcome, Task.TaskImpossible | Task.TaskDeferred, R | TaskAgent> =
    found._tag === "Local" ? perform(plan, task, found, context) : ask(plan, task, state, found, context)
  return Effect.catchTags(driven, {
    TaskImpossible: (error) => Effect.succeed(fail(error)),
    TaskDeferred: ({ message, waitingFor }) =>
      Effect.succeed(stop(plan, Requeue.poll(waitingFor, message, found.overdueAfter)))
  })
}

const perform = <Observation, R>(
  plan: TaskPlan,
  task: PlannedTask,
  found: Task.LocalTask<Observation, R>,
  { observation }: StepContext<Observation, unknown, R>
) =>
  Effect.map(found.perform(observation, task), (progress) =>
    progress._tag === "Done"
      ? {
          ...stop(Plan.completed(plan, task), Requeue.now),
          statusPatch: progress.statusPatch,
          conditions: progress.conditions
        }
      : {
          ...stop(plan, Requeue.poll(progress.waitingFor, progress.detail, found.overdueAfter)),
          conditions: progress.conditions
        }
  )

/** Asks the agent about a remote task, and claims it when the agent has yet to get this attempt. */
const ask = Effect.fnUntraced(function* <Observation, R>(
  plan: TaskPlan,
  task: PlannedTask,
  state: Extract<TaskState, { readonly _tag: "Pending" | "Submitted" }>,
  remote: Task.RemoteTask<Observation>,
  { now, rejection, observation }: StepContext<Observation, unknown, R>
) {
  const agent = yield* TaskAgent
  if (state._tag === "Pending" && state.notBefore !== undefined) {
    const due = Retry.timeOf(state.notBefore)
    if (DateTime.isGreaterThan(due, now)) {
      return stop(plan, Requeue.after(Retry.until(now, due), `retry ${state.attempt} of ${task.type}`))
    }
  }
  if (Option.isSome(rejection) && rejection.value.taskId === task.id) {
    return yield* new Task.TaskImpossible({ message: rejection.value.message })
  }
  const address = remote.address(observation)
  const order = yield* remote.submission(task)
  const answer = yield* agent.poll(address, task.id).pipe(
    Effect.mapError((error) => {
      const lost = error.reason._tag === "AgentUnreachable" ? remote.unreachableForever(observation) : undefined
      return lost === undefined ? Task.fromAgent(error) : new Task.TaskImpossible({ message: lost })
    })
  )
  // A failure that is recorded is told until the next attempt, under whatever number: others may have run it more often.
  const isRecorded = state._tag === "Pending" && state.notBefore !== undefined
  const known = isRecorded ? Option.filter(answer, ({ _tag }) => _tag !== "Failed") : answer
  if (Option.isSome(known) && isThisAttempt(known.value, state.attempt)) {
    return record(plan, task, known.value, remote, now)
  }
  const submission = { id: task.id, ...order }
  if (remote.completes === "Accepted") {
    yield* agent.submit(address, submission).pipe(Effect.mapError(Task.fromAgent))
    return stop(Plan.completed(plan, task), Requeue.now)
  }
  return {
    ...stop(Plan.claimed(plan, task, now), awaitCompletion(task, remote)),
    pendingSubmission: Option.some({ address, submission })
  }
})

/** An agent counts its runs from 1; a failed run up to the number of retries used is an earlier attempt's. */
const isThisAttempt = (known: AgentTask, attempt: number): boolean => known._tag !== "Failed" || known.run > attempt

const record = (
  plan: TaskPlan,
  task: PlannedTask,
  known: AgentTask,
  remote: Pick<Task.RemoteTask<unknown>, "completes" | "overdueAfter">,
  now: DateTime.Utc
): Outcome => {
  if (known._tag === "Failed") {
    const next = Plan.attemptFailed(plan, task, known.error, now)
    const retry = (task.retryCount ?? 0) + 1
    const isOver = next.phase === "Failed"
    return stop(
      next,
      isOver ? Requeue.now : Requeue.after(Retry.taskDelay(retry), `retry ${retry} of ${task.type}`, known.error)
    )
  }
  if (known._tag === "Completed" || remote.completes === "Accepted")
    return stop(Plan.completed(plan, task), Requeue.now)
  return stop(plan, awaitCompletion(task, remote))
}

const awaitCompletion = (
  { type }: PlannedTask,
  { overdueAfter }: Pick<Task.RemoteTask<unknown>, "overdueAfter">
): Requeue.Requeue => Requeue.poll(`${type} to end`, "", overdueAfter)

const stop = (plan: TaskPlan, requeue: Requeue.Requeue): Outcome => ({
  plan,
  requeue,
  statusPatch: {},
  conditions: [],
  pendingSubmission: Option.none()
})
