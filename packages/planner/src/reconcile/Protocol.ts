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
import type { Step } from "../plan/PlanBuilder.ts"
import * as Requeue from "../plan/Requeue.ts"
import * as UpToDate from "../plan/UpToDate.ts"
import * as Waiting from "../plan/Waiting.ts"
import { CurrentTurn, type Turn } from "../services/CurrentTurn.ts"
import { EventRecorder } from "../services/EventRecorder.ts"
import type { KubernetesError } from "../services/KubernetesApi.ts"
import { ObjectCache } from "../services/ObjectCache.ts"
import { StatusWriter } from "../services/StatusWriter.ts"
import { TaskAgent } from "../services/TaskAgent.ts"
import * as Registry from "../tasks/Registry.ts"
import * as Lifecycle from "./Lifecycle.ts"
import type { PlanRefused, Reconciler } from "./Reconciler.ts"
import { TurnObserver, type TurnReport } from "./TurnReport.ts"

/** The phase of an object that is being deleted. */
export const TERMINATING = "Terminating"

/** The promises that the protocol itself uses. */
export type Promises = ObjectCache | StatusWriter | TaskAgent | EventRecorder

/** What a turn found, before it is written. */
interface Draft {
  readonly did: TurnReport["did"]
  readonly status: JsonObject
  /** The plan that the status will carry. */
  readonly plan: TaskPlan | undefined
  /** Conditions that tasks found out about. */
  readonly claims: ReadonlyArray<Condition.Claim>
  readonly requeue: Requeue.Requeue
  readonly claim: Option.Option<Executor.Claim>
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
export const make = <Seen, RSee, R>(reconciler: Reconciler<Seen, RSee, R>) =>
  Effect.map(Ref.make(0), (turns) => {
    const once = Effect.fnUntraced(function* (key: ObjectKey, refusal: Option.Option<Executor.Refusal>) {
      const cache = yield* ObjectCache
      const found = yield* cache.get(key)
      if (Option.isNone(found))
        return { requeue: Requeue.settled, wrote: false, refusal: Option.none<Executor.Refusal>() }
      const number = yield* Ref.updateAndGet(turns, (n) => n + 1)
      const turn: Turn = { key, number, seen: found.value.metadata.resourceVersion }
      return yield* run(reconciler, turn, found.value, refusal).pipe(Effect.provideService(CurrentTurn, turn))
    })
    return Effect.fn("Protocol.turn")(
      function* (key: ObjectKey) {
        const first = yield* once(key, Option.none())
        if (Option.isNone(first.refusal)) return first
        const second = yield* once(key, first.refusal)
        return { ...second, wrote: true }
      },
      (effect, key) => Effect.annotateLogs(effect, { kind: key.kind.kind, namespace: key.namespace, name: key.name })
    )
  })

const run = Effect.fnUntraced(function* <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  turn: Turn,
  object: KubernetesObject,
  refusal: Option.Option<Executor.Refusal>
) {
  const now = yield* DateTime.now
  const before = statusOf(object)
  const draft = yield* object.metadata.deletionTimestamp === undefined
    ? live(reconciler, object, before, now, refusal)
    : ending(reconciler, turn, object, before, now)
  const patch = MergePatch.diff(before, draft.status)
  const gaveWay = yield* write(reconciler, turn, object, draft, patch).pipe(
    Effect.as(Option.none<Requeue.Requeue>()),
    Effect.catch((error) => Effect.asSome(lost(reconciler, turn, object, error)))
  )
  if (Option.isSome(gaveWay)) return { requeue: gaveWay.value, wrote: false, refusal: Option.none() }
  const wrote = !MergePatch.isEmpty(patch)
  const refused = wrote ? yield* submit(draft.claim) : Option.none()
  const notes = wrote ? reconciler.announce(before, draft.status) : []
  const recorder = yield* EventRecorder
  yield* Effect.forEach(notes, (note) => recorder.record(reconciler.kind, object, note), { discard: true })
  const requeue =
    wrote && draft.requeue._tag === "Settled" && draft.did._tag !== "Release" ? Requeue.now : draft.requeue
  const observer = yield* TurnObserver
  yield* observer({ turn, object, did: draft.did, wrote: patch, notes, requeue })
  return { requeue, wrote, refusal: refused }
})

/** A turn of an object that is to stay. */
const live = Effect.fnUntraced(function* <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  object: KubernetesObject,
  before: JsonObject,
  now: DateTime.Utc,
  refusal: Option.Option<Executor.Refusal>
) {
  const generation = object.metadata.generation ?? 0
  const refused = (error: PlanRefused): Draft => {
    const claims = [Degraded.refused(`${error.field}: ${error.message}`)]
    const { waiting: _, ...rest } = Condition.set(before, claims, now, generation)
    return draft({ _tag: "Refuse", refusal: error }, rest, Requeue.settled)
  }
  const observed = yield* Effect.result(reconciler.observe(object, now))
  if (observed._tag === "Failure") return refused(observed.failure)
  const seen = observed.success
  const move = Lifecycle.next(reconciler, object, before, seen, now)
  const moved =
    move._tag === "Refuse" ? refused(move.refusal) : yield* act(reconciler, move, object, seen, now, refusal)
  const health = move._tag === "Refuse" ? [] : [standing(moved, before, now), ...currency(move, moved.plan, before)]
  const status = reconciler.present(seen, Condition.set(moved.status, [...health, ...moved.claims], now, generation))
  return { ...moved, status: waits(before, status, moved.requeue, now) }
})

/** The status with what the turn waits for; free of charge where it is written anyway. */
const waits = (before: JsonObject, status: JsonObject, requeue: Requeue.Requeue, now: DateTime.Utc): JsonObject =>
  Waiting.show(before, status, requeue, now, !MergePatch.isEmpty(MergePatch.diff(before, status)))

/** Whether a failure is standing, or a wait lasts too long (INV-12). */
const standing = ({ plan, requeue }: Draft, before: JsonObject, now: DateTime.Utc): Condition.Claim => {
  const failure = Degraded.ofPlan(plan, before)
  const wait = Waiting.overdue(before, requeue, now)
  return failure.status === "False" && wait !== undefined ? Degraded.overdue(wait) : failure
}

/** Whether the plan was made for what the spec says now (INV-6). */
const currency = (
  move: Lifecycle.Move,
  plan: TaskPlan | undefined,
  before: JsonObject
): ReadonlyArray<Condition.Claim> => {
  if (move._tag === "Begin" && move.supersedes !== undefined) return [UpToDate.superseded(move.plan, move.because)]
  if (move._tag === "Step" && move.held !== undefined) return [UpToDate.held(move.held)]
  return UpToDate.otherwise(plan, before)
}

const act = Effect.fnUntraced(function* <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  move: Exclude<Lifecycle.Move, { readonly _tag: "Refuse" }>,
  object: KubernetesObject,
  seen: Seen,
  now: DateTime.Utc,
  refusal: Option.Option<Executor.Refusal>
): Effect.fn.Return<Draft, never, RSee | R | TaskAgent> {
  const before = statusOf(object)
  switch (move._tag) {
    case "Begin": {
      const phase = move.phase === undefined ? {} : { phase: move.phase }
      return { ...draft(move, { ...before, plan: move.plan, ...phase }, Requeue.now), plan: move.plan }
    }
    case "Step": {
      const { claim, claims, learned, plan, requeue } = yield* Executor.step(move.plan, {
        registry: reconciler.tasks,
        seen,
        look: reconciler.observe(object, now).pipe(Effect.orElseSucceed(() => seen)),
        now,
        refusal,
        oneTask: move.oneTask
      })
      const phase = Option.match(Plan.phaseAfter(plan), { onNone: () => ({}), onSome: (phase) => ({ phase }) })
      return { ...draft(move, { ...MergePatch.merge(before, learned), plan, ...phase }, requeue), plan, claim, claims }
    }
    case "Correct":
      return { ...draft(move, before, yield* correct(reconciler, move.step, seen)), plan: storedPlan(object) }
    case "Clear":
      return draft(move, MergePatch.merge(before, { plan: null }), Requeue.now)
    case "Rest":
      return { ...draft(move, before, move.requeue), plan: storedPlan(object) }
  }
})

/** One local task outside of any plan; what it learns is not recorded. */
const correct = <Seen, RSee, R>(reconciler: Reconciler<Seen, RSee, R>, step: Step, seen: Seen) =>
  Option.match(Registry.lookup(reconciler.tasks, step.type), {
    onNone: () => Effect.succeed(Requeue.settled),
    onSome: (task) =>
      task._tag === "Remote"
        ? Effect.succeed(Requeue.settled)
        : task.perform(seen, correction(step)).pipe(
            Effect.map((progress) =>
              progress._tag === "Done" ? Requeue.now : Requeue.poll(progress.waitingFor, progress.detail, task.patience)
            ),
            Effect.catch((error) => {
              const waitingFor = error._tag === "TaskDeferred" ? error.waitingFor : `${step.type} to be possible`
              return Effect.succeed(Requeue.poll(waitingFor, error.message, task.patience))
            })
          )
  })

/**
 * A turn of an object that is to go. The first records the phase; a later one, which finds it stored, gives back what
 * the object holds and lets it go.
 */
const ending = Effect.fnUntraced(function* <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  turn: Turn,
  object: KubernetesObject,
  before: JsonObject,
  now: DateTime.Utc
) {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(reconciler.finalizer)) return draft({ _tag: "Release" }, before, Requeue.settled)
  if (before.phase !== TERMINATING) {
    const status = waits(before, { ...before, phase: TERMINATING }, givingBack(), now)
    return draft({ _tag: "Terminate" }, status, Requeue.now)
  }
  const writer = yield* StatusWriter
  const requeue = yield* reconciler.release(object).pipe(
    Effect.flatMap((progress) =>
      progress._tag === "Waiting"
        ? Effect.succeed(givingBack(progress.waitingFor))
        : Effect.as(
            writer.setFinalizers(
              turn.key,
              turn.seen,
              finalizers.filter((each) => each !== reconciler.finalizer)
            ),
            Requeue.settled
          )
    ),
    Effect.catch((error) => Effect.succeed(givingBack(error.message)))
  )
  if (requeue._tag === "Settled") return draft({ _tag: "Release" }, before, requeue)
  const wait = Waiting.overdue(before, requeue, now)
  const claims = wait === undefined ? [] : [Degraded.overdue(wait)]
  const status = Condition.set(before, claims, now, object.metadata.generation ?? 0)
  return draft({ _tag: "Release" }, waits(before, status, requeue, now), requeue)
})

/** One wait from the first turn of an ending to its last; what exactly is waited for is its detail. */
const givingBack = (detail = ""): Requeue.Requeue => Requeue.poll("what the object holds to be given back", detail)

/** The only status write. A plan is recorded together with the finalizer that guards what it will make. */
const write = Effect.fnUntraced(function* <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  turn: Turn,
  object: KubernetesObject,
  { did }: Draft,
  patch: JsonObject
) {
  if (MergePatch.isEmpty(patch)) return
  const writer = yield* StatusWriter
  const finalizers = object.metadata.finalizers ?? []
  const guarded =
    did._tag === "Begin" && !finalizers.includes(reconciler.finalizer)
      ? yield* writer.setFinalizers(turn.key, turn.seen, [...finalizers, reconciler.finalizer])
      : object
  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)
})

/** A write that did not happen. Losing a race is good news: someone else moved the object. */
const lost = Effect.fnUntraced(function* <Seen, RSee, R>(
  reconciler: Reconciler<Seen, RSee, R>,
  turn: Turn,
  object: KubernetesObject,
  error: KubernetesError
) {
  if (error.reason._tag === "Rejected") yield* Effect.logError(`${reconciler.kind.kind}: status refused`, error.message)
  const requeue = Requeue.poll("another look", error.message)
  const observer = yield* TurnObserver
  yield* observer({ turn, object, did: { _tag: "Lost", why: error.message }, wrote: {}, notes: [], requeue })
  return requeue
})

/** Submits what this turn's write claimed. Silence is left to the next turn, which asks; a refusal is told. */
const submit = Effect.fnUntraced(function* (claim: Option.Option<Executor.Claim>) {
  if (Option.isNone(claim)) return Option.none<Executor.Refusal>()
  const agent = yield* TaskAgent
  const { address, submission } = claim.value
  return yield* agent.submit(address, submission).pipe(
    Effect.as(Option.none<Executor.Refusal>()),
    Effect.catch((error) =>
      Effect.succeed(
        error.reason._tag === "AgentRejected"
          ? Option.some<Executor.Refusal>({ taskId: submission.id, message: error.message })
          : Option.none<Executor.Refusal>()
      )
    )
  )
})

const draft = (did: TurnReport["did"], status: JsonObject, requeue: Requeue.Requeue): Draft => ({
  did,
  status,
  requeue,
  plan: undefined,
  claims: [],
  claim: Option.none()
})

const storedPlan = (object: KubernetesObject): TaskPlan | undefined => {
  const stored = PersistedPlan.read(object)
  return stored instanceof PersistedPlan ? stored.plan : undefined
}

/** A task outside of a plan has no id, because nobody will ask for it. */
const correction = ({ params = {}, type }: Step): PlannedTask => ({
  type,
  params,
  id: TaskId.make(""),
  status: "Pending"
})
