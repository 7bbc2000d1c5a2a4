/** Mutants of the folders `reconcile` and `executor` of packages/planner. */
import type { Mutant } from "../Mutant.ts"

const reconcile = "packages/planner/src/reconcile/Reconcile.ts"
const lifecycle = "packages/planner/src/reconcile/Lifecycle.ts"
const executor = "packages/planner/src/executor/Executor.ts"

export const plannerReconcile: ReadonlyArray<Mutant> = [
  {
    id: "executes-while-creating",
    story: "saves a pass: performs the first task in the pass that creates the plan",
    kind: "early effect",
    by: "INV-1",
    seed: { rule: "INV-1", shape: "creating", place: "pass" },
    file: reconcile,
    search: 'case "CreatePlan": {',
    replace: 'case "CreatePlan": {\nyield* repair(reconciler, action.plan.tasks[0], observation)'
  },
  {
    id: "cleans-up-before-terminating",
    story: "cleans up before the phase Terminating is stored",
    kind: "early effect",
    by: "INV-1",
    seed: { rule: "INV-1", shape: "deleting", place: "cleanup" },
    file: reconcile,
    search: "before.phase !== TERMINATING",
    replace: "false"
  },
  {
    id: "writes-conditions-separately",
    story: "writes the conditions in a second status patch",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "creating", place: "pass" },
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
    id: "counts-no-attempts",
    story: "builds every plan as the first attempt, so the back-off does not grow",
    kind: "unbounded retry",
    by: "INV-4",
    file: lifecycle,
    search: "isEdited ? 0 : (plan.attempt ?? 0) + 1",
    replace: "0"
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
    id: "removes-instead-of-superseding",
    story: "removes an active plan and leaves the decision to the next pass",
    kind: "lost update",
    by: "INV-6",
    file: lifecycle,
    search: "return createPlan(object, supersession.template, { phase: supersession.phase, supersedes: plan })",
    replace: 'return { _tag: "RemovePlan", plan }'
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
    search: "Effect.asSome(writeFailed(pass, object, error))",
    replace:
      'error.reason._tag === "Unavailable" ? Effect.succeedNone : Effect.asSome(writeFailed(pass, object, error))'
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
    id: "never-resubmits-lost-task",
    story: "polls a claimed task forever although its agent does not know it any more",
    kind: "missing requeue",
    by: "Sweep: agent forgot",
    file: executor,
    search: '  if (remote.completes === "Accepted") {',
    replace:
      '  if (state._tag === "Submitted") return stop(plan, running(task, remote))\n  if (remote.completes === "Accepted") {'
  },
  {
    id: "submits-patch-of-current-spec",
    story: "submits a configuration patch with the address of the observed spec instead of the stored one",
    kind: "stale read",
    by: "INV-16",
    file: executor,
    prelude: `const current = ({ node }) => ({
  files: { "config.toml": { p2p: { "external-address": node.spec.externalAddress ?? "", "persistent-peers": "" } } }
})`,
    search: "const submission = { id: task.id, ...spec }",
    replace:
      'const submission = { id: task.id, ...spec, ...(task.type === "config-patch" ? { params: current(observation) } : {}) }'
  }
]
