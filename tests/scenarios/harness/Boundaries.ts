/** The boundaries that a sweep over a node has to reach (`Scenario.reaches`), by what the node goes through. */

/** The tasks of a plan that sidecars perform, and its end. */
const EXECUTION = [
  "apply StatefulSet",
  "apply Service",
  "poll",
  "patchStatus SeiNode: task claimed",
  "submit",
  "patchStatus SeiNode: task completed",
  "patchStatus SeiNode: plan completed",
  "patchStatus SeiNode: plan removed",
  "event"
]

export const PLAN = ["patchStatus SeiNode: plan created", ...EXECUTION]
export const INIT = ["setFinalizers SeiNode: finalizer added", "apply ConfigMap", "health", ...PLAN]
export const UPDATE = ["health", "delete Pod", ...PLAN]
export const SUPERSEDED = ["patchStatus SeiNode: plan superseded", "delete Pod", "health", ...EXECUTION]

/** A bootstrap has its own Job and Service, which are deleted. */
export const BOOTSTRAP = ["create Job", "delete Job", "delete Service"]

/** A deletion, whatever exists of the node. */
export const INTERRUPTED = [
  "patchStatus SeiNode: deletion recorded",
  "list SeiNodeTaskWorkflow",
  "get CustomResourceDefinition",
  "setFinalizers SeiNode: finalizer removed",
  "event"
]
export const DELETION = ["delete StatefulSet", ...INTERRUPTED]

/** From creation over an update to the deletion, on a generated volume. */
export const LIFECYCLE = [
  ...INIT,
  ...UPDATE,
  ...DELETION,
  "create PersistentVolumeClaim",
  "delete PersistentVolumeClaim"
].filter((boundary, index, all) => all.indexOf(boundary) === index)

/** A StatefulSet that is lost is applied by a plan of its own. */
export const RESTORE = [
  "patchStatus SeiNode: plan created",
  "apply StatefulSet",
  "patchStatus SeiNode: plan completed",
  "patchStatus SeiNode: plan removed"
]

export const PAUSE = ["patchStatus SeiNode: status", "apply StatefulSet"]
