/** Mutants of the folders `plan` and `model` of packages/planner. */
import type { Mutant } from "../Mutant.ts"

const plan = "packages/planner/src/plan/Plan.ts"
const planBuilder = "packages/planner/src/plan/PlanBuilder.ts"
const retry = "packages/planner/src/plan/Retry.ts"
const degraded = "packages/planner/src/plan/Degraded.ts"
const identity = "packages/planner/src/plan/Identity.ts"
const waiting = "packages/planner/src/plan/Waiting.ts"
const condition = "packages/planner/src/model/Condition.ts"

export const plannerPlan: ReadonlyArray<Mutant> = [
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
    id: "omits-supersedes",
    story: "does not store the id of the plan that a new plan supersedes",
    kind: "wrong status",
    by: "INV-6",
    file: planBuilder,
    search: "...(supersedes === undefined ? {} : { supersedes }),",
    replace: ""
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
  }
]
