/** The reconcile protocol: one turn for every kind, and the only place where status is written. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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

/** The phase of an object that is being deleted. */
export const TERMINATING = "Terminating"

/** The promises that the protocol itself uses. */
export type RequiredServices = ObjectCache | StatusWriter | TaskAgent | EventRecorder

/** What a turn found, before it is written. */
interface Draft {
  readonly action: ReconcileReport["action"]
  readonly status: JsonObject
  /** The plan that the status will carry. */
  readonly plan: TaskPlan | undefined
  /** Conditions that tasks found out about. */
  readonly conditions: ReadonlyArray<Condition.ConditionUpdate>
  readonly requeue: Requeue.Requeue
  readonly pendingSubmission: Option.Option<Executor.PendingSubmission>
}

/**
 * Turns of one kind in this process: read, observe, choose, perhaps step, write status once, then submit what that
 * write claimed.
 *
 * **Guarantees**
 *
 * - INV-1: only a stored plan is driven; the turn that records one does nothing else but add the finalizer.
 * - INV-2: status is written at most once; nothing else that runs in a turn can write it.
 * - INV-3: the write succeeds only if the object is unchanged since it was read. A lost race is not an error: the
 *   turn ends and the next one reads again.
 * - INV-8: a remote task is submitted only by the turn whose write claimed it.
 * - A submission that the agent refuses for good is recorded by another turn that follows at once.
 * - It never fails; what went wrong is the reason of its {@link Requeue}.
 *
 * **Assumptions**
 *
 * - No two turns for one key run at once in one process. Across processes the conditional write is the referee.
 * - The cache never lags behind this process's own writes.
 */
export const make = <Observation, RObserve, R>(reconciler: Reconciler<Observation, RObserve, R>) =>
  Effect.map(Ref.make(0), (passes) => {
    const once = Effect.fnUntraced(function* (key: ObjectKey, rejection: Option.Option<Executor.Rejection>) {
      const cache = yield* ObjectCache
      const found = yield* cache.get(key)
      if (Option.isNone(found))
        return { requeue: Requeue.awaitChange, wrote: false, rejection: Option.none<Executor.Rejection>() }
      const number = yield* Ref.updateAndGet(passes, (n) => n + 1)
      const pass: Pass = { key, number, observedVersion: found.value.metadata.resourceVersion }
      return yield* run(reconciler, pass, found.value, rejection).pipe(Effect.provideService(CurrentReconcile, pass))
    })
    return Effect.fn("Reconcile.pass")(
      function* (key: ObjectKey) {
        const first = yield* once(key, Option.none())
        if (Option.isNone(first.rejection)) return first
        const second = yield* once(key, first.rejection)
        return { ...second, wrote: true }
      },
      (effect, key) => Effect.annotateLogs(effect, { kind: key.kind.kind, namespace: key.namespace, name: key.name })
    )
  })

const run = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  rejection: Option.Option<Executor.Rejection>
) {
  const now = yield* DateTime.now
  const before = statusOf(object)
  const draft = yield* object.metadata.deletionTimestamp === undefined
    ? reconcileExisting(reconciler, object, before, now, rejection)
    : deleting(reconciler, pass, object, before, now)
  const patch = MergePatch.diff(before, draft.status)
  const conflict = yield* write(reconciler, pass, object, draft, patch).pipe(
    Effect.as(Option.none<Requeue.Requeue>()),
    Effect.catch((error) => Effect.asSome(writeFailed(reconciler, pass, object, error)))
  )
  if (Option.isSome(conflict)) return { requeue: conflict.value, wrote: false, rejection: Option.none() }
  const wrote = !MergePatch.isEmpty(patch)
  const rejected = wrote ? yield* submit(draft.pendingSubmission) : Option.none()
  const events = wrote ? reconciler.events(before, draft.status) : []
  const recorder = yield* EventRecorder
  yield* Effect.forEach(events, (event) => recorder.record(reconciler.kind, object, event), { discard: true })
  const requeue =
    wrote && draft.requeue._tag === "AwaitChange" && draft.action._tag !== "Cleanup" ? Requeue.now : draft.requeue
  const observer = yield* ReconcileObserver
  yield* observer({ pass, object, action: draft.action, patch, events, requeue })
  return { requeue, wrote, rejection: rejected }
})

/** A turn of an object that is to stay. */
const reconcileExisting = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  object: KubernetesObject,
  before: JsonObject,
  now: DateTime.Utc,
  rejection: Option.Option<Executor.Rejection>
) {
  const generation = object.metadata.generation ?? 0
  const rejected = (error: PlanRejected): Draft => {
    const conditions = [Degraded.rejected(`${error.field}: ${error.message}`)]
    const { waiting: _, ...rest } = Condition.set(before, conditions, now, generation)
    return draft({ _tag: "Reject", rejection: error }, rest, Requeue.awaitChange)
  }
  const observed = yield* Effect.result(reconciler.observe(object, now))
  if (observed._tag === "Failure") return rejected(observed.failure)
  const observation = observed.success
  const action = Lifecycle.next(reconciler, object, before, observation, now)
  const outcome =
    action._tag === "Reject"
      ? rejected(action.rejection)
      : yield* act(reconciler, action, object, observation, now, rejection)
  const health =
    action._tag === "Reject"
      ? []
      : [degradedCondition(outcome, before, now), ...planUpToDateCondition(action, outcome.plan, before)]
  const status = reconciler.buildStatus(
    observation,
    Condition.set(outcome.status, [...health, ...outcome.conditions], now, generation)
  )
  return { ...outcome, status: waits(before, status, outcome.requeue, now) }
})

/** The status with what the turn waits for; free of charge where it is written anyway. */
const waits = (before: JsonObject, status: JsonObject, requeue: Requeue.Requeue, now: DateTime.Utc): JsonObject =>
  Waiting.show(before, status, requeue, now, !MergePatch.isEmpty(MergePatch.diff(before, status)))

/** Whether a failure is standing, or a wait lasts too long (INV-12). */
const degradedCondition = (
  { plan, requeue }: Draft,
  before: JsonObject,
  now: DateTime.Utc
): Condition.ConditionUpdate => {
  const failure = Degraded.ofPlan(plan, before)
  const wait = Waiting.overdue(before, requeue, now)
  return failure.status === "False" && wait !== undefined ? Degraded.overdue(wait) : failure
}

/** Whether the plan was made for what the spec says now (INV-6). */
const planUpToDateCondition = (
  action: Lifecycle.Action,
  plan: TaskPlan | undefined,
  before: JsonObject
): ReadonlyArray<Condition.ConditionUpdate> => {
  if (action._tag === "CreatePlan" && action.supersedes !== undefined)
    return [UpToDate.superseded(action.plan, action.reason)]
  if (action._tag === "ExecutePlan" && action.holdReason !== undefined) return [UpToDate.held(action.holdReason)]
  return UpToDate.current(plan, before)
}

const act = Effect.fnUntraced(function* <Observation, RObserve, R>(
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
      const { pendingSubmission, conditions, statusPatch, plan, requeue } = yield* Executor.step(action.plan, {
        registry: reconciler.tasks,
        observation,
        reobserve: reconciler.observe(object, now).pipe(Effect.orElseSucceed(() => observation)),
        now,
        rejection,
        stopAfterTask: action.stopAfterTask
      })
      const phase = Option.match(Plan.phaseAfter(plan), { onNone: () => ({}), onSome: (phase) => ({ phase }) })
      return {
        ...draft(action, { ...MergePatch.merge(before, statusPatch), plan, ...phase }, requeue),
        plan,
        pendingSubmission,
        conditions
      }
    }
    case "Repair":
      return { ...draft(action, before, yield* repair(reconciler, action.task, observation)), plan: storedPlan(object) }
    case "RemovePlan":
      return draft(action, MergePatch.merge(before, { plan: null }), Requeue.now)
    case "Wait":
      return { ...draft(action, before, action.requeue), plan: storedPlan(object) }
  }
})

/** One local task outside of any plan; what it learns is not recorded. */
const repair = <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  step: TaskTemplate,
  observation: Observation
) =>
  Option.match(Registry.lookup(reconciler.tasks, step.type), {
    onNone: () => Effect.succeed(Requeue.awaitChange),
    onSome: (task) =>
      task._tag === "Remote"
        ? Effect.succeed(Requeue.awaitChange)
        : task.perform(observation, unplannedTask(step)).pipe(
            Effect.map((progress) =>
              progress._tag === "Done"
                ? Requeue.now
                : Requeue.poll(progress.waitingFor, progress.detail, task.overdueAfter)
            ),
            Effect.catch((error) => {
              const waitingFor = error._tag === "TaskDeferred" ? error.waitingFor : `${step.type} to be possible`
              return Effect.succeed(Requeue.poll(waitingFor, error.message, task.overdueAfter))
            })
          )
  })

/**
 * A turn of an object that is to go. The first records the phase; a later one, which finds it stored, gives back what
 * the object holds and lets it go.
 */
const deleting = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  before: JsonObject,
  now: DateTime.Utc
) {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(reconciler.finalizer)) return draft({ _tag: "Cleanup" }, before, Requeue.awaitChange)
  if (before.phase !== TERMINATING) {
    const status = waits(before, { ...before, phase: TERMINATING }, awaitCleanup(), now)
    return draft({ _tag: "Terminate" }, status, Requeue.now)
  }
  const writer = yield* StatusWriter
  const requeue = yield* reconciler.cleanup(object).pipe(
    Effect.flatMap((progress) =>
      progress._tag === "Waiting"
        ? Effect.succeed(awaitCleanup(progress.waitingFor))
        : Effect.as(
            writer.setFinalizers(
              pass.key,
              pass.observedVersion,
              finalizers.filter((each) => each !== reconciler.finalizer)
            ),
            Requeue.awaitChange
          )
    ),
    Effect.catch((error) => Effect.succeed(awaitCleanup(error.message)))
  )
  if (requeue._tag === "AwaitChange") return draft({ _tag: "Cleanup" }, before, requeue)
  const wait = Waiting.overdue(before, requeue, now)
  const conditions = wait === undefined ? [] : [Degraded.overdue(wait)]
  const status = Condition.set(before, conditions, now, object.metadata.generation ?? 0)
  return draft({ _tag: "Cleanup" }, waits(before, status, requeue, now), requeue)
})

/** One wait from the first turn of an ending to its last; what exactly is waited for is its detail. */
const awaitCleanup = (detail = ""): Requeue.Requeue => Requeue.poll("what the object holds to be given back", detail)

/** The only status write. A plan is recorded together with the finalizer that guards what it will make. */
const write = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  { action: did }: Draft,
  patch: JsonObject
) {
  if (MergePatch.isEmpty(patch)) return
  const writer = yield* StatusWriter
  const finalizers = object.metadata.finalizers ?? []
  const guarded =
    did._tag === "CreatePlan" && !finalizers.includes(reconciler.finalizer)
      ? yield* writer.setFinalizers(pass.key, pass.observedVersion, [...finalizers, reconciler.finalizer])
      : object
  yield* writer.patchStatus(pass.key, guarded.metadata.resourceVersion, patch)
})

/** A write that did not happen. Losing a race is good news: someone else moved the object. */
const writeFailed = Effect.fnUntraced(function* <Observation, RObserve, R>(
  reconciler: Reconciler<Observation, RObserve, R>,
  pass: Pass,
  object: KubernetesObject,
  error: KubernetesError
) {
  if (error.reason._tag === "Rejected") yield* Effect.logError(`${reconciler.kind.kind}: status refused`, error.message)
  const requeue = Requeue.poll("another look", error.message)
  const observer = yield* ReconcileObserver
  yield* observer({
    pass,
    object,
    action: { _tag: "WriteFailed", reason: error.message },
    patch: {},
    events: [],
    requeue
  })
  return requeue
})

/** Submits what this turn's write claimed. Silence is left to the next turn, which asks; a refusal is told. */
const submit = Effect.fnUntraced(function* (pendingSubmission: Option.Option<Executor.PendingSubmission>) {
  if (Option.isNone(pendingSubmission)) return Option.none<Executor.Rejection>()
  const agent = yield* TaskAgent
  const { address, submission } = pendingSubmission.value
  return yield* agent.submit(address, submission).pipe(
    Effect.as(Option.none<Executor.Rejection>()),
    Effect.catch((error) =>
      Effect.succeed(
        error.reason._tag === "AgentRejected"
          ? Option.some<Executor.Rejection>({ taskId: submission.id, message: error.message })
          : Option.none<Executor.Rejection>()
      )
    )
  )
})

const draft = (did: ReconcileReport["action"], status: JsonObject, requeue: Requeue.Requeue): Draft => ({
  action: did,
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

/** A task outside of a plan has no id, because nobody will ask for it. */
const unplannedTask = ({ params = {}, type }: TaskTemplate): PlannedTask => ({
  type,
  params,
  id: TaskId.make(""),
  status: "Pending"
})
