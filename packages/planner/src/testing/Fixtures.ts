/** Objects and plans of a toy kind, with defaults for everything that a test does not set. */
import * as ObjectMeta from "../model/ObjectMeta.ts"
import { PlanId, type PlannedTask, TaskId, type TaskPlan } from "../model/TaskPlan.ts"

/** The toy kind. */
export const kind: ObjectMeta.ObjectKind = {
  apiVersion: "example.dev/v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced"
}

export const key = ObjectMeta.key(kind, "default", "w")

/** A stored widget with a status and a version. */
export const widget = (
  status: ObjectMeta.JsonObject = {},
  { metadata = {}, version = "1" }: { readonly version?: string; readonly metadata?: ObjectMeta.JsonObject } = {}
): ObjectMeta.KubernetesObject => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  metadata: {
    name: "w",
    namespace: "default",
    uid: "widget-uid",
    resourceVersion: ObjectMeta.ResourceVersion.make(version),
    generation: 1,
    ...metadata
  },
  spec: {},
  status
})

/** One task of a plan. */
export const task = (type: string, more: Partial<PlannedTask> = {}): PlannedTask => ({
  type,
  id: TaskId.make(`id-of-${type}`),
  status: "Pending",
  ...more
})

/** An active plan of tasks, without a failed phase. */
export const plan = (tasks: ReadonlyArray<PlannedTask>, more: Partial<TaskPlan> = {}): TaskPlan => ({
  id: PlanId.make("plan-1"),
  phase: "Active",
  targetPhase: "Running",
  tasks: [...tasks],
  ...more
})
