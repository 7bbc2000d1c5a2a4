/** What the next turn would do about a node, and what each task of its plan would. */
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

/** One task, and its effect if it were performed now. */
export interface TaskPreview {
  readonly task: TaskPlan.PlannedTask
  readonly writes: ReadonlyArray<DryRunCluster.WouldWrite>
  /** What the sidecar would be given. */
  readonly order:
    | { readonly to: string; readonly type: string; readonly params: ObjectMeta.JsonObject | undefined }
    | undefined
  /** What it would wait for, or why it cannot be done. */
  readonly remark: string | undefined
}

export interface Preview {
  readonly object: ObjectMeta.KubernetesObject
  /** `Begin` a plan, go on with the one `InFlight`, do something else, or `Refuse`. */
  readonly decision: "CreatePlan" | "InFlight" | "Other" | "Reject"
  /** Why, or what, in a sentence. */
  readonly because: string
  readonly plan: TaskPlan.TaskPlan | undefined
  readonly tasks: ReadonlyArray<TaskPreview>
}

export interface Given {
  readonly node: ObjectMeta.KubernetesObject
  /** Whatever else there is. */
  readonly others: ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly platform: Platform.Platform
  readonly syncers: DryRunCluster.Contents["syncers"]
}

/** Decides as the controller does, on the same code. Nothing outside of this function changes. */
export const run = ({ node: object, others, platform, syncers }: Given): Effect.Effect<Preview> => {
  const cluster = DryRunCluster.make({ objects: [object, ...others], syncers })
  return Effect.gen(function* () {
    const reconciler = NodeReconciler.make(platform)
    const now = yield* DateTime.now
    const look = reconciler.observe(object, now)
    const status = ObjectMeta.statusOf(object)
    const move = Lifecycle.next(reconciler, object, status, yield* look, now)
    const plan = planOf(move)
    const preview = (task: TaskPlan.PlannedTask) =>
      Effect.flatMap(look, (observation) => previewOf(reconciler, task, observation, cluster))
    const tasks = yield* Effect.forEach(plan?.tasks ?? [], preview)
    return { object, plan, tasks, ...said(move, status) }
  }).pipe(
    Effect.catch(({ field, message }: Reconciler.PlanRejected) =>
      Effect.succeed<Preview>({
        object,
        decision: "Reject",
        because: `${field}: ${message}`,
        plan: undefined,
        tasks: []
      })
    ),
    Effect.provide(cluster.layer)
  )
}

const planOf = (move: Lifecycle.Action): TaskPlan.TaskPlan | undefined => {
  if (move._tag === "CreatePlan" || move._tag === "RemovePlan") return move.plan
  return move._tag === "ExecutePlan" ? move.plan.plan : undefined
}

const said = (move: Lifecycle.Action, status: ObjectMeta.JsonObject): Pick<Preview, "decision" | "because"> => {
  switch (move._tag) {
    case "CreatePlan":
      return { decision: "CreatePlan", because: move.reason }
    case "ExecutePlan":
      return { decision: "InFlight", because: "the plan is under way" }
    case "RemovePlan":
      return {
        decision: "InFlight",
        because: `the plan is ${move.plan.phase.toLowerCase()} and would be taken off the object`
      }
    case "Repair":
      return { decision: "Other", because: `${move.task.type} would be performed by itself` }
    case "Reject":
      return { decision: "Reject", because: `${move.rejection.field}: ${move.rejection.message}` }
    case "Wait":
      return { decision: "Other", because: rest(move.requeue, status) }
  }
}

const rest = (requeue: Requeue.Requeue, status: ObjectMeta.JsonObject): string => {
  if (Requeue.describe(requeue) !== "") return `nothing yet: it waits for ${Requeue.describe(requeue)}`
  const standing = Condition.find(status, "Degraded")
  return standing?.status === "True" ? `nothing: ${standing.message}` : "nothing to do"
}

/** A task that is done already has no effect any more. */
const previewOf = (
  reconciler: ReturnType<typeof NodeReconciler.make>,
  task: TaskPlan.PlannedTask,
  observation: Observation.Observation,
  cluster: DryRunCluster.DryRunCluster
) =>
  Effect.gen(function* () {
    const nothing: TaskPreview = { task, writes: [], order: undefined, remark: undefined }
    const found = Registry.lookup(reconciler.tasks, task.type)
    if (task.status === "Complete" || task.status === "Failed") return nothing
    if (Option.isNone(found)) return { ...nothing, remark: `no task of type ${task.type} is known here` }
    if (found.value._tag === "Remote") {
      const { params, type } = yield* found.value.submission(task)
      return { ...nothing, order: { to: found.value.address(observation), type, params } }
    }
    const progress = yield* found.value.perform(observation, task)
    const remark = progress._tag === "Waiting" ? `would wait for ${progress.wait.message}` : undefined
    return { ...nothing, writes: cluster.take(), remark }
  }).pipe(
    Effect.catch((error) =>
      Effect.succeed<TaskPreview>({ task, writes: cluster.take(), order: undefined, remark: whyNot(error) })
    )
  )

const whyNot = (error: Task.TaskImpossible | Task.TaskDeferred): string =>
  error._tag === "TaskImpossible" ? `cannot be done: ${error.message}` : `would wait for ${error.message}`
