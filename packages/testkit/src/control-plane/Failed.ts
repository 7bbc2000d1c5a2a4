/** Why there is no control plane. */
import * as Schema from "effect/Schema"

/** The control plane did not start. One line: what is wrong, and what to do about it. */
export class ControlPlaneFailed extends Schema.TaggedError<ControlPlaneFailed>()("ControlPlaneFailed", {
  message: Schema.String
}) {}
