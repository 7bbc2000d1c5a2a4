/** Whether a running node runs what its spec asks for. */
import type { TaskPlan } from "@portolan/planner"
import { sidecarImage } from "../resources/Identity.ts"
import { runningImages, type Seen, templateImages } from "./Seen.ts"

/** One image that is not the one that is wanted. */
interface Difference {
  readonly spec: string
  readonly current: string
}

export interface Drift {
  readonly seid: Difference | undefined
  readonly sidecar: Difference | undefined
}

/**
 * Compares with what the last rollout recorded. A node whose seid was never recorded is compared with its pod; a
 * sidecar that was never recorded is not compared at all, because another controller may have chosen it.
 */
export const find = (seen: Seen): Drift => {
  const { currentImage, currentSidecarImage } = seen.node.status
  return {
    seid: difference(seen.node.spec.image, currentImage || runningImages(seen).seid),
    sidecar: difference(sidecarImage(seen.node, seen.platform), currentSidecarImage)
  }
}

export const exists = ({ seid, sidecar }: Drift): boolean => seid !== undefined || sidecar !== undefined

/** `image drift detected: spec=… current=…`, naming the sidecar where it is the sidecar. */
export const describe = ({ seid, sidecar }: Drift): string => {
  const text = ({ current, spec }: Difference) => `spec=${spec} current=${current}`
  if (seid !== undefined && sidecar !== undefined) {
    return `image drift detected: seid ${text(seid)}; sidecar ${text(sidecar)}`
  }
  if (sidecar !== undefined) return `sidecar image drift detected: ${text(sidecar)}`
  return seid === undefined ? "no drift" : `image drift detected: ${text(seid)}`
}

/**
 * True when an active plan has rolled out a template whose images are no longer wanted: what follows in it waits for a
 * pod that may never start.
 */
export const outdates = (seen: Seen, plan: TaskPlan.TaskPlan): boolean => {
  const applied = plan.tasks.some(({ status, type }) => type === "apply-statefulset" && status === "Complete")
  if (!applied) return false
  const template = templateImages(seen)
  const wanted = { seid: seen.node.spec.image, sidecar: sidecarImage(seen.node, seen.platform) }
  return (
    (template.seid !== undefined && template.seid !== wanted.seid) ||
    (template.sidecar !== undefined && template.sidecar !== wanted.sidecar)
  )
}

const difference = (spec: string, current: string | undefined): Difference | undefined =>
  current === undefined || current === "" || current === spec ? undefined : { spec, current }
