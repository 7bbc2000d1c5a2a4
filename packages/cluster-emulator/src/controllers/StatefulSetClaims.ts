/**
 * The PersistentVolumeClaims that a StatefulSet's `volumeClaimTemplates` ask for, as kube-controller-manager 1.36 writes
 * them. A claim that exists under the name of a pod's claim is used, whoever made it.
 */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at, equal, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject, OwnerReference } from "../apiserver/KubernetesObject.ts"
import { controllerReference } from "../apiserver/KubernetesObject.ts"
import * as ClusterController from "./ClusterController.ts"

/** A pod of a StatefulSet by its name, or a name without a pod. */
export interface Replica {
  readonly name: string
  readonly pod: KubernetesObject | undefined
  /** The StatefulSet has fewer replicas than the pod's ordinal requires. */
  readonly isScaledDown: boolean
}

/** The volumes of a replica's pod that are claims. */
export const volumes = (set: KubernetesObject, name: string): ReadonlyArray<JsonObject> =>
  templates(set).map((template) => {
    const volume = textOf(at(template, "metadata", "name"))
    return { name: volume, persistentVolumeClaim: { claimName: `${volume}-${name}` } }
  })

/**
 * Creates the claims that do not exist, and sets the owner references of all according to
 * `persistentVolumeClaimRetentionPolicy`: none, the StatefulSet, or the pod that is scaled down.
 */
export const write = (server: ApiServer, user: string, set: KubernetesObject, replica: Replica): void => {
  const namespace = set.metadata.namespace ?? ""
  for (const template of templates(set)) {
    const name = `${textOf(at(template, "metadata", "name"))}-${replica.name}`
    const existing = ClusterController.find(server, ClusterController.Claim, namespace, name)
    if (existing !== undefined) writeOwners(server, user, set, replica, existing)
    else if (!replica.isScaledDown) {
      const body = claimOf(set, template, name, owners(set, replica))
      ClusterController.send(server, user, ClusterController.Claim, { verb: "create", namespace, body })
    }
  }
}

const templates = ({ spec }: KubernetesObject) => objectsOf(at(spec, "volumeClaimTemplates"))

/** Labels of the selector come on top of those of the template. */
const claimOf = (
  { spec }: KubernetesObject,
  template: JsonObject,
  name: string,
  ownerReferences: ReadonlyArray<OwnerReference>
): JsonObject => {
  const { metadata = {} } = template
  const { annotations, finalizers, labels } = objectOf(metadata)
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      labels: { ...objectOf(labels), ...objectOf(at(spec, "selector", "matchLabels")) },
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(ownerReferences.length === 0 ? {} : { ownerReferences: [...ownerReferences] })
    },
    spec: objectOf(template.spec)
  }
}

const owners = (set: KubernetesObject, { isScaledDown, pod }: Replica): ReadonlyArray<OwnerReference> => {
  const { whenDeleted, whenScaled } = objectOf(at(set.spec, "persistentVolumeClaimRetentionPolicy"))
  if (whenScaled === "Delete" && isScaledDown) {
    return pod === undefined ? [] : [controllerReference(pod)]
  }
  return whenDeleted === "Delete" ? [controllerReference(set)] : []
}

/** Owner references to anything but the StatefulSet and the pod stay. */
const writeOwners = (
  server: ApiServer,
  user: string,
  set: KubernetesObject,
  replica: Replica,
  { metadata }: KubernetesObject
): void => {
  const { name, namespace = "", ownerReferences: before = [], uid } = metadata
  const own = [set.metadata.uid, replica.pod?.metadata.uid]
  const ownerReferences = [...before.filter((owner) => !own.includes(owner.uid)), ...owners(set, replica)]
  if (equal(before, ownerReferences)) return
  const body = { metadata: { uid, ownerReferences } }
  const request = { verb: "patch", patchFormat: "merge", namespace, name, body } as const
  ClusterController.send(server, user, ClusterController.Claim, request)
}
