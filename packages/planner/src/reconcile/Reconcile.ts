/** One reconcile pass, the same for every kind, and the only place that writes status. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Executor from "../executor/Executor.ts"
import * as Condition from "../model/Condition.ts"
import * as MergePatch from "../model/MergePatch.ts"
import { type JsonObject, type KubernetesObject, type ObjectKey, statusOf } from "../model/ObjectMeta.ts"
import { PersistedPlan, type PlannedTask, TaskId, type TaskPlan } from "../model/TaskPlan.ts"
import * as Degraded from "../plan/Degraded.ts"
import * as Plan from "../plan/Plan.ts"
import type { TaskTemplate } from "../plan/PlanBuilder.ts"
import * as Requeue from "../plan/Requeue.ts"
import * as UpToDate from "../plan/UpToDate.ts"
import * as Waiting from "../plan/Waiting.ts"
import { CurrentReconcile, type Pass } from "../services/CurrentReconcile.ts"
import { EventRecorder } from "../services/EventRecorder.ts"
import type { KubernetesError } from "../services/KubernetesApi.ts"
import { ObjectCache } from "../services/ObjectCache.ts"
import { StatusWriter } from "../services/StatusWriter.ts"
import { TaskAgent } from "../services/TaskAgent.ts"
import * as Registry from "../tasks/Registry.ts"
import * as Lifecycle from "./Lifecycle.ts"
import { ReconcileObserver, type ReconcileReport } from "./ReconcileReport.ts"
import type { PlanRejected, Reconciler } from "./Reconciler.ts"
import * as WriteFailures from "./WriteFailures.ts"

/** The phase of an object that is being deleted. */
export const TERMINATING = "Terminating"

/** The services that a pass uses itself, besides those of the kind's observation and tasks. */
export type RequiredServices = ObjectCache | StatusWriter | TaskAgent | EventRecorder

/** What a pass decided, before it is written. */
interface Draft {
  readonly action: ReconcileReport["action"]
  readonly status: JsonObject
  /** The plan that the status will carry. */
  readonly plan: TaskPlan | undefined
  /** Conditions that tasks set. */
  readonly conditions: ReadonlyArray<Condition.ConditionUpdate>
  readonly requeue: Requeue.Requeue
  readonly pendingSubmission: Option.Option<Executor.PendingSubmission>
}

/**
 * The reconcile function of one kind: reads the object from the cache, observes, chooses an action, performs it, writes
 * status once, and then submits the task that this write claimed.
 *
 * **Guarantees**
 *
 * - INV-1: only a stored plan is driven. The pass that creates a plan writes nothing but status and the finalizer.
 * - INV-2: status is written at most once; nothing else that runs in a pass can write it.
 * - INV-3: the write succeeds only if the object is unchanged since it was read. A conflict is not an error: another writer
 *   changed the object, and the next pass reads it again.
 * - INV-8: a remote task is submitted only by the pass whose write claimed it.
 * - A submission that the agent rejects for good is recorded by a second pass, which follows at once.
 * - INV-10: never fails and never waits for an edit after a failed request: an error becomes the wait of the {@link Requeue},
 *   which polls. Writes that fail three times in a row are logged, once for each cause.
 *
 * **Assumptions**
 *
 * - One process runs at most one pass of a key at a time. Across processes the conditional write decides.
 * - The cache never lags behind the writes of this process.
 */
export const make = <Observation, RObserve, R>(reconciler: Reconciler<Observation, RObserve, R>) =>
  Effect.map(Effect.all([Ref.make(0), processId, WriteFailures.make]), ([passes, process, writeFailures]) => {
    const once = Effect.fnUntraced(function* (key: ObjectKey, rejection: Option.Option<Executor.Rejection>) {
      const cache = yield* ObjectCache
      const found = yield* cache.get(key)
      if (Option.isNone(found)) {
        yield* writeFailures.ended(key)
        return { requeue: Requeue.awaitChange, wrote: false, rejection: NOT_REJECTED }
      }
      const number = yield* Ref.updateAndGet(passes, (n) => n + 1)
      const pass: Pass = { key, process, number, observedVersion: found.value.metadata.resourceVersion }
      return yield* run(reconciler, pass, found.value, rejection, writeFailures).pipe(
        Effect.provideService(CurrentReconcile, pass)
      )
    })
    return Effect.fn("Reconcile.pass")(
      function* (key: ObjectKey) {
        const first = yield* once(key, NOT_REJECTED)
        if (Option.isNone(first.rejection)) return first
        const second = yield* once(key, first.rejection)
        return { ...second, wrote: true }
      },
      (effect, key) => Effect.annotateLogs(effect, { kind: key.kind.kind, namespace: key.namespace, name: key.name })
    )
  })

/** Drawn once for each kind of a process, so that passes of two kinds or two processes never have the same id. */
const processId = Effect.map(Random.nextIntBetween(0x10000000, 0xffffffff), (id) => id.toString(16))

const NOT_REJECTED: Option.Option<Executor.Rejection> = Option.none()

const run = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  previousRejection: Option.Option<Executor.Rejection>,
  writeFailures: WriteFailures.WriteFailures
) {
  const now = yield* DateTime.now
  const before = statusOf(object)
  const draft = yield* object.metadata.deletionTimestamp === undefined
    ? reconcileExisting(reconciler, object, before, now, previousRejection)
    : reconcileDeleted(reconciler, pass, object, before, now)
  const patch = MergePatch.diff(before, draft.status)
  const failed = yield* write(reconciler, pass, object, draft, patch).pipe(
    Effect.as(Option.none<Requeue.Requeue>()),
    Effect.catch((error) =>
      Effect.andThen(writeFailures.failed(pass.key, error), Effect.asSome(writeFailed(pass, object, error)))
    )
  )
  if (Option.isSome(failed)) return { requeue: failed.value, wrote: false, rejection: NOT_REJECTED }
  yield* writeFailures.ended(pass.key)
  const wrote = !MergePatch.isEmpty(patch)
  const rejection = wrote ? yield* submit(draft.pendingSubmission) : NOT_REJECTED
  const events = wrote ? reconciler.events(before, draft.status) : []
  const recorder = yield* EventRecorder
  yield* Effect.forEach(events, (event) => recorder.record(reconciler.kind, object, event), { discard: true })
  const requeue =
    wrote && draft.requeue._tag === "AwaitChange" && draft.action._tag !== "Cleanup" ? Requeue.now : draft.requeue
  const observer = yield* ReconcileObserver
  yield* observer({ pass, object, action: draft.action, patch, events, requeue })
  return { requeue, wrote, rejection }
})

/** A pass over an object that is not being deleted. */
const reconcileExisting = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  before: JsonObject,
  now: DateTime.Utc,
  rejection: Option.Option<Executor.Rejection>
) {
  const generation = object.metadata.generation ?? 0
  const reject = (error: PlanRejected): Draft => {
    const conditions = [Degraded.rejected(`${error.field}: ${error.message}`)]
    const { waiting: _, ...status } = Condition.set(before, conditions, now, generation)
    return draft({ _tag: "Reject", rejection: error }, status, Requeue.awaitChange)
  }
  const observed = yield* Effect.result(reconciler.observe(object, now))
  if (observed._tag === "Failure") return reject(observed.failure)
  const observation = observed.success
  const action = Lifecycle.next(reconciler, object, before, observation, now)
  const drafted =
    action._tag === "Reject"
      ? reject(action.rejection)
      : yield* perform(reconciler, action, object, observation, now, rejection)
  const standard =
    action._tag === "Reject"
      ? []
      : [degradedCondition(drafted, before, now), ...planUpToDateCondition(action, drafted.plan, before)]
  const conditions = [...standard, ...drafted.conditions]
  const status = reconciler.buildStatus(observation, Condition.set(drafted.status, conditions, now, generation))
  return { ...drafted, status: showWait(before, status, drafted.requeue, now) }
})

/** The status with the wait of the pass; showing it costs nothing where the status is written anyway. */
const showWait = (before: JsonObject, status: JsonObject, requeue: Requeue.Requeue, now: DateTime.Utc): JsonObject =>
  Waiting.show(before, status, requeue, now, !MergePatch.isEmpty(MergePatch.diff(before, status)))

/** Whether the plan has failed, or a wait is overdue (INV-12). */
const degradedCondition = (
  { plan, requeue }: Draft,
  before: JsonObject,
  now: DateTime.Utc
): Condition.ConditionUpdate => {
  const failure = Degraded.ofPlan(plan, before)
  const wait = Waiting.overdue(before, requeue, now)
  return failure.status === "False" && wait !== undefined ? Degraded.overdue(wait) : failure
}

/** Whether the plan was built for the current spec (INV-6). */
const planUpToDateCondition = (
  action: Lifecycle.Action,
  plan: TaskPlan | undefined,
  before: JsonObject
): ReadonlyArray<Condition.ConditionUpdate> => {
  if (action._tag === "CreatePlan" && action.supersedes !== undefined) {
    return [UpToDate.superseded(action.plan, action.reason)]
  }
  if (action._tag === "ExecutePlan" && action.holdReason !== undefined) return [UpToDate.held(action.holdReason)]
  return UpToDate.current(plan, before)
}

const perform = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  action: Exclude<Lifecycle.Action, { readonly _tag: "Reject" }>,
  object: KubernetesObject,
  observation: Observation,
  now: DateTime.Utc,
  rejection: Option.Option<Executor.Rejection>
): Effect.fn.Return<Draft, never, RObserve | R | TaskAgent> {
  const before = statusOf(object)
  switch (action._tag) {
    case "CreatePlan": {
      const phase = action.phase === undefined ? {} : { phase: action.phase }
      return { ...draft(action, { ...before, plan: action.plan, ...phase }, Requeue.now), plan: action.plan }
    }
    case "ExecutePlan": {
      const { conditions, pendingSubmission, plan, requeue, statusPatch } = yield* Executor.step(action.plan, {
        registry: reconciler.tasks,
        observation,
        reobserve: reconciler.observe(object, now).pipe(Effect.orElseSucceed(() => observation)),
        now,
        rejection,
        stopAfterTask: action.stopAfterTask
      })
      const phase = Option.match(Plan.phaseAfter(plan), { onNone: () => ({}), onSome: (phase) => ({ phase }) })
      const status = { ...MergePatch.merge(before, statusPatch), plan, ...phase }
      return { ...draft(action, status, requeue), plan, pendingSubmission, conditions }
    }
    case "Repair":
      return { ...draft(action, before, yield* repair(reconciler, action.task, observation)), plan: storedPlan(object) }
    case "RemovePlan":
      return draft(action, MergePatch.merge(before, { plan: null }), Requeue.now)
    case "Wait":
      return { ...draft(action, before, action.requeue), plan: storedPlan(object) }
  }
})

/** Performs one local task outside of any plan. Its status patch and conditions are not recorded. */
const repair = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  template: TaskTemplate,
  observation: Observation
) => {
  const task = Option.getOrUndefined(Registry.lookup(reconciler.tasks, template.type))
  if (task === undefined || task._tag === "Remote") return Effect.succeed(Requeue.awaitChange)
  const wait = (wait: Requeue.WaitFor) => Requeue.poll({ ...wait, task: template.type }, task.overdueAfter)
  return task.perform(observation, unplannedTask(template)).pipe(
    Effect.map((progress) => (progress._tag === "Done" ? Requeue.now : wait(progress.wait))),
    Effect.catchTags({
      TaskDeferred: ({ detail, message, reason }) => Effect.succeed(wait({ reason, message, detail })),
      TaskImpossible: ({ message, reason }) =>
        Effect.succeed(wait({ reason, message: `task ${template.type} is not possible`, detail: message }))
    })
  )
}

/**
 * A pass over an object that is being deleted. The first one stores the phase `Terminating`; a later one, which finds it
 * stored, cleans up and removes the finalizer.
 */
const reconcileDeleted = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  before: JsonObject,
  now: DateTime.Utc
) {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(reconciler.finalizer)) return draft({ _tag: "Cleanup" }, before, Requeue.awaitChange)
  if (before.phase !== TERMINATING) {
    const status = showWait(before, { ...before, phase: TERMINATING }, awaitCleanup(), now)
    return draft({ _tag: "Terminate" }, status, Requeue.now)
  }
  const remaining = finalizers.filter((each) => each !== reconciler.finalizer)
  const writer = yield* StatusWriter
  const requeue = yield* reconciler.cleanup(object).pipe(
    Effect.flatMap((progress) =>
      progress._tag === "Waiting"
        ? Effect.succeed(awaitCleanup(progress.wait.message))
        : Effect.as(writer.setFinalizers(pass.key, pass.observedVersion, remaining), Requeue.awaitChange)
    ),
    Effect.catch((error) => Effect.succeed(awaitCleanup(error._tag === "TaskDeferred" ? error.detail : error.message)))
  )
  if (requeue._tag === "AwaitChange") return draft({ _tag: "Cleanup" }, before, requeue)
  const wait = Waiting.overdue(before, requeue, now)
  const conditions = wait === undefined ? [] : [Degraded.overdue(wait)]
  const status = Condition.set(before, conditions, now, object.metadata.generation ?? 0)
  return draft({ _tag: "Cleanup" }, showWait(before, status, requeue, now), requeue)
})

/** One wait from the first pass of a deletion to the last; the object that is cleaned up at the moment is its detail. */
const awaitCleanup = (detail?: string): Requeue.Requeue =>
  Requeue.poll({
    reason: "FinalizerCleanup",
    message: "finalizer cleanup",
    ...(detail === undefined ? {} : { detail })
  })

/** The only status write. The pass that creates a plan adds the finalizer first, because the plan's tasks create objects. */
const write = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  { action }: Draft,
  patch: JsonObject
) {
  if (MergePatch.isEmpty(patch)) return
  const writer = yield* StatusWriter
  const finalizers = object.metadata.finalizers ?? []
  const finalized =
    action._tag === "CreatePlan" && !finalizers.includes(reconciler.finalizer)
      ? yield* writer.setFinalizers(pass.key, pass.observedVersion, [...finalizers, reconciler.finalizer])
      : object
  yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch)
})

/**
 * Whatever the cause, the pass is repeated with back-off until the write succeeds (INV-10): nothing else would enqueue the key
 * when a permission is restored or a webhook accepts the object again. A conflict is not an error: another writer changed the
 * object.
 */
const writeFailed = Effect.fnUntraced(function* (pass: Pass, object: KubernetesObject, error: KubernetesError) {
  const reason = error.reason._tag === "Conflict" ? "Conflict" : "StatusWriteFailed"
  const requeue = Requeue.poll({ reason, message: "the status was not written", detail: error.message })
  const observer = yield* ReconcileObserver
  const action = { _tag: "WriteFailed", reason: error.message } as const
  yield* observer({ pass, object, action, patch: {}, events: [], requeue })
  return requeue
})

/**
 * Submits the task that the write of this pass claimed. When the agent does not answer, the next pass polls it; a rejection
 * goes to the next pass, which records it.
 */
const submit = Effect.fnUntraced(function* (pending: Option.Option<Executor.PendingSubmission>) {
  if (Option.isNone(pending)) return NOT_REJECTED
  const agent = yield* TaskAgent
  const { address, submission } = pending.value
  return yield* agent.submit(address, submission).pipe(
    Effect.as(NOT_REJECTED),
    Effect.catch((error) =>
      Effect.succeed(
        error.reason._tag === "AgentRejected"
          ? Option.some({ taskId: submission.id, message: error.message })
          : NOT_REJECTED
      )
    )
  )
})

const draft = (action: ReconcileReport["action"], status: JsonObject, requeue: Requeue.Requeue): Draft => ({
  action,
  status,
  requeue,
  plan: undefined,
  conditions: [],
  pendingSubmission: Option.none()
})

const storedPlan = (object: KubernetesObject): TaskPlan | undefined => {
  const stored = PersistedPlan.read(object)
  return stored instanceof PersistedPlan ? stored.plan : undefined
}

/** A task outside of a plan has no id: no agent is ever polled for it. */
const unplannedTask = ({ params = {}, type }: TaskTemplate): PlannedTask => ({
  type,
  params,
  id: TaskId.make(""),
  status: "Pending"
})
