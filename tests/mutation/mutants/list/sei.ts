/** Mutants of packages/sei. */
import type { Mutant } from "../Mutant.ts"

const missingObjects = "packages/sei/src/node/plan/MissingObjects.ts"
const observation = "packages/sei/src/node/plan/Observation.ts"
const planSelection = "packages/sei/src/node/plan/PlanSelection.ts"
const preconditions = "packages/sei/src/node/plan/Preconditions.ts"
const signingKeyUse = "packages/sei/src/node/plan/SigningKeyUse.ts"
const supersession = "packages/sei/src/node/plan/Supersession.ts"
const checkPreconditions = "packages/sei/src/node/tasks/CheckPreconditions.ts"
const rollout = "packages/sei/src/node/tasks/Rollout.ts"
const buildStatus = "packages/sei/src/node/reconcile/BuildStatus.ts"
const cleanup = "packages/sei/src/node/reconcile/Cleanup.ts"
const nodeReconciler = "packages/sei/src/node/reconcile/NodeReconciler.ts"

export const sei: ReadonlyArray<Mutant> = [
  {
    id: "pauses-before-condition",
    story: "scales down as soon as spec.paused is set, before the condition Paused is stored",
    kind: "early effect",
    by: "INV-1",
    file: observation,
    search: 'Condition.isTrue(statusOf(node), "Paused")',
    replace: "node.spec.paused === true"
  },
  {
    id: "supersedes-task-in-flight",
    story: "replaces a plan while a sidecar runs its task",
    kind: "concurrent use",
    by: "INV-6",
    file: supersession,
    search: "if (inFlight !== undefined) {",
    replace: "if (false) {"
  },
  {
    id: "repeats-mark-ready",
    story: "sends mark-ready in every pass while the sidecar is not ready",
    kind: "unbounded retry",
    by: "INV-10",
    file: planSelection,
    search: "last === undefined || wasReadySince ? now",
    replace: "true ? now"
  },
  {
    id: "always-restores",
    story: "treats the fingerprint of the StatefulSet as outdated in every pass",
    kind: "unbounded retry",
    by: "INV-10",
    file: planSelection,
    search: "applied !== desired)",
    replace: "`never` !== desired)"
  },
  {
    id: "deletes-pod-by-name",
    story: "deletes a pod without the uid that was observed",
    kind: "unchecked delete",
    by: "INV-11",
    file: rollout,
    search: "{ uid: pod.metadata.uid }",
    replace: "{}"
  },
  {
    id: "waits-for-workloads-of-others",
    story: "waits for the deletion of workloads by the node's name without checking their owner",
    kind: "skipped check",
    by: "INV-11",
    file: cleanup,
    search: "Option.isSome(found) && ObjectMeta.controls(node, found.value)",
    replace: "Option.isSome(found)"
  },
  {
    id: "takes-no-key-lock",
    story: "uses a signing key without creating its lock",
    kind: "concurrent use",
    by: "INV-15",
    file: checkPreconditions,
    search: '"validate-signing-key", createLock(observed))',
    replace: '"validate-signing-key", Effect.succeed(Task.done))'
  },
  {
    id: "ignores-other-pods",
    story: "ignores pods of other owners that mount the signing key",
    kind: "concurrent use",
    by: "INV-15",
    file: signingKeyUse,
    search: "return pods\n    .filter((pod) => !own.has(pod) && mountedSecrets",
    replace: "return pods.slice(0, 0)\n    .filter((pod) => !own.has(pod) && mountedSecrets"
  },
  {
    id: "ignores-pause",
    story: "executes the active plan to its end before it pauses",
    kind: "skipped check",
    by: "INV-1",
    file: nodeReconciler,
    search: "const paused = isPauseRequested || isStored",
    replace: "const paused = false"
  },
  {
    id: "ignores-pending-precondition",
    story: "creates the node although a precondition, such as a Secret, is still pending",
    kind: "skipped check",
    by: "INV-12",
    file: checkPreconditions,
    search: "return Effect.succeed(Task.waiting({ reason: result.reason, message: result.message }, conditions))",
    replace: "return then"
  },
  {
    id: "ignores-existing-lock",
    story: "treats an existing lock of a signing key as its own",
    kind: "failure as success",
    by: "INV-15",
    file: checkPreconditions,
    search:
      "Owned.create({ owner: node.object, key: SigningKeyLock.key(node), existing }, SigningKeyLock.generate(node))",
    replace:
      "Effect.as(Effect.ignore(Owned.create({ owner: node.object, key: SigningKeyLock.key(node), existing }, SigningKeyLock.generate(node))), Task.done)"
  },
  {
    id: "scales-up-during-bootstrap",
    story: "scales the StatefulSet to 1 during the bootstrap",
    kind: "concurrent use",
    by: "MutualExclusion",
    file: observation,
    search: "isPauseStored(observation) || isBootstrapping(observation) ? 0 : 1",
    replace: "isPauseStored(observation) ? 0 : 1"
  },
  {
    id: "deletes-mounted-claim",
    story: "deletes the claim of a node before its pod is gone",
    kind: "early effect",
    by: "INV-12",
    file: cleanup,
    search: "if (workloads.length > 0 || pods.length > 0)",
    replace: "if (workloads.length > 0)"
  },
  {
    id: "adopts-claim-of-others",
    story: "uses a claim of another owner that has the name of the node's claim",
    kind: "skipped check",
    by: "INV-11",
    file: preconditions,
    search: "if (pvc === undefined || ObjectMeta.controls(node.object, pvc)) return ready",
    replace: "return ready"
  },
  {
    id: "repairs-no-objects",
    story: "does not apply objects again that were deleted while a plan is active",
    kind: "missing requeue",
    by: "INV-10",
    file: missingObjects,
    search: 'if (plan?.phase !== "Active") return undefined',
    replace: "if (plan !== null) return undefined"
  },
  {
    id: "trusts-old-statefulset-status",
    story: "reads the revision of a StatefulSet before its controller has observed the new template",
    kind: "stale read",
    by: "INV-11",
    file: observation,
    search: "const isObserved = observedGeneration >= (statefulSet?.metadata.generation ?? 0)",
    replace: "const isObserved = observedGeneration >= 0"
  },
  {
    id: "moves-phase-transition-time",
    story: "updates the transition time of the phase with every write",
    kind: "needless write",
    by: "INV-5",
    file: buildStatus,
    search: "status.phase === node.status.phase ?",
    replace: "status.phase === `never` ?"
  },
  {
    id: "flaps-sidecar-ready",
    story: "sets SidecarReady to Unknown in passes that do not probe the sidecar",
    kind: "flapping condition",
    by: "INV-7",
    file: buildStatus,
    search: "    case undefined:\n      return []",
    replace:
      '    case undefined:\n      return [{ type: "SidecarReady", status: "Unknown", reason: "NotProbed", message: "not probed" }]'
  },
  {
    id: "keeps-outdated-restore",
    story: "executes a plan that rolls out no image to its end, although the spec requires another image",
    kind: "missed event",
    by: "INV-10",
    file: supersession,
    search:
      'return Drift.exists(drift) && !hasIncomplete(plan, "apply-statefulset") ? Drift.describe(drift) : undefined',
    replace: "return undefined"
  },
  {
    id: "starts-without-syncers",
    story: "supersedes a plan by one with a state sync while fewer than two state syncers exist",
    kind: "skipped check",
    by: "INV-6",
    file: supersession,
    search: "return missing === undefined ? supersession :",
    replace: "return missing !== null ? supersession :"
  },
  {
    id: "awaits-deleted-job",
    story: "awaits the bootstrap Job although it was deleted",
    kind: "missing requeue",
    by: "Simulator",
    file: supersession,
    search: 'if (_tag === "Absent") {',
    replace: 'if (_tag === "Absent" && observation.node.name === "") {'
  },
  {
    id: "retries-init-after-bootstrap",
    story: "retries an init plan that fails after its bootstrap, instead of failing the node",
    kind: "unbounded retry",
    by: "INV-4",
    file: "packages/sei/src/node/plan/PlanTemplates.ts",
    search: 'PlanBuilder.failTo("Failed"), InitTasks',
    replace: 'variant === "InitAfterBootstrap" ? PlanBuilder.retry : PlanBuilder.failTo("Failed"), InitTasks'
  },
  {
    id: "ignores-terminating-pods",
    story: "deletes the data and removes the finalizer while the last pod of the node terminates",
    kind: "missing finalizer",
    by: "INV-18",
    file: "packages/sei/src/node/reconcile/Cleanup.ts",
    search: "if (workloads.length > 0 || pods.length > 0)",
    replace: "if (workloads.length > 0 || pods.some(({ metadata }) => metadata.deletionTimestamp === undefined))"
  },
  {
    id: "refreshes-syncers-of-stored-task",
    story: "writes the syncers of now into the stored task that configures state-sync",
    kind: "stale read",
    by: "INV-16",
    file: buildStatus,
    search: "  const { resolvedStateSyncers: _, ...base } = status",
    replace: `  const { resolvedStateSyncers: _, ...stored } = status
  const RpcServers = observation.node.status.resolvedStateSyncers
  const refresh = (task) =>
    task.type === "configure-state-sync" ? { ...task, params: { ...task.params, RpcServers } } : task
  const base =
    stored.plan?.phase === "Active" && RpcServers !== undefined
      ? { ...stored, plan: { ...stored.plan, tasks: stored.plan.tasks.map(refresh) } }
      : stored`
  },
  {
    id: "frees-keys-of-paused-nodes",
    story: "does not count a paused node that holds no lock as a user of its signing key",
    kind: "concurrent use",
    by: "INV-15",
    file: "packages/sei/src/node/reconcile/Observe.ts",
    search: 'at(other.status, "statefulSet") !== undefined',
    replace: 'at(other.status, "statefulSet") !== undefined && at(other.spec, "paused") !== true'
  }
]
