/** The error of a control plane that does not start. */
import * as Schema from "effect/Schema"

/** The control plane did not start. The message is one line: what is wrong, and what to do. */
export class ControlPlaneFailed extends Schema.TaggedError<ControlPlaneFailed>()("ControlPlaneFailed", {
  message: Schema.String
}) {}
