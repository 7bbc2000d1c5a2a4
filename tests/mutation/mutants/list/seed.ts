/**
 * Mutants of the rules that the project began with, in every shape and place, and of what a checker could be fooled by: an
 * effect under another verb, work that a condition seems to permit, a submission that is not the stored task.
 */
import type { Mutant } from "../Mutant.ts"

const reconcile = "packages/planner/src/reconcile/Reconcile.ts"
const lifecycle = "packages/planner/src/reconcile/Lifecycle.ts"
const executor = "packages/planner/src/executor/Executor.ts"
const builder = "packages/planner/src/plan/PlanBuilder.ts"
const retry = "packages/planner/src/plan/Retry.ts"
const identity = "packages/planner/src/plan/Identity.ts"
const nodeReconciler = "packages/sei/src/node/reconcile/NodeReconciler.ts"
const observe = "packages/sei/src/node/reconcile/Observe.ts"
const cleanup = "packages/sei/src/node/reconcile/Cleanup.ts"
const rollout = "packages/sei/src/node/tasks/Rollout.ts"
const sidecarTasks = "packages/sei/src/node/tasks/SidecarTasks.ts"

/** Writes status from a task, an observation or a cleanup. It does not compile; the tests run without types. */
const WRITER = `import { StatusWriter as Writer } from "@portolan/planner"
import * as Fx from "effect/Effect"
import { resource as nodes } from "../kinds/SeiNode.ts"
const writeStatus = (object, patch) =>
  Fx.flatMap(Writer.StatusWriter, ({ patchStatus }) =>
    Fx.ignore(patchStatus({ kind: nodes, namespace: object.metadata.namespace, name: object.metadata.name },
      object.metadata.resourceVersion, patch)))`

export const seed: ReadonlyArray<Mutant> = [
  {
    id: "applies-while-observing",
    story: "applies the Service while it observes a node without a plan",
    kind: "early effect",
    by: "INV-1",
    seed: { rule: "INV-1", shape: "creating", place: "observation" },
    file: observe,
    prelude: `import { KubernetesApi as Api } from "@portolan/planner"
import * as NodeService from "../resources/Service.ts"`,
    search: "      const pvc = yield* get(claimKey(node))",
    replace: `      const pvc = yield* get(claimKey(node))
      if (stored.status.plan === undefined) {
        const { apply } = yield* Api.KubernetesApi
        yield* Effect.ignore(apply(serviceKey(node), NodeService.generate(node)))
      }`
  },
  {
    id: "executes-while-superseding",
    story: "performs the first task in the pass that supersedes a plan",
    kind: "early effect",
    by: "INV-1",
    seed: { rule: "INV-1", shape: "superseding", place: "pass" },
    file: reconcile,
    search: 'case "CreatePlan": {',
    replace:
      'case "CreatePlan": {\nif (action.supersedes !== undefined) yield* repair(reconciler, action.plan.tasks[0], observation)'
  },
  {
    id: "executes-while-rebuilding",
    story: "performs the first task in the pass that builds a failed plan again",
    kind: "early effect",
    by: "INV-1",
    seed: { rule: "INV-1", shape: "retrying", place: "pass" },
    file: reconcile,
    search: 'case "CreatePlan": {',
    replace:
      'case "CreatePlan": {\nif (action.plan.attempt !== undefined) yield* repair(reconciler, action.plan.tasks[0], observation)'
  },
  {
    id: "repairs-adopted-node",
    story: "applies the StatefulSet of a node that a workflow has adopted",
    kind: "early effect",
    by: "INV-1",
    seed: { rule: "INV-1", shape: "adopting", place: "pass" },
    file: nodeReconciler,
    search: "return { paused: true, repair: Option.none() }",
    replace: 'return { paused: true, repair: Option.some(taskTemplate(node, "apply-statefulset")) }'
  },
  {
    id: "works-on-condition",
    story: "applies the StatefulSet without a plan whenever the condition Paused exists",
    kind: "early effect",
    by: "INV-1",
    file: nodeReconciler,
    search: "if (isPauseRequested === isStored && !isScaled)",
    replace:
      "if (node.status.plan === undefined && node.status.conditions !== undefined && !owns(observation, statefulSet))"
  },
  {
    id: "writes-phase-first",
    story: "writes the phase before the plan that leads to it",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "creating", place: "pass" },
    file: reconcile,
    search: "  yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, patch)",
    replace: `  const { phase, ...others } = patch
  const first = phase === undefined || action._tag !== "CreatePlan"
    ? finalized
    : yield* writer.patchStatus(pass.key, finalized.metadata.resourceVersion, { phase })
  yield* writer.patchStatus(pass.key, first.metadata.resourceVersion, others)`
  },
  {
    id: "writes-status-while-observing",
    story: "stores what it observed while an outdated plan is superseded",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "superseding", place: "observation" },
    file: observe,
    prelude: WRITER,
    search: "      const pvc = yield* get(claimKey(node))",
    replace: `      const pvc = yield* get(claimKey(node))
      if (stored.status.plan?.phase === "Active") yield* writeStatus(object, { phaseTransitionTime: "2026-01-01T00:00:00Z" })`
  },
  {
    id: "writes-status-in-task",
    story: "clears the image in the status when a plan that is built again replaces the pod",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "retrying", place: "task" },
    file: rollout,
    prelude: WRITER,
    search: "  const outdated = podsOf(observation, statefulSet)",
    replace: `  if ((observation.node.status.plan?.attempt ?? 0) > 0) yield* writeStatus(observation.node.object, { currentImage: null })
  const outdated = podsOf(observation, statefulSet)`
  },
  {
    id: "writes-status-in-cleanup",
    story: "stores the progress of a deletion from the cleanup",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "deleting", place: "cleanup" },
    file: cleanup,
    prelude: WRITER,
    search: "  yield* Effect.forEach(workloads, Owned.remove, { discard: true })",
    replace: `  yield* Effect.forEach(workloads, Owned.remove, { discard: true })
  yield* writeStatus(node, { currentImage: null })`
  },
  {
    id: "becomes-final-with-attempts",
    story: "stores a failed phase in a plan that is built for the third time",
    kind: "missing requeue",
    by: "INV-4",
    seed: { rule: "INV-4", shape: "creating", place: "plan" },
    file: builder,
    search: '...(template.onFailure._tag === "FailTo" ? { failedPhase: template.onFailure.phase } : {}),',
    replace: `...(template.onFailure._tag === "FailTo" ? { failedPhase: template.onFailure.phase } : {}),
    ...(attempt > 2 ? { failedPhase: "Failed" } : {}),`
  },
  {
    id: "supersedes-by-final-plan",
    story: "makes the failure of a superseding plan final",
    kind: "missing requeue",
    by: "INV-4",
    seed: { rule: "INV-4", shape: "superseding", place: "plan" },
    file: lifecycle,
    search: "return createPlan(object, supersession.template, { phase: supersession.phase, supersedes: plan })",
    replace: `const template = { ...supersession.template, onFailure: { _tag: "FailTo", phase: "Failed" } }
    return createPlan(object, template, { phase: supersession.phase, supersedes: plan })`
  },
  {
    id: "gives-up-cleanup",
    story: "awaits a change after a cleanup that failed",
    kind: "missing requeue",
    by: "INV-10",
    seed: { rule: "INV-4", shape: "deleting", place: "cleanup" },
    file: reconcile,
    search:
      'Effect.catch((error) => Effect.succeed(awaitCleanup(error._tag === "TaskDeferred" ? error.detail : error.message)))',
    replace: "Effect.catch(() => Effect.succeed(Requeue.awaitChange))"
  },
  {
    id: "never-retries-adopted-plan",
    story: "never builds a failed plan again that another controller stored without the time of its failure",
    kind: "missing requeue",
    by: "INV-4",
    seed: { rule: "INV-4", shape: "adopting", place: "plan" },
    file: retry,
    search: "isTime(failedAt) ? DateTime.addDuration(timeOf(failedAt), planDelay(attempt)) : EPOCH",
    replace:
      'isTime(failedAt) ? DateTime.addDuration(timeOf(failedAt), planDelay(attempt)) : DateTime.makeUnsafe("2999-01-01T00:00:00Z")'
  },
  {
    id: "submits-other-task",
    story: "submits the parameters of the plan's last task",
    kind: "double submission",
    by: "INV-16",
    file: executor,
    search: "const spec = yield* remote.submission(task)",
    replace:
      "const spec = { ...(yield* remote.submission(task)), params: plan.tasks.find(({ params }) => params !== undefined && params !== task.params)?.params }"
  },
  {
    id: "submits-other-id",
    story: "submits a task under an id of its attempt",
    kind: "unstable identity",
    by: "INV-16",
    file: executor,
    search: "const submission = { id: task.id, ...spec }",
    replace: 'const submission = { id: [task.id, state.attempt].join("-"), ...spec }'
  },
  {
    id: "submits-current-spec",
    story: "submits the overrides of the spec as it is now, and not those that the plan stored",
    kind: "stale read",
    by: "INV-16",
    file: sidecarTasks,
    prelude: "let current = {}",
    search: `    address: ({ node }: Observation) => sidecarAddress(node),
    unreachableForever: (observation: Observation) => {
      // The pod of a failed Job is not started again.
      const state = BootstrapState.of(observation)
      return state._tag === "Failed" ? \`bootstrap job failed: \${state.message}\` : undefined
    },
    submission: (stored) => {
      const params = definition.submit(stored)`,
    replace: `    address: ({ node }: Observation) => {
      current = node.spec
      return sidecarAddress(node)
    },
    submission: (stored) => {
      const params = definition.submit("overrides" in stored ? { ...stored, overrides: current.overrides } : stored)`
  },
  {
    id: "submits-next-height",
    story: "asks the sidecar to restore a later snapshot than the stored one",
    kind: "wrong status",
    by: "INV-16",
    file: sidecarTasks,
    search: "targetHeight > 0 ? { targetHeight } : undefined",
    replace: "targetHeight > 0 ? { targetHeight: targetHeight + 1 } : undefined"
  },
  {
    id: "omits-overrides",
    story: "submits config-apply without the stored overrides",
    kind: "lost update",
    by: "INV-16",
    file: sidecarTasks,
    search: "...(overrides === undefined ? {} : { overrides })",
    replace: ""
  },
  {
    id: "plan-ids-without-version",
    story: "derives the id of a plan from the object and the plan's name alone",
    kind: "unstable identity",
    by: "INV-14",
    file: identity,
    search: `\${object.metadata.uid}/\${object.metadata.resourceVersion}/\${name}`,
    replace: `\${object.metadata.uid}/\${name}`
  }
]
