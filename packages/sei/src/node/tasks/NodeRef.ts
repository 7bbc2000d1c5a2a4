/**
 * Parameters of the tasks on a node's own objects. They inform readers of the plan; the task uses the observed node.
 */
import type { KubernetesApi, Task } from "@portolan/planner"
import * as Schema from "effect/Schema"
import type { Observation } from "../plan/Observation.ts"

/** A task that writes objects of the node. */
export type ObjectTask = Task.LocalTask<Observation, KubernetesApi.KubernetesApi>

export const NodeRef = Schema.Struct({ nodeName: Schema.String, namespace: Schema.String })
