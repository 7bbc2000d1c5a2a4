/** Whether a running node runs what its spec asks for. */
import type { TaskPlan } from "@portolan/planner"
import { snapshotSource } from "../kinds/SeiNode.ts"
import { sidecarImage } from "../resources/Identity.ts"
import { bootstrapImages, type Images, revisionOf, runningImages, type Seen, templateImages } from "./Seen.ts"
import * as Steps from "./Steps.ts"

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
 * True when an active plan has rolled out images that are no longer wanted: what follows in it waits for a pod that may
 * never start. The template tells; or the pod, where another controller changed the template behind its plan.
 */
export const outdates = (seen: Seen, plan: TaskPlan.TaskPlan): boolean => {
  if (!Steps.isDone(plan, "apply-statefulset")) return false
  const isTold = !Steps.isToCome(plan, "replace-pod") && revisionOf(seen.statefulSet) !== undefined
  const rolledOut = [templateImages(seen), ...(isTold ? [runningImages(seen)] : [])]
  return rolledOut.some((images) => isUnwanted(seen, images))
}

/** True when the StatefulSet's template has images that are no longer wanted. */
export const isTemplateOld = (seen: Seen): boolean => isUnwanted(seen, templateImages(seen))

/** True when the pod has images that are no longer wanted. */
export const isPodOld = (seen: Seen): boolean => isUnwanted(seen, runningImages(seen))

const isUnwanted = ({ node, platform }: Seen, images: Images): boolean =>
  differs(images, node.spec.image, sidecarImage(node, platform))

/** The same of the pod of the bootstrap Job, which cannot be changed, only made again. */
export const outdatesBootstrap = (seen: Seen, plan: TaskPlan.TaskPlan): boolean => {
  if (!Steps.isDone(plan, "deploy-bootstrap-job") || Steps.isDone(plan, "await-bootstrap-complete")) return false
  const { spec } = seen.node
  const image = snapshotSource(spec)?.bootstrapImage || spec.image
  return differs(bootstrapImages(seen), image, sidecarImage(seen.node, seen.platform))
}

const differs = (images: Images, seid: string, sidecar: string): boolean =>
  (images.seid !== undefined && images.seid !== seid) || (images.sidecar !== undefined && images.sidecar !== sidecar)

const difference = (spec: string, current: string | undefined): Difference | undefined =>
  current === undefined || current === "" || current === spec ? undefined : { spec, current }
