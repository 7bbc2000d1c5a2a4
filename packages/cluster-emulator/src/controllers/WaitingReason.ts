/** Why a pod cannot start: a volume is missing or in use by another pod, or an image cannot be pulled. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import { claimsOf } from "../apiserver/PodDefaults.ts"
import * as ClusterController from "./ClusterController.ts"
import type { VolumeAttachments } from "./VolumeAttachments.ts"

export interface WaitingReason {
  readonly reason: "Unschedulable" | "ContainerCreating" | "ImagePullBackOff"
  /** The container whose image cannot be pulled. */
  readonly container?: string
  /**
   * The {@link referenceOf} the object whose change may end the wait. Absent for images, which are checked at every
   * step.
   */
  readonly waitsFor?: string
}

/** A reference to an object: `Secret default/keys`. */
export const referenceOf = (kind: string, namespace: string, name: string): string => `${kind} ${namespace}/${name}`

/** Returns the first reason. Attaches the volumes of the pod when its claims are bound. */
export const find = (
  server: ApiServer,
  attachments: VolumeAttachments,
  pod: KubernetesObject,
  pulls: (image: string) => boolean
): WaitingReason | undefined => ofClaims(server, attachments, pod) ?? ofFiles(server, pod) ?? ofImages(pod, pulls)

const ofClaims = (
  server: ApiServer,
  attachments: VolumeAttachments,
  pod: KubernetesObject
): WaitingReason | undefined => {
  const { namespace = "" } = pod.metadata
  const waitsFor = (claim: string) => referenceOf(ClusterController.Claim.kind, namespace, claim)
  const isBound = (claim: string) =>
    textOf(at(ClusterController.find(server, ClusterController.Claim, namespace, claim)?.status, "phase")) === "Bound"
  const unbound = claimsOf(pod).find((claim) => claim !== "" && !isBound(claim))
  if (unbound !== undefined) return { reason: "Unschedulable", waitsFor: waitsFor(unbound) }
  const inUse = attachments.attach(pod)
  return inUse === undefined ? undefined : { reason: "ContainerCreating", waitsFor: waitsFor(inUse) }
}

/** Volumes of ConfigMaps and Secrets: the object must exist and have every key that the volume lists. */
const ofFiles = (server: ApiServer, { metadata, spec }: KubernetesObject): WaitingReason | undefined => {
  const { namespace = "" } = metadata
  for (const volume of objectsOf(at(spec, "volumes"))) {
    for (const [kind, source, name] of [
      [ClusterController.ConfigMap, objectOf(volume.configMap), "name"],
      [ClusterController.Secret, objectOf(volume.secret), "secretName"]
    ] as const) {
      const sourceName = textOf(source[name])
      if (sourceName === "" || source.optional === true) continue
      const found = ClusterController.find(server, kind, namespace, sourceName)
      const files = { ...objectOf(found?.binaryData), ...objectOf(found?.data) }
      const hasAll = objectsOf(source.items).every(({ key }) => Object.hasOwn(files, textOf(key)))
      if (found !== undefined && hasAll) continue
      return { reason: "ContainerCreating", waitsFor: referenceOf(kind.kind, namespace, sourceName) }
    }
  }
  return undefined
}

const ofImages = ({ spec }: KubernetesObject, pulls: (image: string) => boolean): WaitingReason | undefined => {
  const containers = [...objectsOf(at(spec, "initContainers")), ...objectsOf(at(spec, "containers"))]
  const blocked = containers.find(({ image }) => !pulls(textOf(image)))
  return blocked === undefined ? undefined : { reason: "ImagePullBackOff", container: textOf(blocked.name) }
}
