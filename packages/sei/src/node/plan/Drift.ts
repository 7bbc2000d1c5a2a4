/** Compares the images that a SeiNode runs with the images that its spec and the platform require. */
import type { TaskPlan } from "@portolan/planner"
import { sidecarImage } from "../resources/NodeIdentity.ts"
import { bootstrapImage } from "../resources/SeidContainer.ts"
import {
  bootstrapImages,
  type Images,
  type Observation,
  revisionOf,
  runningImages,
  templateImages
} from "./Observation.ts"
import { hasCompleted, hasIncomplete } from "./TaskTemplates.ts"

/** An image that differs from the required one. */
interface Difference {
  readonly spec: string
  readonly current: string
}

export interface Drift {
  readonly seid: Difference | undefined
  readonly sidecar: Difference | undefined
}

/**
 * Compares with the images that the last rollout recorded in status. When no seid image is recorded, the pod's image
 * counts. When no sidecar image is recorded, the sidecar has not drifted: another controller may have chosen its
 * image.
 */
export const find = (observation: Observation): Drift => {
  const { currentImage, currentSidecarImage } = observation.node.status
  return {
    seid: difference(observation.node.spec.image, currentImage || runningImages(observation).seid),
    sidecar: difference(sidecarImage(observation.node, observation.platform), currentSidecarImage)
  }
}

export const exists = ({ seid, sidecar }: Drift): boolean => seid !== undefined || sidecar !== undefined

/** `image drift detected: spec=… current=…`. The text names the sidecar when its image differs. */
export const describe = ({ seid, sidecar }: Drift): string => {
  const text = ({ current, spec }: Difference) => `spec=${spec} current=${current}`
  if (seid !== undefined && sidecar !== undefined) {
    return `image drift detected: seid ${text(seid)}; sidecar ${text(sidecar)}`
  }
  if (sidecar !== undefined) return `sidecar image drift detected: ${text(sidecar)}`
  return seid === undefined ? "no drift" : `image drift detected: ${text(seid)}`
}

/**
 * Whether an active plan has rolled out images that are outdated by now: its remaining tasks may wait for a pod that
 * never starts. The StatefulSet's template has the images; the pod counts too, because another controller may have
 * changed the template after the plan replaced the pod.
 */
export const hasOutdatedRollout = (observation: Observation, plan: TaskPlan.TaskPlan): boolean => {
  if (!hasCompleted(plan, "apply-statefulset")) return false
  const isPodReplaced = !hasIncomplete(plan, "replace-pod") && revisionOf(observation.statefulSet) !== undefined
  return isTemplateOutdated(observation) || (isPodReplaced && isPodOutdated(observation))
}

/** Whether the template of the StatefulSet has outdated images. */
export const isTemplateOutdated = (observation: Observation): boolean =>
  isOutdated(observation, templateImages(observation), observation.node.spec.image)

/** Whether the pod has outdated images. */
export const isPodOutdated = (observation: Observation): boolean =>
  isOutdated(observation, runningImages(observation), observation.node.spec.image)

/**
 * Whether the bootstrap Job of an active plan has outdated images. A Job is immutable, so it has to be created again.
 */
export const hasOutdatedBootstrap = (observation: Observation, plan: TaskPlan.TaskPlan): boolean =>
  hasCompleted(plan, "deploy-bootstrap-job") &&
  !hasCompleted(plan, "await-bootstrap-complete") &&
  isOutdated(observation, bootstrapImages(observation), bootstrapImage(observation.node))

/** An image that is absent from `images` is not outdated. */
const isOutdated = ({ node, platform }: Observation, images: Images, seid: string): boolean =>
  difference(seid, images.seid) !== undefined || difference(sidecarImage(node, platform), images.sidecar) !== undefined

const difference = (spec: string, current: string | undefined): Difference | undefined =>
  current === undefined || current === "" || current === spec ? undefined : { spec, current }
