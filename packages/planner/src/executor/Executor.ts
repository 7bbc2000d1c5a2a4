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
export interface Claim {
  readonly address: AgentAddress
  readonly submission: Submission
}

/** What one step did, and what should be recorded of it. */
export interface Outcome {
  readonly plan: TaskPlan
  /** What tasks found out, as a merge patch of the status. */
  readonly learned: JsonObject
  /** Conditions that tasks found out about, in their order. */
  readonly claims: ReadonlyArray<Condition.Claim>
  readonly requeue: Requeue.Requeue
  /** Present when a task was claimed: submit it once the claim is written. */
  readonly claim: Option.Option<Claim>
}

/** An agent's refusal of a submission, told by the turn that made it. */
export interface Refusal {
  readonly taskId: string
  readonly message: string
}

export interface World<Seen, RSee, R> {
  readonly registry: Registry.Registry<string, Seen, R>
  readonly seen: Seen
  /** Looks again, after a task that may have changed what was seen. */
  readonly look: Effect.Effect<Seen, never, RSee>
  readonly now: DateTime.Utc
  readonly refusal: Option.Option<Refusal>
  /** Stops when the current task has ended, although the next one could begin. */
  readonly oneTask: boolean
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
export const step = Effect.fn("Executor.step")(function* <Seen, RSee, R>(
  persisted: PersistedPlan,
  start: World<Seen, RSee, R>
): Effect.fn.Return<Outcome, never, RSee | R | TaskAgent> {
  let world = start
  let plan = persisted.plan
  let learned: JsonObject = {}
  let claims: ReadonlyArray<Condition.Claim> = []
  while (plan.phase === "Active") {
    const task = Plan.current(plan)
    if (Option.isNone(task)) return { ...stop({ ...plan, phase: "Complete" }, Requeue.now), learned, claims }
    const outcome = yield* drive(plan, task.value, world)
    const moved = Plan.completedCount(outcome.plan) > Plan.completedCount(plan)
    plan = outcome.plan
    learned = MergePatch.merge(learned, outcome.learned)
    claims = [...claims, ...outcome.claims]
    if (!moved || world.oneTask) return { ...outcome, learned, claims }
    world = { ...world, seen: yield* world.look }
  }
  return { ...stop(plan, Requeue.now), learned, claims }
})

/** One task, once. */
const drive = <Seen, R>(
  plan: TaskPlan,
  task: PlannedTask,
  world: World<Seen, unknown, R>
): Effect.Effect<Outcome, never, R | TaskAgent> => {
  const fail = ({ claims = [], message }: Pick<Task.TaskImpossible, "claims" | "message">): Outcome => ({
    ...stop(Plan.failed(plan, task, message, world.now), Requeue.now),
    claims
  })
  const state = Plan.stateOf(task)
  // A failed task in an active plan, as somebody else may have left it: there is nothing to drive.
  if (state._tag === "Complete" || state._tag === "Failed") return Effect.succeed(fail({ message: task.error ?? "" }))
  const found = Option.getOrUndefined(Registry.lookup(world.registry, task.type))
  if (found === undefined) return Effect.succeed(fail({ message: `no task of type ${task.type} is known here` }))
  const driven: Effect.Effect<Outcome, Task.TaskImpossible | Task.TaskDeferred, R | TaskAgent> =
    found._tag === "Local" ? perform(plan, task, found, world) : ask(plan, task, state, found, world)
  return Effect.catchTags(driven, {
    TaskImpossible: (error) => Effect.succeed(fail(error)),
    TaskDeferred: ({ message, waitingFor }) =>
      Effect.succeed(stop(plan, Requeue.poll(waitingFor, message, found.patience)))
  })
}

const perform = <Seen, R>(
  plan: TaskPlan,
  task: PlannedTask,
  found: Task.LocalTask<Seen, R>,
  { seen }: World<Seen, unknown, R>
) =>
  Effect.map(found.perform(seen, task), (progress) =>
    progress._tag === "Done"
      ? { ...stop(Plan.completed(plan, task), Requeue.now), learned: progress.learned, claims: progress.claims }
      : {
          ...stop(plan, Requeue.poll(progress.waitingFor, progress.detail, found.patience)),
          claims: progress.claims
        }
  )

/** Asks the agent about a remote task, and claims it when the agent has yet to get this attempt. */
const ask = Effect.fnUntraced(function* <Seen, R>(
  plan: TaskPlan,
  task: PlannedTask,
  state: Extract<TaskState, { readonly _tag: "Pending" | "Submitted" }>,
  remote: Task.RemoteTask<Seen>,
  { now, refusal, seen }: World<Seen, unknown, R>
) {
  const agent = yield* TaskAgent
  if (state._tag === "Pending" && state.notBefore !== undefined) {
    const due = Retry.timeOf(state.notBefore)
    if (DateTime.isGreaterThan(due, now)) {
      return stop(plan, Requeue.after(Retry.until(now, due), `retry ${state.attempt} of ${task.type}`))
    }
  }
  if (Option.isSome(refusal) && refusal.value.taskId === task.id) {
    return yield* new Task.TaskImpossible({ message: refusal.value.message })
  }
  const address = remote.address(seen)
  const order = yield* remote.order(task)
  const answer = yield* agent.poll(address, task.id).pipe(
    Effect.mapError((error) => {
      const lost = error.reason._tag === "AgentUnreachable" ? remote.lost(seen) : undefined
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
    ...stop(Plan.claimed(plan, task, now), itsEnd(task, remote)),
    claim: Option.some({ address, submission })
  }
})

/** An agent counts its runs from 1; a failed run up to the number of retries used is an earlier attempt's. */
const isThisAttempt = (known: AgentTask, attempt: number): boolean => known._tag !== "Failed" || known.run > attempt

const record = (
  plan: TaskPlan,
  task: PlannedTask,
  known: AgentTask,
  remote: Pick<Task.RemoteTask<unknown>, "completes" | "patience">,
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
  return stop(plan, itsEnd(task, remote))
}

const itsEnd = ({ type }: PlannedTask, { patience }: Pick<Task.RemoteTask<unknown>, "patience">): Requeue.Requeue =>
  Requeue.poll(`${type} to end`, "", patience)

const stop = (plan: TaskPlan, requeue: Requeue.Requeue): Outcome => ({
  plan,
  requeue,
  learned: {},
  claims: [],
  claim: Option.none()
})
