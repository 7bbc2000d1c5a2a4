/** A node's status as users see it: what follows from the plan and from what was seen. Pure. */
import { Condition, type ObjectMeta, Plan, TaskPlan } from "@portolan/planner"
import type * as Schema from "effect/Schema"
import * as Drift from "../plan/Drift.ts"
import * as NodePlans from "../plan/NodePlans.ts"
import { isRunning, owns, runningImages, type Seen, statusOf } from "../plan/Seen.ts"
import * as StateSync from "../plan/StateSync.ts"
import * as Steps from "../plan/Steps.ts"
import { endpoint, sidecarImage } from "../resources/Identity.ts"

type Status = ObjectMeta.JsonObject

/** The status that a turn is about to write, completed. Asked twice about the same, it changes nothing (INV-5). */
export const present = (seen: Seen, before: Status): Status => {
  const { resolvedStateSyncers: _, ...status } = before
  const times = { ...transition(seen, status), ...told(seen, status) }
  const next = { ...status, ...mirrored(seen, status), ...times }
  return Condition.set(next, claims(seen, next), seen.now, seen.node.object.metadata.generation ?? 0)
}

/** Facts of other objects that users look for on the node. */
const mirrored = (seen: Seen, status: Status): Status => ({
  ...(owns(seen, seen.statefulSet)
    ? { statefulSet: { name: seen.statefulSet.metadata.name, uid: seen.statefulSet.metadata.uid } }
    : {}),
  ...found(seen),
  ...(isRunning(status) ? { ...images(seen, status), ...serving(seen) } : {})
})

/** Whom it may trust and whom it connects to, as far as that was asked. */
const found = ({ node: { status } }: Seen): Status => ({
  ...(status.resolvedPeers === undefined ? {} : { resolvedPeers: status.resolvedPeers }),
  ...(status.resolvedStateSyncers === undefined ? {} : { resolvedStateSyncers: status.resolvedStateSyncers })
})

/**
 * Images of a running node that no rollout recorded yet. A sidecar other than the wanted one is left unrecorded:
 * someone else chose it, and it is not for us to roll.
 */
const images = (seen: Seen, status: Status): Status => {
  const pod = runningImages(seen)
  const isWanted = pod.sidecar === sidecarImage(seen.node, seen.platform)
  return {
    ...(isBlank(status.currentImage) && pod.seid !== undefined ? { currentImage: pod.seid } : {}),
    ...(isBlank(status.currentSidecarImage) && pod.sidecar !== undefined && isWanted
      ? { currentSidecarImage: pod.sidecar }
      : {})
  }
}

const isBlank = (value: Schema.Json | undefined): boolean => value === undefined || value === ""

const serving = ({ node }: Seen): Status => {
  const found = endpoint(node)
  return found === undefined ? {} : { endpoint: found }
}

const transition = ({ node, now }: Seen, status: Status): Status =>
  status.phase === node.status.phase ? {} : { phaseTransitionTime: Condition.timestamp(now) }

/** When this turn completed a `mark-ready`. */
const told = ({ node, now }: Seen, status: Status): Status => {
  const isDone = (plan: TaskPlan.TaskPlan | undefined) => plan !== undefined && Steps.isDone(plan, "mark-ready")
  const isNew = isDone(planOf(status)) && !isDone(node.status.plan)
  return isNew ? { sidecarMarkedReadyAt: Condition.timestamp(now) } : {}
}

const claims = (seen: Seen, status: Status): ReadonlyArray<Condition.Claim> => [
  seen.node.spec.paused === true
    ? claim("Paused", "True", "Paused", "spec.paused is set: no pod runs and no plan moves")
    : claim("Paused", "False", "NotPaused", "spec.paused is not set"),
  StateSync.claim(seen.stateSync, seen.node.spec),
  ...sidecarReady(seen),
  ...updateInProgress(seen, status),
  ...(isRunning(status) && Condition.find(status, "WorkflowInProgress") === undefined
    ? [claim("WorkflowInProgress", "False", "NoWorkflow", "no workflow has this node")]
    : [])
]

const sidecarReady = ({ node, sidecar }: Seen): ReadonlyArray<Condition.Claim> => {
  if (node.status.phase !== "Running") return []
  switch (sidecar?._tag) {
    case "Ready":
      return [claim("SidecarReady", "True", "Ready", "sidecar returned 200")]
    case "NotReady":
      return [claim("SidecarReady", "False", "NotReady", "sidecar returned 503, re-issuing mark-ready")]
    case "Unreachable":
      return [claim("SidecarReady", "Unknown", "Unreachable", `sidecar Healthz error: ${sidecar.message}`)]
    case undefined:
      return []
  }
}

/** Follows the update plan: told once when it begins, once when it ends. */
const updateInProgress = (seen: Seen, status: Status): ReadonlyArray<Condition.Claim> => {
  const TYPE = "NodeUpdateInProgress"
  const plan = planOf(status)
  const before = planOf(statusOf(seen.node))
  const isTold = Condition.isTrue(status, TYPE)
  if (plan?.phase === "Active" && NodePlans.isUpdate(plan)) {
    return isTold && plan.id === before?.id
      ? []
      : [claim(TYPE, "True", "UpdateStarted", Drift.describe(Drift.find(seen)))]
  }
  const ended = plan ?? before
  if (!isTold || ended === undefined) return []
  return ended.phase === "Failed"
    ? [claim(TYPE, "False", "UpdateFailed", `plan ${ended.id} failed: ${Plan.failure(ended)}`)]
    : [claim(TYPE, "False", "UpdateComplete", `plan ${ended.id} completed`)]
}

const claim = (type: string, status: Condition.Claim["status"], reason: string, message: string): Condition.Claim => ({
  type,
  status,
  reason,
  message
})

const planOf = (status: Status): TaskPlan.TaskPlan | undefined => TaskPlan.decode(status.plan)
