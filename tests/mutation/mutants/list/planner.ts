/** Mistakes in packages/planner. */
import type { Mutant } from "../Mutant.ts"

const protocol = "packages/planner/src/reconcile/Reconcile.ts"
const lifecycle = "packages/planner/src/reconcile/Lifecycle.ts"
const executor = "packages/planner/src/executor/Executor.ts"
const plan = "packages/planner/src/plan/Plan.ts"
const retry = "packages/planner/src/plan/Retry.ts"
const degraded = "packages/planner/src/plan/Degraded.ts"
const condition = "packages/planner/src/model/Condition.ts"
const waiting = "packages/planner/src/plan/Waiting.ts"

export const planner: ReadonlyArray<Mutant> = [
  {
    id: "acts-while-planning",
    story: "saves a turn: performs the first task in the turn that records the plan",
    kind: "early effect",
    by: "INV-1",
    file: protocol,
    search: 'case "CreatePlan": {',
    replace: 'case "CreatePlan": {\nyield* correct(reconciler, move.plan.tasks[0], seen)'
  },
  {
    id: "deletes-on-a-wish",
    story: "gives back what a deleted object holds before the phase says so",
    kind: "early effect",
    by: "INV-1",
    file: protocol,
    search: "before.phase !== TERMINATING",
    replace: "false"
  },
  {
    id: "writes-conditions-apart",
    story: "writes a second time, for the conditions",
    kind: "lost update",
    by: "INV-2",
    file: protocol,
    search: "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)",
    replace: `  const first = yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)
  yield* writer.patchStatus(turn.key, first.metadata.resourceVersion, { observed: true, conditions: first.status.conditions })`
  },
  {
    id: "retries-a-lost-write",
    story: "tries a write that was lost again, in the same turn",
    kind: "lost update",
    by: "INV-2",
    file: protocol,
    search: "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)",
    replace:
      "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch).pipe(Effect.retry({ times: 1 }))"
  },
  {
    id: "writes-on-the-latest",
    story: "takes the latest version to get rid of conflicts",
    kind: "lost update",
    by: "INV-3",
    file: protocol,
    search: "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)",
    replace: `  const latest = Option.getOrThrow(yield* (yield* ObjectCache).get(turn.key))
  yield* writer.patchStatus(turn.key, latest.metadata.resourceVersion, patch)`
  },
  {
    id: "goes-on-after-losing",
    story: "submits and tells although the write was lost",
    kind: "failure as success",
    by: "INV-3",
    file: protocol,
    search: "if (Option.isSome(gaveWay))",
    replace: "if (Option.isSome(gaveWay) && Option.isNone(draft.claim) && draft.did._tag !== 'CreatePlan')"
  },
  {
    id: "fails-for-good",
    story: "takes every failed plan for final",
    kind: "forgotten requeue",
    by: "INV-4",
    file: plan,
    search: 'plan.failedPhase === undefined || plan.failedPhase === "" ? retry : failTo(plan.failedPhase)',
    replace: 'failTo(plan.failedPhase || "Failed")'
  },
  {
    id: "retries-at-once",
    story: "forgets the back-off of plans",
    kind: "unbounded retry",
    by: "INV-4",
    file: retry,
    search: "DateTime.addDuration(timeOf(failedAt), planDelay(attempt))",
    replace: "timeOf(failedAt)"
  },
  {
    id: "counts-no-attempts",
    story: "begins every rebuilt plan as the first attempt",
    kind: "unbounded retry",
    by: "INV-4",
    file: lifecycle,
    search: "edited ? 0 : (plan.attempt ?? 0) + 1",
    replace: "0"
  },
  {
    id: "hides-the-failure",
    story: "shows no failure while it is retried",
    kind: "false report",
    by: "INV-4",
    file: degraded,
    search: '    : claim(\n          "True",\n          "PlanRetrying",',
    replace: '    : claim(\n          "False",\n          "AsExpected",'
  },
  {
    id: "moves-transition-times",
    story: "stamps every condition with the time of the turn",
    kind: "write at rest",
    by: "INV-5",
    file: condition,
    search: "isSame ? old.lastTransitionTime : timestamp(now)",
    replace: "timestamp(now)"
  },
  {
    id: "writes-the-same-again",
    story: "sends a patch although nothing differs",
    kind: "write at rest",
    by: "INV-5",
    file: protocol,
    search: "  if (MergePatch.isEmpty(patch)) return\n  const writer",
    replace: "  const writer"
  },
  {
    id: "replaces-in-silence",
    story: "does not store whose place a plan took",
    kind: "false report",
    by: "INV-6",
    file: "packages/planner/src/plan/PlanBuilder.ts",
    search: "...(supersedes === undefined ? {} : { supersedes }),",
    replace: ""
  },
  {
    id: "gives-up-instead-of-superseding",
    story: "takes an active plan off the object and lets the next turn see what to do",
    kind: "lost update",
    by: "INV-6",
    file: lifecycle,
    search:
      'if (verdict._tag === "Replace") return begin(object, verdict.blueprint, { phase: verdict.phase, supersedes: plan })\n  return verdict',
    replace: 'if (verdict._tag === "Replace") return { _tag: "RemovePlan", plan }\n  return verdict'
  },
  {
    id: "drops-conditions",
    story: "keeps only the conditions that this turn is about",
    kind: "flapping condition",
    by: "INV-7",
    file: condition,
    search: "Array.isArray(status.conditions) ? [...status.conditions] : []\n",
    replace: "all(status).filter(({ type }) => claims.some((claim) => claim.type === type))\n"
  },
  {
    id: "stamps-every-write",
    story: "takes a new message for a transition",
    kind: "flapping condition",
    by: "INV-7",
    file: condition,
    search: "isSame ? old.lastTransitionTime : timestamp(now)",
    replace: "isSame && old.message === claim.message ? old.lastTransitionTime : timestamp(now)"
  },
  {
    id: "claims-an-old-generation",
    story: "keeps the generation that a condition was first set for",
    kind: "false report",
    by: "INV-7",
    file: condition,
    search: "observedGeneration: generation,",
    replace: "observedGeneration: old?.observedGeneration ?? generation,"
  },
  {
    id: "submits-before-the-claim",
    story: "submits first and records later",
    kind: "early effect",
    by: "INV-8",
    file: protocol,
    search: "  const patch = MergePatch.diff(before, draft.status)",
    replace: "  yield* submit(draft.claim)\n  const patch = MergePatch.diff(before, draft.status)"
  },
  {
    id: "never-asks",
    story: "submits instead of asking how a task stands",
    kind: "double submission",
    by: "INV-8",
    file: executor,
    search: "if (Option.isSome(known) && isThisAttempt(known.value, state.attempt)) {",
    replace: "if (Option.isSome(known) && known.value._tag === 'Completed') {"
  },
  {
    id: "restarts-what-failed",
    story: "takes a failed task for one that the agent does not know",
    kind: "double submission",
    by: "INV-9",
    file: executor,
    search: 'known._tag !== "Failed" || known.run > attempt',
    replace: 'known._tag !== "Failed"'
  },
  {
    id: "forgets-retries",
    story: "retries a task without counting that it failed",
    kind: "unbounded retry",
    by: "INV-9",
    file: plan,
    search: "const retryCount = (task.retryCount ?? 0) + 1",
    replace: "const retryCount = task.retryCount ?? 0"
  },
  {
    id: "waits-in-silence",
    story: "keeps what is waited for to itself",
    kind: "false report",
    by: "INV-12",
    file: waiting,
    search: 'if (requeue._tag !== "Poll" && requeue._tag !== "After") return rest',
    replace: "if (requeue._tag) return rest"
  },
  {
    id: "forgets-since-when",
    story: "begins a wait anew with every write",
    kind: "false report",
    by: "INV-12",
    file: waiting,
    search: "if (stored.for !== waitingFor) return begun",
    replace: "if (isWriting || stored.for !== waitingFor) return begun"
  },
  {
    id: "waits-for-ever",
    story: "never says that a wait is overdue",
    kind: "false report",
    by: "INV-12",
    file: waiting,
    search: "return isSame && DateTime",
    replace: "return false && DateTime"
  },
  {
    id: "rebuilds-tasks",
    story: "writes tasks with the fields that it knows",
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
    id: "rebuilds-conditions",
    story: "writes a condition from what it has to say",
    kind: "lost update",
    by: "INV-13",
    file: condition,
    search: "{ ...old, ...claim, observedGeneration",
    replace: "{ ...claim, observedGeneration"
  },
  {
    id: "draws-plan-ids",
    story: "draws an id for each plan",
    kind: "unstable identity",
    by: "INV-14",
    file: "packages/planner/src/plan/Identity.ts",
    search: "PlanId.make(uuid(",
    replace: "PlanId.make(((_) => crypto.randomUUID())("
  },
  {
    id: "draws-task-ids",
    story: "draws an id for each task",
    kind: "unstable identity",
    by: "INV-14",
    file: "packages/planner/src/plan/Identity.ts",
    search: "TaskId.make(uuid(",
    replace: "TaskId.make(((_) => crypto.randomUUID())("
  },
  {
    id: "makes-without-finalizer",
    story: "leaves the finalizer for later",
    kind: "missing finalizer",
    by: "INV-1",
    file: "packages/planner/src/reconcile/Reconcile.ts",
    search: 'did._tag === "CreatePlan" && !finalizers.includes(reconciler.finalizer)',
    replace: "false"
  },
  {
    id: "lets-go-too-early",
    story: "takes its finalizer off while what the object holds is still being given back",
    kind: "missing finalizer",
    by: "INV-12",
    file: "packages/planner/src/reconcile/Reconcile.ts",
    search: 'progress._tag === "Waiting"\n        ? Effect',
    replace: 'progress._tag === "Waiting" && turn.seen === ""\n        ? Effect'
  },
  {
    id: "overwrites-finalizers",
    story: "writes the list of finalizers that it knows",
    kind: "lost update",
    by: "INV-13",
    file: "packages/planner/src/reconcile/Reconcile.ts",
    search: "[...finalizers, reconciler.finalizer]",
    replace: "[reconciler.finalizer]"
  },
  {
    id: "takes-all-finalizers-off",
    story: "lets an object go that others still hold",
    kind: "lost update",
    by: "INV-13",
    file: "packages/planner/src/reconcile/Reconcile.ts",
    search: "finalizers.filter((each) => each !== reconciler.finalizer)",
    replace: "[]"
  },
  {
    id: "rests-after-losing",
    story: "leaves it to the next change to look again after a write that did not happen",
    kind: "forgotten requeue",
    by: "Sweep: refused",
    file: "packages/planner/src/reconcile/Reconcile.ts",
    search: "return { requeue: gaveWay.value,",
    replace: "return { requeue: Requeue.settled,"
  },
  {
    id: "takes-silence-for-written",
    story: "takes a write without an answer for done",
    kind: "failure as success",
    by: "Sweep: server error",
    file: "packages/planner/src/reconcile/Reconcile.ts",
    search: "Effect.asSome(lost(reconciler, turn, object, error))",
    replace:
      'error.reason._tag === "Unavailable" ? Effect.succeedNone : Effect.asSome(lost(reconciler, turn, object, error))'
  },
  {
    id: "rests-while-an-agent-works",
    story: "waits for an agent to tell that it is done",
    kind: "forgotten requeue",
    by: "Sweep: killed after",
    file: "packages/planner/src/executor/Executor.ts",
    search: "Requeue.Requeue =>\n  Requeue.poll(",
    replace: "Requeue.Requeue =>\n  ((..._: ReadonlyArray<unknown>) => Requeue.settled)("
  },
  {
    id: "forgets-the-next-attempt",
    story: "writes down when the next attempt is due, and rests",
    kind: "forgotten requeue",
    by: "INV-4",
    file: "packages/planner/src/reconcile/Lifecycle.ts",
    search: "return rest(Requeue.after(",
    replace: "return ((_: Requeue.Requeue) => rest(Requeue.settled))(Requeue.after("
  },
  {
    id: "keeps-finished-plans",
    story: "leaves a finished plan on the object for people to read",
    kind: "false report",
    by: "INV-6",
    file: "packages/planner/src/reconcile/Lifecycle.ts",
    search: 'if (plan.phase === "Complete") return { _tag: "RemovePlan", plan }',
    replace: 'if (plan.phase === "Complete") return rest(Requeue.settled)'
  },
  {
    id: "flaps-while-it-retries",
    story: "says that all is well while another attempt runs",
    kind: "flapping condition",
    by: "INV-4",
    file: "packages/planner/src/plan/Degraded.ts",
    search: 'retrying && standing?.status === "True"',
    replace: "retrying && false"
  },
  {
    id: "retries-tasks-for-ever",
    story: "retries a task until it succeeds",
    kind: "unbounded retry",
    by: "INV-9",
    file: "packages/planner/src/plan/Plan.ts",
    search: "return retryCount > (task.maxRetries ?? 0)",
    replace: "return false"
  },
  {
    id: "retries-tasks-at-once",
    story: "retries a task without a pause",
    kind: "unbounded retry",
    by: "INV-9",
    file: "packages/planner/src/plan/Retry.ts",
    search: "Duration.seconds(Math.min(5 * 2 ** Math.min(retry, 5), 30))",
    replace: "Duration.seconds(Math.min(retry, 0))"
  },
  {
    id: "waits-for-the-forgotten",
    story: "never claims a task again that its agent once had",
    kind: "forgotten requeue",
    by: "Sweep: agent forgot",
    file: "packages/planner/src/executor/Executor.ts",
    search: '  if (remote.completes === "Accepted") {',
    replace:
      '  if (state._tag === "Submitted") return stop(plan, itsEnd(task, remote))\n  if (remote.completes === "Accepted") {'
  }
]
