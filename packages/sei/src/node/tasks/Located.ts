/** Parameters of the tasks that act on the node's own objects. They tell people where; the node itself is what counts. */
import * as Schema from "effect/Schema"

export const Located = Schema.Struct({ nodeName: Schema.String, namespace: Schema.String })
