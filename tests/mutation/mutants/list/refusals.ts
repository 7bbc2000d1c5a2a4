/** Mutants that give up after a refused request, or repeat it in a way that harms the server. */
import type { Mutant } from "../Mutant.ts"

const task = "packages/planner/src/tasks/Task.ts"
const reconcile = "packages/planner/src/reconcile/Reconcile.ts"
const cleanup = "packages/sei/src/node/reconcile/Cleanup.ts"
const client = "packages/k8s-adapter/src/client/Client.ts"

export const refusals: ReadonlyArray<Mutant> = [
  {
    id: "awaits-change-after-rejected-write",
    story: "awaits a change after a status write that was rejected",
    kind: "missing requeue",
    by: "INV-10",
    file: reconcile,
    search: 'const requeue = Requeue.poll({ reason, message: "the status was not written", detail: error.message })',
    replace: `const requeue = error.reason._tag === "Rejected"
    ? Requeue.awaitChange
    : Requeue.poll({ reason, message: "the status was not written", detail: error.message })`
  },
  {
    id: "awaits-change-after-rejected-finalizer",
    story: "awaits a change when the removal of its finalizer is rejected",
    kind: "missing requeue",
    by: "INV-10",
    file: reconcile,
    search: 'Effect.succeed(awaitCleanup(error._tag === "TaskDeferred" ? error.detail : error.message))',
    replace: `Effect.succeed(
      error._tag === "KubernetesError" && error.reason._tag === "Rejected"
        ? Requeue.awaitChange
        : awaitCleanup(error._tag === "TaskDeferred" ? error.detail : error.message)
    )`
  },
  {
    id: "logs-every-failed-write",
    story: "logs each failed write of a status, every five seconds",
    kind: "unbounded retry",
    by: "INV-10",
    file: "packages/planner/src/reconcile/WriteFailures.ts",
    search: "failures + 1 >= LOGGED_FROM && !logged.has(cause)",
    replace: "failures + 1 >= LOGGED_FROM"
  },
  {
    id: "fails-invalid-task",
    story: "treats the 422 of an admission webhook as final",
    kind: "missing requeue",
    by: "INV-10",
    file: task,
    search: '    case "Rejected":\n      return new TaskDeferred({',
    replace: `    case "Rejected":
      if (reason.status === 422) return new TaskImpossible({ reason: reason.code, message: detail })
      return new TaskDeferred({`
  },
  {
    id: "fails-task-without-definition",
    story: "treats the 404 of a kind that is not installed yet as final",
    kind: "missing requeue",
    by: "INV-10",
    file: task,
    search: "export const fromKubernetesCreate = (error: KubernetesError): TaskDeferred =>\n",
    replace: `export const fromKubernetesCreate = (error: KubernetesError): TaskDeferred =>
  error.reason._tag === "Rejected" && error.reason.status === 404
    ? new TaskImpossible({ reason: "NotFound", message: error.message })
    :
`
  },
  {
    id: "waits-for-prose",
    story: "takes the text of an admission webhook for the reason of a wait",
    kind: "wrong status",
    by: "INV-12",
    file: task,
    search: 'CAMEL_CASE.test(reason.code) ? reason.code : "Rejected"',
    replace: "reason.code"
  },
  {
    id: "claims-in-every-pass",
    story: "claims a task in every pass while its agent refuses the submission",
    kind: "unbounded retry",
    by: "INV-8",
    file: "packages/planner/src/executor/Executor.ts",
    search: "if (isRepeated && Retry.isClaimRecent(task, now))",
    replace: "if (isRepeated && Retry.isClaimRecent(task, now) && task.submittedAt === undefined)"
  },
  {
    id: "final-after-twenty-attempts",
    story: "makes the failure of a plan final after twenty attempts",
    kind: "missing requeue",
    by: "INV-4",
    seed: { rule: "INV-4", shape: "retrying", place: "plan" },
    file: "packages/planner/src/plan/Plan.ts",
    search: 'plan.failedPhase === "" ? retry : failTo(plan.failedPhase)',
    replace:
      'plan.failedPhase === "" ? ((plan.attempt ?? 0) < 20 ? retry : failTo("Failed")) : failTo(plan.failedPhase)'
  },
  {
    id: "back-off-starts-again",
    story: "starts the back-off of a plan again after 64 attempts",
    kind: "unbounded retry",
    by: "INV-4",
    file: "packages/planner/src/plan/Retry.ts",
    search: "exponential(Duration.seconds(5), attempt, Duration.minutes(5))",
    replace: "exponential(Duration.seconds(5), attempt % 64, Duration.minutes(5))"
  },
  {
    id: "rejected-delete-is-done",
    story: "takes a rejected delete in the cleanup for done",
    kind: "failure as success",
    by: "INV-10",
    file: cleanup,
    search: "  if (pvc !== undefined) yield* Owned.remove(pvc)",
    replace:
      '  if (pvc !== undefined) yield* Effect.catchIf(Owned.remove(pvc), ({ reason }) => reason !== "Conflict", () => Effect.void)'
  },
  {
    id: "skips-workflows-after-404",
    story: "takes any 404 of the list of workflows for a CRD that is not installed",
    kind: "failure as success",
    by: "INV-10",
    file: cleanup,
    search: "return Option.isNone(definition) ? none : yield* listFailed",
    replace: "return Option.isNone(definition) || listFailed !== undefined ? none : yield* listFailed"
  },
  {
    id: "any-404-is-deleted",
    story: "takes the 404 of a proxy to a delete for an object that is gone",
    kind: "failure as success",
    by: "INV-11",
    file: "packages/k8s-adapter/src/services/LiveKubernetes.ts",
    search: "if (Responses.isAbsent(response)) return deleted",
    replace: "if (response.status === 404) return deleted"
  },
  {
    id: "retry-after-in-milliseconds",
    story: "reads Retry-After as milliseconds",
    kind: "unbounded retry",
    by: "Client",
    file: client,
    search: "Math.max(seconds * 1000, 0)",
    replace: "Math.max(seconds, 0)"
  },
  {
    id: "ignores-retry-after",
    story: "retries a read after its own delay, whatever Retry-After says",
    kind: "unbounded retry",
    by: "Client",
    file: client,
    search: "yield* Effect.sleep(response.retryAfterMs ?? 250 * 2 ** attempt)",
    replace: "yield* Effect.sleep(250 * 2 ** attempt)"
  },
  {
    id: "ignores-retry-after-503",
    story: "waits for the time of Retry-After only after 429",
    kind: "unbounded retry",
    by: "Client",
    file: client,
    search: "yield* Effect.sleep(response.retryAfterMs ?? 250 * 2 ** attempt)",
    replace: "yield* Effect.sleep((response.status === 429 ? response.retryAfterMs : undefined) ?? 250 * 2 ** attempt)"
  },
  {
    id: "fails-read-after-429",
    story: "fails a read at once when the server answers 429",
    kind: "missing requeue",
    by: "Client",
    file: client,
    search: "(response.status === 429 || response.status === 503)",
    replace: "response.status === 503"
  },
  {
    id: "rejects-throttled-write",
    story: "treats 429 as a rejection of the request, like other 4xx",
    kind: "wrong status",
    by: "INV-10",
    file: "packages/k8s-adapter/src/client/Responses.ts",
    search: " && response.status !== 429",
    replace: ""
  },
  {
    id: "counts-deferrals-as-attempts",
    story: "counts a rejected request of a task as one of its attempts",
    kind: "failure as success",
    by: "INV-4",
    file: "packages/planner/src/executor/Executor.ts",
    search: "Effect.succeed(stop(plan, waitIn(task, { reason, message, detail }, found)))",
    replace:
      'Effect.succeed(found._tag === "Remote" || task.maxRetries === undefined ? stop(plan, waitIn(task, { reason, message, detail }, found)) : stop(Plan.attemptFailed(plan, task, detail, context.now), Requeue.now))'
  },
  {
    id: "ignores-rejected-pod-deletes",
    story: "goes on to the new pod although the API server has rejected the deletion of the old one",
    kind: "failure as success",
    by: "INV-4",
    file: "packages/sei/src/node/tasks/Rollout.ts",
    search: "  }).pipe(Effect.mapError(Task.fromKubernetes))",
    replace: "  }).pipe(Effect.ignore)"
  }
]
