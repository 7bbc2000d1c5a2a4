/**
 * Parameters of the tasks on a node's own objects. They inform readers of the plan; the task uses the observed node.
 */
import * as Schema from "effect/Schema"

export const NodeRef = Schema.Struct({ nodeName: Schema.String, namespace: Schema.String })
