/** What keeps a pod from starting: a volume that is not there or that another pod has, or an image that cannot be pulled. */
import type { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import { claimsOf } from "../apiserver/PodDefaults.ts"
import * as ClusterController from "./ClusterController.ts"
import type { VolumeAttachments } from "./VolumeAttachments.ts"

export interface Hindrance {
  readonly reason: "Unschedulable" | "ContainerCreating" | "ImagePullBackOff"
  /** The container whose image is missing. */
  readonly container?: string
  /** The object whose change may end it, as {@link nameOf} says it; an image is asked for anew at every step. */
  readonly waitsFor?: string
}

/** `Secret default/keys`: what a hindered pod waits for. */
export const nameOf = (kind: string, namespace: string, name: string): string => `${kind} ${namespace}/${name}`

/** Finds the first, and gives the pod its disks when its claims are bound. */
export const find = (
  server: ApiServer,
  disks: VolumeAttachments,
  pod: ObjectMeta.KubernetesObject,
  pulls: (image: string) => boolean
): Hindrance | undefined => ofClaims(server, disks, pod) ?? ofFiles(server, pod) ?? ofImages(pod, pulls)

const ofClaims = (
  server: ApiServer,
  disks: VolumeAttachments,
  pod: ObjectMeta.KubernetesObject
): Hindrance | undefined => {
  const { namespace = "" } = pod.metadata
  const waitsFor = (claim: string) => nameOf(ClusterController.Claim.kind, namespace, claim)
  const isBound = (claim: string) =>
    textOf(at(ClusterController.find(server, ClusterController.Claim, namespace, claim)?.status, "phase")) === "Bound"
  const unbound = claimsOf(pod).find((claim) => claim !== "" && !isBound(claim))
  if (unbound !== undefined) return { reason: "Unschedulable", waitsFor: waitsFor(unbound) }
  const taken = disks.take(pod)
  return taken === undefined ? undefined : { reason: "ContainerCreating", waitsFor: waitsFor(taken) }
}

/** Volumes of ConfigMaps and Secrets: the object must be there, and every key that the volume names. */
const ofFiles = (server: ApiServer, { metadata, spec }: ObjectMeta.KubernetesObject): Hindrance | undefined => {
  const { namespace = "" } = metadata
  for (const volume of objectsOf(at(spec, "volumes"))) {
    for (const [kind, source, name] of [
      [ClusterController.ConfigMap, objectOf(volume.configMap), "name"],
      [ClusterController.Secret, objectOf(volume.secret), "secretName"]
    ] as const) {
      const wanted = textOf(source[name])
      if (wanted === "" || source.optional === true) continue
      const found = ClusterController.find(server, kind, namespace, wanted)
      const files = { ...objectOf(found?.binaryData), ...objectOf(found?.data) }
      const hasAll = objectsOf(source.items).every(({ key }) => Object.hasOwn(files, textOf(key)))
      if (found !== undefined && hasAll) continue
      return { reason: "ContainerCreating", waitsFor: nameOf(kind.kind, namespace, wanted) }
    }
  }
  return undefined
}

const ofImages = ({ spec }: ObjectMeta.KubernetesObject, pulls: (image: string) => boolean): Hindrance | undefined => {
  const containers = [...objectsOf(at(spec, "initContainers")), ...objectsOf(at(spec, "containers"))]
  const stuck = containers.find(({ image }) => !pulls(textOf(image)))
  return stuck === undefined ? undefined : { reason: "ImagePullBackOff", container: textOf(stuck.name) }
}
