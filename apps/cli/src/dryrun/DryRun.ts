/** Runs one reconcile of a SeiNode, and each task of its plan, against a {@link DryRunCluster}. */
import {
  Condition,
  Lifecycle,
  ObjectMeta,
  type Reconciler,
  Registry,
  Requeue,
  type Task,
  type TaskPlan
} from "@portolan/planner"
import { NodeReconciler, type Observation, type Platform } from "@portolan/sei"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as DryRunCluster from "./DryRunCluster.ts"

/** One task, and what would happen if it were performed now. */
export interface TaskPreview {
  readonly task: TaskPlan.PlannedTask
  readonly writes: ReadonlyArray<DryRunCluster.DryRunWrite>
  /** What would be submitted to the sidecar. */
  readonly submission:
    | { readonly address: string; readonly type: string; readonly params: ObjectMeta.JsonObject | undefined }
    | undefined
  /** Why the task would not complete: what it would wait for, or why it would fail. */
  readonly blocked: Blocked | undefined
}

export interface Blocked {
  /** `Wait`: performed again later. `Fail`: the plan fails. */
  readonly outcome: "Wait" | "Fail"
  /** CamelCase and stable. */
  readonly reason: string
  readonly message: string
}

export interface Preview {
  readonly object: ObjectMeta.KubernetesObject
  /** What the reconcile would do. */
  readonly action: Lifecycle.Action["_tag"]
  /** Why, or what, in words. */
  readonly reason: string
  /** The plan that the reconcile would create, execute or remove. */
  readonly plan: TaskPlan.TaskPlan | undefined
  readonly tasks: ReadonlyArray<TaskPreview>
}

export interface Options {
  readonly node: ObjectMeta.KubernetesObject
  /** The other objects of the cluster. */
  readonly clusterObjects: ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly platform: Platform.Platform
  readonly syncers: DryRunCluster.Contents["syncers"]
}

/** Decides with the controller's own code. Changes nothing outside of this function. */
export const run = ({ node: object, clusterObjects, platform, syncers }: Options): Effect.Effect<Preview> => {
  const cluster = DryRunCluster.make({ objects: [object, ...clusterObjects], syncers })
  return Effect.gen(function* () {
    const reconciler = NodeReconciler.make(platform)
    const now = yield* DateTime.now
    const observe = reconciler.observe(object, now)
    const status = ObjectMeta.statusOf(object)
    const action = Lifecycle.next(reconciler, object, status, yield* observe, now)
    const plan = planOf(action)
    // Observes again before each task, because the tasks before it may have written objects.
    const tasks = yield* Effect.forEach(plan?.tasks ?? [], (task) =>
      Effect.flatMap(observe, (observation) => previewTask(reconciler, task, observation, cluster))
    )
    return { object, action: action._tag, reason: reasonOf(action, status), plan, tasks }
  }).pipe(
    Effect.catch((error: Reconciler.PlanRejected) =>
      Effect.succeed<Preview>({ object, action: "Reject", reason: rejection(error), plan: undefined, tasks: [] })
    ),
    Effect.provide(cluster.layer)
  )
}

const planOf = (action: Lifecycle.Action): TaskPlan.TaskPlan | undefined => {
  if (action._tag === "CreatePlan" || action._tag === "RemovePlan") return action.plan
  return action._tag === "ExecutePlan" ? action.plan.plan : undefined
}

const reasonOf = (action: Lifecycle.Action, status: ObjectMeta.JsonObject): string => {
  switch (action._tag) {
    case "CreatePlan":
      return action.reason
    case "ExecutePlan":
      return "the plan is in progress"
    case "RemovePlan":
      return `the plan is ${action.plan.phase.toLowerCase()} and would be removed from the object`
    case "Repair":
      return `task ${action.task.type} would run outside of a plan`
    case "Reject":
      return rejection(action.rejection)
    case "Wait":
      return waitReason(action.requeue, status)
  }
}

const rejection = ({ field, message }: Reconciler.PlanRejected): string => `${field}: ${message}`

const waitReason = (requeue: Requeue.Requeue, status: ObjectMeta.JsonObject): string => {
  const wait = Requeue.waitOf(requeue)
  if (wait !== undefined) return `waiting: ${wait.reason} (${Requeue.describe(requeue)})`
  const degraded = Condition.find(status, "Degraded")
  return degraded?.status === "True" ? `nothing to do, Degraded: ${degraded.message}` : "nothing to do"
}

/** A task that has ended has no effect any more. */
const previewTask = (
  reconciler: ReturnType<typeof NodeReconciler.make>,
  task: TaskPlan.PlannedTask,
  observation: Observation.Observation,
  cluster: DryRunCluster.DryRunCluster
) =>
  Effect.gen(function* () {
    const noEffect: TaskPreview = { task, writes: [], submission: undefined, blocked: undefined }
    if (task.status === "Complete" || task.status === "Failed") return noEffect
    const found = Registry.lookup(reconciler.tasks, task.type)
    if (Option.isNone(found)) {
      const message = `this version has no task of type "${task.type}"`
      return { ...noEffect, blocked: { outcome: "Fail", reason: "UnknownTaskType", message } satisfies Blocked }
    }
    if (found.value._tag === "Remote") {
      const { params, type } = yield* found.value.submission(task)
      return { ...noEffect, submission: { address: found.value.address(observation), type, params } }
    }
    const progress = yield* found.value.perform(observation, task)
    const blocked = progress._tag === "Waiting" ? blockedBy("Wait", progress.wait) : undefined
    return { ...noEffect, writes: cluster.takeWrites(), blocked }
  }).pipe(
    Effect.catch((error: Task.TaskImpossible | Task.TaskDeferred) => {
      const blocked = blockedBy(error._tag === "TaskImpossible" ? "Fail" : "Wait", error)
      return Effect.succeed<TaskPreview>({ task, writes: cluster.takeWrites(), submission: undefined, blocked })
    })
  )

const blockedBy = (
  outcome: Blocked["outcome"],
  { detail, message, reason }: { readonly reason: string; readonly message: string; readonly detail?: string }
): Blocked => ({ outcome, reason, message: detail === undefined ? message : `${message}: ${detail}` })
