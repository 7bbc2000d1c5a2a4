/** Mutants of packages/planner. */
import type { Mutant } from "../Mutant.ts"

const reconcile = "packages/planner/src/reconcile/Reconcile.ts"
const lifecycle = "packages/planner/src/reconcile/Lifecycle.ts"
const executor = "packages/planner/src/executor/Executor.ts"
const plan = "packages/planner/src/plan/Plan.ts"
const planBuilder = "packages/planner/src/plan/PlanBuilder.ts"
const retry = "packages/planner/src/plan/Retry.ts"
const degraded = "packages/planner/src/plan/Degraded.ts"
const identity = "packages/planner/src/plan/Identity.ts"
const waiting = "packages/planner/src/plan/Waiting.ts"
const condition = "packages/planner/src/model/Condition.ts"

export const planner: ReadonlyArray<Mutant> = [
  {
    id: "executes-while-creating",
    story: "saves a pass: performs the first task in the pass that creates the plan",
    kind: "early effect",
    by: "INV-1",
    file: reconcile,
    search: 'case "CreatePlan": {',
    replace: 'case "CreatePlan": {\nyield* repair(reconciler, action.plan.tasks[0], observation)'
  },
  {
    id: "cleans-up-before-terminating",
    story: "cleans up before the phase Terminating is stored",
    kind: "early effect",
    by: "INV-1",
    file: reconcile,
    search: "before.phase !== TERMINATING",
    replace: "false"
  },
  {
    id: "writes-conditions-separately",
    story: "writes the conditions in a second status patch",
    kind: "lost update",
    by: "INV-2",
    file: reconcile,
    search: "  yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch)",
    replace: `  const first = yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch)
  yield* writer.patchStatus(pass.key, first.metadata.resourceVersion, { observed: true, conditions: first.status.conditions })`
  },
  {
    id: "retries-conflicting-write",
    story: "repeats a failed status write in the same pass",
    kind: "lost update",
    by: "INV-2",
    file: reconcile,
    search: "  yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch)",
    replace:
      "  yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch).pipe(Effect.retry({ times: 1 }))"
  },
  {
    id: "writes-at-latest-version",
    story: "reads the latest resourceVersion before the write, to avoid conflicts",
    kind: "lost update",
    by: "INV-3",
    file: reconcile,
    search: "  yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch)",
    replace: `  const latest = Option.getOrThrow(yield* (yield* ObjectCache).get(pass.key))
  yield* writer.patchStatus(pass.key, latest.metadata.resourceVersion, patch)`
  },
  {
    id: "continues-after-conflict",
    story: "submits the task and records events although the status write failed",
    kind: "failure as success",
    by: "INV-3",
    file: reconcile,
    search: "if (Option.isSome(failed))",
    replace:
      "if (Option.isSome(failed) && Option.isNone(draft.pendingSubmission) && draft.action._tag !== 'CreatePlan')"
  },
  {
    id: "never-retries-plans",
    story: "treats the failure of every plan as final",
    kind: "missing requeue",
    by: "INV-4",
    file: plan,
    search: 'plan.failedPhase === undefined || plan.failedPhase === "" ? retry : failTo(plan.failedPhase)',
    replace: 'failTo(plan.failedPhase || "Failed")'
  },
  {
    id: "retries-plans-at-once",
    story: "rebuilds a failed plan without a back-off",
    kind: "unbounded retry",
    by: "INV-4",
    file: retry,
    search: "DateTime.addDuration(timeOf(failedAt), planDelay(attempt))",
    replace: "timeOf(failedAt)"
  },
  {
    id: "counts-no-attempts",
    story: "builds every plan as the first attempt, so the back-off does not grow",
    kind: "unbounded retry",
    by: "INV-4",
    file: lifecycle,
    search: "isEdited ? 0 : (plan.attempt ?? 0) + 1",
    replace: "0"
  },
  {
    id: "hides-retried-failure",
    story: "reports no failure while the plan is retried",
    kind: "wrong status",
    by: "INV-4",
    file: degraded,
    search: '      : condition(\n          "True",\n          "PlanRetrying",',
    replace: '      : condition(\n          "False",\n          "AsExpected",'
  },
  {
    id: "always-moves-transition-time",
    story: "sets the lastTransitionTime of every condition to the time of the pass",
    kind: "needless write",
    by: "INV-5",
    file: condition,
    search: "isSame ? old.lastTransitionTime : timestamp(now)",
    replace: "timestamp(now)"
  },
  {
    id: "sends-empty-patches",
    story: "sends the status patch although it is empty",
    kind: "needless write",
    by: "INV-5",
    file: reconcile,
    search: "  if (MergePatch.isEmpty(patch)) return\n  const writer",
    replace: "  const writer"
  },
  {
    id: "omits-supersedes",
    story: "does not store the id of the plan that a new plan supersedes",
    kind: "wrong status",
    by: "INV-6",
    file: planBuilder,
    search: "...(supersedes === undefined ? {} : { supersedes }),",
    replace: ""
  },
  {
    id: "removes-instead-of-superseding",
    story: "removes an active plan and leaves the decision to the next pass",
    kind: "lost update",
    by: "INV-6",
    file: lifecycle,
    search: "return createPlan(object, supersession.template, { phase: supersession.phase, supersedes: plan })",
    replace: 'return { _tag: "RemovePlan", plan }'
  },
  {
    id: "drops-other-conditions",
    story: "keeps only the conditions that this pass updates",
    kind: "flapping condition",
    by: "INV-7",
    file: condition,
    search: "Array.isArray(status.conditions) ? [...status.conditions] : []\n",
    replace: "all(status).filter(({ type }) => updates.some((update) => update.type === type))\n"
  },
  {
    id: "moves-transition-time-with-message",
    story: "moves lastTransitionTime when only the message changes",
    kind: "flapping condition",
    by: "INV-7",
    file: condition,
    search: "isSame ? old.lastTransitionTime : timestamp(now)",
    replace: "isSame && old.message === update.message ? old.lastTransitionTime : timestamp(now)"
  },
  {
    id: "keeps-old-generation",
    story: "keeps the observedGeneration with which a condition was first set",
    kind: "wrong status",
    by: "INV-7",
    file: condition,
    search: "observedGeneration: generation,",
    replace: "observedGeneration: old?.observedGeneration ?? generation,"
  },
  {
    id: "submits-before-claim",
    story: "submits a task before the write that claims it",
    kind: "early effect",
    by: "INV-8",
    file: reconcile,
    search: "  const patch = MergePatch.diff(before, draft.status)",
    replace: "  yield* submit(draft.pendingSubmission)\n  const patch = MergePatch.diff(before, draft.status)"
  },
  {
    id: "never-polls",
    story: "submits a claimed task again instead of polling it",
    kind: "double submission",
    by: "INV-8",
    file: executor,
    search: "if (Option.isSome(known) && isThisAttempt(known.value, state.attempt)) {",
    replace: "if (Option.isSome(known) && known.value._tag === 'Completed') {"
  },
  {
    id: "resubmits-failed-task",
    story: "treats a task that failed as one that the agent does not know",
    kind: "double submission",
    by: "INV-9",
    file: executor,
    search: 'known._tag !== "Failed" || known.run > attempt',
    replace: 'known._tag !== "Failed"'
  },
  {
    id: "counts-no-retries",
    story: "retries a failed task without counting the retry",
    kind: "unbounded retry",
    by: "INV-9",
    file: plan,
    search: "const retryCount = (task.retryCount ?? 0) + 1",
    replace: "const retryCount = task.retryCount ?? 0"
  },
  {
    id: "hides-waits",
    story: "does not show waits on the object",
    kind: "wrong status",
    by: "INV-12",
    file: waiting,
    search: 'if (requeue._tag !== "Poll" && requeue._tag !== "After") return others',
    replace: "if (requeue._tag) return others"
  },
  {
    id: "restarts-wait-with-every-write",
    story: "starts the deadline of a wait again with every status write",
    kind: "wrong status",
    by: "INV-12",
    file: waiting,
    search: "if (!isSame(stored, wait)) return begun()",
    replace: "if (isWriting || !isSame(stored, wait)) return begun()"
  },
  {
    id: "compares-waits-by-text",
    story: "starts the deadline of a wait again when only its text changes",
    kind: "wrong status",
    by: "INV-12",
    file: waiting,
    search: "stored.reason === undefined ? stored.for === wait.message :",
    replace: "stored ? stored.for === wait.message :"
  },
  {
    id: "never-overdue",
    story: "does not report a wait that has passed its deadline",
    kind: "wrong status",
    by: "INV-12",
    file: waiting,
    search: "return DateTime.isGreaterThan(now, timeOf(stored.until)) ? stored : undefined",
    replace: "return undefined"
  },
  {
    id: "drops-unknown-task-fields",
    story: "writes tasks with known fields only",
    kind: "lost update",
    by: "INV-13",
    file: plan,
    search: "tasks: plan.tasks.map((each) => (each === old ? task : each))",
    replace: `tasks: plan.tasks.map((each) => (each === old ? task : each)).map(
    ({ type, id, status, params, submittedAt, error, maxRetries, retryCount, retryAt }) =>
      JSON.parse(JSON.stringify({ type, id, status, params, submittedAt, error, maxRetries, retryCount, retryAt }))
  )`
  },
  {
    id: "drops-unknown-condition-fields",
    story: "writes conditions with known fields only",
    kind: "lost update",
    by: "INV-13",
    file: condition,
    search: "{ ...old, ...update, observedGeneration",
    replace: "{ ...update, observedGeneration"
  },
  {
    id: "random-plan-ids",
    story: "generates a random id for each plan",
    kind: "unstable identity",
    by: "INV-14",
    file: identity,
    search: "PlanId.make(uuid(",
    replace: "PlanId.make(((_) => crypto.randomUUID())("
  },
  {
    id: "random-task-ids",
    story: "generates a random id for each task",
    kind: "unstable identity",
    by: "INV-14",
    file: identity,
    search: "TaskId.make(uuid(",
    replace: "TaskId.make(((_) => crypto.randomUUID())("
  },
  {
    id: "adds-no-finalizer",
    story: "creates the first plan without adding the finalizer",
    kind: "missing finalizer",
    by: "INV-1",
    file: reconcile,
    search: 'action._tag === "CreatePlan" && !finalizers.includes(reconciler.finalizer)',
    replace: "false"
  },
  {
    id: "removes-finalizer-early",
    story: "removes the finalizer while the cleanup is not done",
    kind: "missing finalizer",
    by: "INV-12",
    file: reconcile,
    search: 'progress._tag === "Waiting"\n        ? Effect',
    replace: 'progress._tag === "Waiting" && pass.observedVersion === ""\n        ? Effect'
  },
  {
    id: "overwrites-finalizers",
    story: "replaces the finalizers of other controllers when it adds its own",
    kind: "lost update",
    by: "INV-13",
    file: reconcile,
    search: "[...finalizers, reconciler.finalizer]",
    replace: "[reconciler.finalizer]"
  },
  {
    id: "removes-all-finalizers",
    story: "removes the finalizers of other controllers together with its own",
    kind: "lost update",
    by: "INV-13",
    file: reconcile,
    search: "finalizers.filter((each) => each !== reconciler.finalizer)",
    replace: "[]"
  },
  {
    id: "awaits-change-after-failed-write",
    story: "awaits a change after a status write that failed",
    kind: "missing requeue",
    by: "Sweep: refused",
    file: reconcile,
    search: "return { requeue: failed.value,",
    replace: "return { requeue: Requeue.awaitChange,"
  },
  {
    id: "ignores-unanswered-write",
    story: "treats a status write without a response as successful",
    kind: "failure as success",
    by: "Sweep: server error",
    file: reconcile,
    search: "Effect.asSome(writeFailed(reconciler, pass, object, error))",
    replace:
      'error.reason._tag === "Unavailable" ? Effect.succeedNone : Effect.asSome(writeFailed(reconciler, pass, object, error))'
  },
  {
    id: "awaits-change-while-task-runs",
    story: "awaits a change while an agent runs a task, although the end of a task causes no watch event",
    kind: "missing requeue",
    by: "Sweep: killed after",
    file: executor,
    search: 'waitIn(task, { reason: "TaskRunning",',
    replace: '((..._: ReadonlyArray<unknown>) => Requeue.awaitChange)(task, { reason: "TaskRunning",'
  },
  {
    id: "awaits-change-instead-of-retrying",
    story: "awaits a change instead of the time of the next attempt",
    kind: "missing requeue",
    by: "INV-4",
    file: lifecycle,
    search: "return wait(Requeue.after(",
    replace: "return ((_: Requeue.Requeue) => wait(Requeue.awaitChange))(Requeue.after("
  },
  {
    id: "keeps-complete-plans",
    story: "leaves a complete plan on the object",
    kind: "wrong status",
    by: "INV-6",
    file: lifecycle,
    search: 'if (plan.phase === "Complete") return { _tag: "RemovePlan", plan }',
    replace: 'if (plan.phase === "Complete") return wait(Requeue.awaitChange)'
  },
  {
    id: "clears-degraded-during-retry",
    story: "sets Degraded to False while the next attempt runs",
    kind: "flapping condition",
    by: "INV-4",
    file: degraded,
    search: 'isRetry && stored?.status === "True"',
    replace: "isRetry && false"
  },
  {
    id: "retries-tasks-forever",
    story: "retries a task until it succeeds",
    kind: "unbounded retry",
    by: "INV-9",
    file: plan,
    search: "return retryCount > (task.maxRetries ?? 0)",
    replace: "return false"
  },
  {
    id: "retries-tasks-at-once",
    story: "retries a task without a back-off",
    kind: "unbounded retry",
    by: "INV-9",
    file: retry,
    search: "exponential(Duration.seconds(5), retry, Duration.seconds(30))",
    replace: "Duration.zero"
  },
  {
    id: "never-resubmits-lost-task",
    story: "polls a claimed task forever although its agent does not know it any more",
    kind: "missing requeue",
    by: "Sweep: agent forgot",
    file: executor,
    search: '  if (remote.completes === "Accepted") {',
    replace:
      '  if (state._tag === "Submitted") return stop(plan, running(task, remote))\n  if (remote.completes === "Accepted") {'
  }
]
