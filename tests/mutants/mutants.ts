/**
 * Planted mistakes: each is a change to the real code that breaks one law. Text is replaced in one file; a text that is
 * not there exactly once is a mistake of this list.
 */

export interface Mutant {
  readonly id: string
  readonly law: `INV-${number}`
  /** What somebody might have meant by it. */
  readonly story: string
  /** From the root of the repository. */
  readonly file: string
  readonly search: string
  readonly replace: string
}

const protocol = "packages/planner/src/reconcile/Protocol.ts"
const lifecycle = "packages/planner/src/reconcile/Lifecycle.ts"
const executor = "packages/planner/src/executor/Executor.ts"
const plan = "packages/planner/src/plan/Plan.ts"
const retry = "packages/planner/src/plan/Retry.ts"
const degraded = "packages/planner/src/plan/Degraded.ts"
const condition = "packages/planner/src/model/Condition.ts"
const waiting = "packages/planner/src/plan/Waiting.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    id: "acts-while-planning",
    law: "INV-1",
    story: "saves a turn: performs the first task in the turn that records the plan",
    file: protocol,
    search: 'case "Begin": {',
    replace: 'case "Begin": {\nyield* correct(reconciler, move.plan.tasks[0], seen)'
  },
  {
    id: "pauses-on-a-wish",
    law: "INV-1",
    story: "scales down as soon as the spec says paused, before that is stored",
    file: "packages/sei/src/plan/Seen.ts",
    search: 'Condition.isTrue(statusOf(node), "Paused")',
    replace: "node.spec.paused === true"
  },
  {
    id: "deletes-on-a-wish",
    law: "INV-1",
    story: "gives back what a deleted object holds before the phase says so",
    file: protocol,
    search: "before.phase !== TERMINATING",
    replace: "false"
  },
  {
    id: "writes-conditions-apart",
    law: "INV-2",
    story: "writes a second time, for the conditions",
    file: protocol,
    search: "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)",
    replace: `  const first = yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)
  yield* writer.patchStatus(turn.key, first.metadata.resourceVersion, { observed: true, conditions: first.status.conditions })`
  },
  {
    id: "retries-a-lost-write",
    law: "INV-2",
    story: "tries a write that was lost again, in the same turn",
    file: protocol,
    search: "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)",
    replace:
      "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch).pipe(Effect.retry({ times: 1 }))"
  },
  {
    id: "writes-on-the-latest",
    law: "INV-3",
    story: "takes the latest version to get rid of conflicts",
    file: protocol,
    search: "  yield* writer.patchStatus(turn.key, guarded.metadata.resourceVersion, patch)",
    replace: `  const latest = Option.getOrThrow(yield* (yield* ObjectCache).get(turn.key))
  yield* writer.patchStatus(turn.key, latest.metadata.resourceVersion, patch)`
  },
  {
    id: "goes-on-after-losing",
    law: "INV-3",
    story: "submits and tells although the write was lost",
    file: protocol,
    search: "if (Option.isNone(written))",
    replace: "if (Option.isNone(written) && Option.isNone(draft.claim) && draft.did._tag !== 'Begin')"
  },
  {
    id: "fails-for-good",
    law: "INV-4",
    story: "takes every failed plan for final",
    file: plan,
    search: 'plan.failedPhase === undefined || plan.failedPhase === "" ? retry : failTo(plan.failedPhase)',
    replace: 'failTo(plan.failedPhase || "Failed")'
  },
  {
    id: "retries-at-once",
    law: "INV-4",
    story: "forgets the back-off of plans",
    file: retry,
    search: "DateTime.addDuration(timeOf(failedAt), planDelay(attempt))",
    replace: "timeOf(failedAt)"
  },
  {
    id: "counts-no-attempts",
    law: "INV-4",
    story: "begins every rebuilt plan as the first attempt",
    file: lifecycle,
    search: "edited ? 0 : (plan.attempt ?? 0) + 1",
    replace: "0"
  },
  {
    id: "hides-the-failure",
    law: "INV-4",
    story: "shows no failure while it is retried",
    file: degraded,
    search: '    : claim(\n          "True",\n          "PlanRetrying",',
    replace: '    : claim(\n          "False",\n          "AsExpected",'
  },
  {
    id: "moves-transition-times",
    law: "INV-5",
    story: "stamps every condition with the time of the turn",
    file: condition,
    search: "old?.status === claim.status ? old.lastTransitionTime : timestamp(now)",
    replace: "timestamp(now)"
  },
  {
    id: "writes-the-same-again",
    law: "INV-5",
    story: "sends a patch although nothing differs",
    file: protocol,
    search: "  if (MergePatch.isEmpty(patch)) return\n  const writer",
    replace: "  const writer"
  },
  {
    id: "replaces-in-silence",
    law: "INV-6",
    story: "does not store whose place a plan took",
    file: "packages/planner/src/plan/PlanBuilder.ts",
    search: "...(supersedes === undefined ? {} : { supersedes }),",
    replace: ""
  },
  {
    id: "gives-up-instead-of-superseding",
    law: "INV-6",
    story: "takes an active plan off the object and lets the next turn see what to do",
    file: lifecycle,
    search:
      'if (verdict._tag === "Replace") return begin(object, verdict.blueprint, { phase: verdict.phase, supersedes: plan })\n  return verdict',
    replace: 'if (verdict._tag === "Replace") return { _tag: "Clear", plan }\n  return verdict'
  },
  {
    id: "supersedes-in-flight",
    law: "INV-6",
    story: "replaces a plan whose task a sidecar is working on",
    file: "packages/sei/src/plan/Supersede.ts",
    search: "if (flying !== undefined) return",
    replace: "if (false) return"
  },
  {
    id: "drops-conditions",
    law: "INV-7",
    story: "keeps only the conditions that this turn is about",
    file: condition,
    search: "const conditions = [...all(status)]",
    replace: "const conditions = all(status).filter(({ type }) => claims.some((claim) => claim.type === type))"
  },
  {
    id: "stamps-every-write",
    law: "INV-7",
    story: "takes a new message for a transition",
    file: condition,
    search: "old?.status === claim.status ? old.lastTransitionTime : timestamp(now)",
    replace: "old?.status === claim.status && old.message === claim.message ? old.lastTransitionTime : timestamp(now)"
  },
  {
    id: "claims-an-old-generation",
    law: "INV-7",
    story: "keeps the generation that a condition was first set for",
    file: condition,
    search: "observedGeneration: generation,",
    replace: "observedGeneration: old?.observedGeneration ?? generation,"
  },
  {
    id: "submits-before-the-claim",
    law: "INV-8",
    story: "submits first and records later",
    file: protocol,
    search: "  const patch = MergePatch.diff(before, draft.status)",
    replace: "  yield* submit(draft.claim)\n  const patch = MergePatch.diff(before, draft.status)"
  },
  {
    id: "never-asks",
    law: "INV-8",
    story: "submits instead of asking how a task stands",
    file: executor,
    search: "if (Option.isSome(known) && isThisAttempt(known.value, state.attempt)) {",
    replace: "if (Option.isSome(known) && known.value._tag === 'Completed') {"
  },
  {
    id: "restarts-what-failed",
    law: "INV-9",
    story: "takes a failed task for one that the agent does not know",
    file: executor,
    search: 'known._tag !== "Failed" || known.run > attempt',
    replace: 'known._tag !== "Failed"'
  },
  {
    id: "forgets-retries",
    law: "INV-9",
    story: "retries a task without counting that it failed",
    file: plan,
    search: "const retryCount = (task.retryCount ?? 0) + 1",
    replace: "const retryCount = task.retryCount ?? 0"
  },
  {
    id: "nags-the-sidecar",
    law: "INV-10",
    story: "tells a sidecar that waits again at every look",
    file: "packages/sei/src/plan/Decide.ts",
    search: "last === undefined || hasHelped ? now",
    replace: "true ? now"
  },
  {
    id: "restores-for-ever",
    law: "INV-10",
    story: "compares fingerprints that are never the same",
    file: "packages/sei/src/plan/Decide.ts",
    search: "made !== fingerprint)",
    replace: "`never` !== fingerprint)"
  },
  {
    id: "deletes-by-name",
    law: "INV-11",
    story: "deletes the pod of that name, whichever it is by now",
    file: "packages/sei/src/tasks/Rollout.ts",
    search: "{ uid: pod.metadata.uid }",
    replace: "{}"
  },
  {
    id: "evicts-anybody",
    law: "INV-11",
    story: "deletes any StatefulSet that has the node's name",
    file: "packages/sei/src/tasks/Objects.ts",
    search: "if (!ofFormer(seen, existing)) {",
    replace: "if (false) {"
  },
  {
    id: "takes-any-claim",
    law: "INV-11",
    story: "deletes the claim of the node's name without looking whose it is",
    file: "packages/sei/src/reconcile/Release.ts",
    search: "Option.isSome(found) && ObjectMeta.controls(node, found.value)",
    replace: "Option.isSome(found)"
  },
  {
    id: "waits-in-silence",
    law: "INV-12",
    story: "keeps what is waited for to itself",
    file: waiting,
    search: 'if (requeue._tag !== "Poll" && requeue._tag !== "After") return rest',
    replace: "if (requeue._tag) return rest"
  },
  {
    id: "forgets-since-when",
    law: "INV-12",
    story: "begins a wait anew with every write",
    file: waiting,
    search: "if (stored.for !== waitingFor) return begun",
    replace: "if (isWriting || stored.for !== waitingFor) return begun"
  },
  {
    id: "waits-for-ever",
    law: "INV-12",
    story: "never says that a wait is overdue",
    file: waiting,
    search: "return isSame && DateTime",
    replace: "return false && DateTime"
  },
  {
    id: "rebuilds-tasks",
    law: "INV-13",
    story: "writes tasks with the fields that it knows",
    file: plan,
    search: "tasks: plan.tasks.map((each) => (each === old ? task : each))",
    replace: `tasks: plan.tasks.map((each) => (each === old ? task : each)).map(
    ({ type, id, status, params, submittedAt, error, maxRetries, retryCount, retryAt }) =>
      JSON.parse(JSON.stringify({ type, id, status, params, submittedAt, error, maxRetries, retryCount, retryAt }))
  )`
  },
  {
    id: "rebuilds-conditions",
    law: "INV-13",
    story: "writes a condition from what it has to say",
    file: condition,
    search: "{ ...old, ...claim, observedGeneration",
    replace: "{ ...claim, observedGeneration"
  },
  {
    id: "draws-plan-ids",
    law: "INV-14",
    story: "draws an id for each plan",
    file: "packages/planner/src/plan/Identity.ts",
    search: "PlanId.make(uuid(",
    replace: "PlanId.make(((_) => crypto.randomUUID())("
  },
  {
    id: "draws-task-ids",
    law: "INV-14",
    story: "draws an id for each task",
    file: "packages/planner/src/plan/Identity.ts",
    search: "TaskId.make(uuid(",
    replace: "TaskId.make(((_) => crypto.randomUUID())("
  },
  {
    id: "signs-without-asking",
    law: "INV-15",
    story: "takes a signing key without making its lock",
    file: "packages/sei/src/tasks/Gates.ts",
    search: "if (keyLock !== undefined) return Task.done",
    replace: "if (true) return Task.done"
  },
  {
    id: "overlooks-other-pods",
    law: "INV-15",
    story: "does not look whether a pod of somebody else still has the key",
    file: "packages/sei/src/reconcile/Observe.ts",
    search: "pods.filter((pod) => mounts(pod) && !own.has(pod))",
    replace: "[].filter((pod) => mounts(pod) && !own.has(pod))"
  }
]
