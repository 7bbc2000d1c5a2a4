/** Whether a running node runs what its spec asks for. */
import type { TaskPlan } from "@portolan/planner"
import { snapshotSource } from "../kinds/SeiNode.ts"
import { sidecarImage } from "../resources/Identity.ts"
import {
  bootstrapImages,
  type Images,
  type Observation,
  revisionOf,
  runningImages,
  templateImages
} from "./Observation.ts"
import * as TaskTemplates from "./TaskTemplates.ts"

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
export const find = (observation: Observation): Drift => {
  const { currentImage, currentSidecarImage } = observation.node.status
  return {
    seid: difference(observation.node.spec.image, currentImage || runningImages(observation).seid),
    sidecar: difference(sidecarImage(observation.node, observation.platform), currentSidecarImage)
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
export const outdates = (observation: Observation, plan: TaskPlan.TaskPlan): boolean => {
  if (!TaskTemplates.isDone(plan, "apply-statefulset")) return false
  const isNotified = !TaskTemplates.isToCome(plan, "replace-pod") && revisionOf(observation.statefulSet) !== undefined
  const rolledOut = [templateImages(observation), ...(isNotified ? [runningImages(observation)] : [])]
  return rolledOut.some((images) => isUnwanted(observation, images))
}

/** True when the StatefulSet's template has images that are no longer wanted. */
export const isTemplateOld = (observation: Observation): boolean => isUnwanted(observation, templateImages(observation))

/** True when the pod has images that are no longer wanted. */
export const isPodOld = (observation: Observation): boolean => isUnwanted(observation, runningImages(observation))

const isUnwanted = ({ node, platform }: Observation, images: Images): boolean =>
  differs(images, node.spec.image, sidecarImage(node, platform))

/** The same of the pod of the bootstrap Job, which cannot be changed, only made again. */
export const outdatesBootstrap = (observation: Observation, plan: TaskPlan.TaskPlan): boolean => {
  if (!TaskTemplates.isDone(plan, "deploy-bootstrap-job") || TaskTemplates.isDone(plan, "await-bootstrap-complete"))
    return false
  const { spec } = observation.node
  const image = snapshotSource(spec)?.bootstrapImage || spec.image
  return differs(bootstrapImages(observation), image, sidecarImage(observation.node, observation.platform))
}

const differs = (images: Images, seid: string, sidecar: string): boolean =>
  (images.seid !== undefined && images.seid !== seid) || (images.sidecar !== undefined && images.sidecar !== sidecar)

const difference = (spec: string, current: string | undefined): Difference | undefined =>
  current === undefined || current === "" || current === spec ? undefined : { spec, current }
