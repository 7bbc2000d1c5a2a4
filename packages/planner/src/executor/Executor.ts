/**
 * One step of a stored plan: drives the current task as far as it goes without waiting, and returns what to record.
 *
 * Local tasks run one after the other, each with a fresh observation. A remote task is claimed first: the claim is part of
 * the returned plan, and the pass submits the task only after its status write has stored the claim.
 */
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
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

/** A submission that is allowed once the claim in the returned plan is stored. */
export interface PendingSubmission {
  readonly address: AgentAddress
  readonly submission: Submission
}

/** What one step did, and what to record of it. */
export interface Outcome {
  readonly plan: TaskPlan
  /** Facts that tasks found out, as a merge patch of the status. */
  readonly statusPatch: JsonObject
  /** Conditions that tasks set, in the order of the tasks. */
  readonly conditions: ReadonlyArray<Condition.ConditionUpdate>
  readonly requeue: Requeue.Requeue
  /** Present when a task was claimed. */
  readonly pendingSubmission: Option.Option<PendingSubmission>
}

/** An agent rejected a submission for good. The pass that submitted it reports this to the next one. */
export interface Rejection {
  readonly taskId: string
  readonly message: string
}

export interface StepContext<Observation, RObserve, R> {
  readonly registry: Registry.Registry<string, Observation, R>
  readonly observation: Observation
  /** Observes again, after a task that may have changed what was observed. */
  readonly reobserve: Effect.Effect<Observation, never, RObserve>
  readonly now: DateTime.Utc
  readonly rejection: Option.Option<Rejection>
  /** Stops when the current task is complete, although the next one could start. */
  readonly stopAfterTask: boolean
}

/**
 * Drives a plan once.
 *
 * **Guarantees**
 *
 * - INV-1: accepts only a plan that was read from a stored object.
 * - INV-8: polls a claimed remote task before it claims the task again; waiting only polls.
 * - INV-9: a failure ends the step, so it is stored before anything is submitted again.
 * - Never fails: an error is part of the outcome.
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
    const isComplete = Plan.completedCount(outcome.plan) > Plan.completedCount(plan)
    plan = outcome.plan
    statusPatch = MergePatch.merge(statusPatch, outcome.statusPatch)
    conditions = [...conditions, ...outcome.conditions]
    if (!isComplete || context.stopAfterTask) return { ...outcome, statusPatch, conditions }
    context = { ...context, observation: yield* context.reobserve }
  }
  return { ...stop(plan, Requeue.now), statusPatch, conditions }
})

/** Drives one task once. */
const drive = <Observation, R>(
  plan: TaskPlan,
  task: PlannedTask,
  context: StepContext<Observation, unknown, R>
): Effect.Effect<Outcome, never, R | TaskAgent> => {
  const fail = ({ conditions = [], message, reason }: Failure): Outcome => ({
    ...stop(Plan.failed(plan, task, { reason, message }, context.now), Requeue.now),
    conditions
  })
  const state = Plan.stateOf(task)
  // Another controller may have left a failed task in an active plan: there is nothing to drive.
  if (state._tag === "Complete" || state._tag === "Failed") {
    return Effect.succeed(fail({ reason: "TaskFailed", message: task.error ?? "" }))
  }
  const found = Option.getOrUndefined(Registry.lookup(context.registry, task.type))
  if (found === undefined) {
    return Effect.succeed(fail({ reason: "UnknownTaskType", message: `unknown task type "${task.type}"` }))
  }
  const driven: Effect.Effect<Outcome, Task.TaskImpossible | Task.TaskDeferred, R | TaskAgent> =
    found._tag === "Local" ? perform(plan, task, found, context) : submitOrPoll(plan, task, state, found, context)
  return Effect.catchTags(driven, {
    TaskImpossible: (error) => Effect.succeed(fail(error)),
    TaskDeferred: ({ detail, message, reason }) =>
      Effect.succeed(stop(plan, waitIn(task, { reason, message, detail }, found)))
  })
}

type Failure = Pick<Task.TaskImpossible, "reason" | "message" | "conditions">

const perform = <Observation, R>(
  plan: TaskPlan,
  task: PlannedTask,
  local: Task.LocalTask<Observation, R>,
  { observation }: StepContext<Observation, unknown, R>
) =>
  Effect.map(local.perform(observation, task), (progress): Outcome => {
    const { conditions } = progress
    return progress._tag === "Done"
      ? { ...stop(Plan.completed(plan, task), Requeue.now), statusPatch: progress.statusPatch, conditions }
      : { ...stop(plan, waitIn(task, progress.wait, local)), conditions }
  })

/**
 * Polls the agent about a remote task, and claims the task when the agent does not have this attempt yet. A claimed task that
 * the agent does not know is claimed again after a delay: each claim is a status write, and an agent that refuses submissions
 * would otherwise cause one in every pass.
 */
const submitOrPoll = Effect.fnUntraced(function* <Observation, R>(
  plan: TaskPlan,
  task: PlannedTask,
  state: Extract<TaskState, { readonly _tag: "Pending" | "Submitted" }>,
  remote: Task.RemoteTask<Observation>,
  { now, observation, rejection }: StepContext<Observation, unknown, R>
) {
  const agent = yield* TaskAgent
  if (state._tag === "Pending" && state.notBefore !== undefined) {
    const due = Retry.timeOf(state.notBefore)
    if (DateTime.isGreaterThan(due, now)) return stop(plan, backOff(task, state.attempt, Retry.until(now, due)))
  }
  if (Option.isSome(rejection) && rejection.value.taskId === task.id) {
    return yield* new Task.TaskImpossible({ reason: `${remote.agent}Rejected`, message: rejection.value.message })
  }
  const address = remote.address(observation)
  const spec = yield* remote.submission(task)
  const answer = yield* agent.poll(address, task.id).pipe(
    Effect.mapError((error) => {
      const message = error.reason._tag === "AgentUnreachable" ? remote.unreachableForever(observation) : undefined
      return message === undefined
        ? Task.fromAgent(error, remote.agent)
        : new Task.TaskImpossible({ reason: `${remote.agent}Gone`, message })
    })
  )
  // An agent reports a recorded failure until the next attempt. Its run number does not tell the two apart, because another
  // controller may have submitted the task more often.
  const isRecorded = state._tag === "Pending" && state.notBefore !== undefined
  const known = isRecorded ? Option.filter(answer, ({ _tag }) => _tag !== "Failed") : answer
  if (Option.isSome(known) && isThisAttempt(known.value, state.attempt)) {
    return record(plan, task, known.value, remote, now)
  }
  const submission = { id: task.id, ...spec }
  if (remote.completes === "Accepted") {
    yield* agent.submit(address, submission).pipe(Effect.mapError((error) => Task.fromAgent(error, remote.agent)))
    return stop(Plan.completed(plan, task), Requeue.now)
  }
  const isRepeated = state._tag === "Submitted"
  if (isRepeated && Retry.isClaimRecent(task, now)) return stop(plan, notAccepted(task, remote))
  return {
    ...stop(Plan.claimed(plan, task, now), isRepeated ? notAccepted(task, remote) : running(task, remote)),
    pendingSubmission: Option.some({ address, submission })
  }
})

/** An agent counts its runs from 1. A failed run up to the number of retries used belongs to an earlier attempt. */
const isThisAttempt = (known: AgentTask, attempt: number): boolean => known._tag !== "Failed" || known.run > attempt

/** Records what the agent reports about the current attempt. */
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
    return stop(next, next.phase === "Failed" ? Requeue.now : backOff(task, retry, Retry.taskDelay(retry), known.error))
  }
  return known._tag === "Completed" || remote.completes === "Accepted"
    ? stop(Plan.completed(plan, task), Requeue.now)
    : stop(plan, running(task, remote))
}

type Deadline = Pick<Task.Task<unknown, unknown>, "overdueAfter">

const waitIn = ({ type }: PlannedTask, wait: Requeue.WaitFor, { overdueAfter }: Deadline): Requeue.Requeue =>
  Requeue.poll({ ...wait, task: type }, overdueAfter)

const running = (task: PlannedTask, deadline: Deadline): Requeue.Requeue =>
  waitIn(task, { reason: "TaskRunning", message: `task ${task.type} is running` }, deadline)

/** The task was claimed, and its agent does not know it: the submission was lost or refused, or the agent forgot the task. */
const notAccepted = (task: PlannedTask, remote: Pick<Task.RemoteTask<unknown>, "agent" | "overdueAfter">) =>
  waitIn(
    task,
    { reason: "TaskNotAccepted", message: `the ${remote.agent.toLowerCase()} has not accepted task ${task.type}` },
    remote
  )

const backOff = ({ type }: PlannedTask, retry: number, delay: Duration.Duration, detail?: string): Requeue.Requeue =>
  Requeue.after(delay, {
    reason: "RetryBackOff",
    task: type,
    message: `back-off before retry ${retry} of task ${type}`,
    ...(detail === undefined ? {} : { detail })
  })

const stop = (plan: TaskPlan, requeue: Requeue.Requeue): Outcome => ({
  plan,
  requeue,
  statusPatch: {},
  conditions: [],
  pendingSubmission: Option.none()
})
