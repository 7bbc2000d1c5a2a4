/**
 * Which plan of a SeiNode a stored plan is, from its field `variant`.
 *
 * Plans of the Go operator, and plans stored before the field existed, have none: they are recognised by their tasks.
 */
import type { TaskPlan } from "@portolan/planner"

const INIT = [
  /** All tasks. */
  "Init",
  /** A pod of an outdated template exists: it is replaced. A bootstrap has completed before. */
  "InitReplacePod",
  /** A bootstrap Job is outdated or was deleted: it is torn down first and runs again. */
  "InitRerunBootstrap",
  /** The bootstrap Job has completed: it is torn down and does not run again. */
  "InitAfterBootstrap",
  /** The bootstrap pod has its data and waits for another `mark-ready`. */
  "InitResumeBootstrap"
] as const
export type InitVariant = (typeof INIT)[number]
export type PlanVariant = InitVariant | "Update" | "MarkReady" | "Restore"

type Plan = Pick<TaskPlan.TaskPlan, "tasks" | "variant">

/** Whether the plan initialises a node. */
export const isInit = (plan: Plan): boolean =>
  plan.variant === undefined ? plan.tasks[0]?.type === "ensure-data-pvc" : INIT.some((name) => name === plan.variant)

/** Whether the plan rolls a node from one image to another. */
export const isUpdate = ({ tasks, variant }: Plan): boolean =>
  variant === undefined ? tasks.some(({ type }) => type === "observe-image") : variant === "Update"

/** The variants that an init plan may be: the stored one, or every variant when none is stored. */
export const initVariants = ({ variant }: Plan): ReadonlyArray<InitVariant> =>
  variant === undefined ? INIT : INIT.filter((name) => name === variant)
