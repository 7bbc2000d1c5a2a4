/** The StatefulSet controller: creates and deletes the pods of StatefulSets and writes their status. */
import { createHash } from "node:crypto"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import { controllerReference } from "../apiserver/KubernetesObject.ts"
import * as MergePatch from "../apiserver/MergePatch.ts"
import * as ClusterController from "./ClusterController.ts"
import { OwnedPods } from "./OwnedPods.ts"
import * as PodStatus from "./PodStatus.ts"
import * as StatefulSetClaims from "./StatefulSetClaims.ts"
import { TimerQueue } from "./TimerQueue.ts"

const USER = "statefulset-controller"
const REVISION = "controller-revision-hash"

/**
 * Pods carry the revision of their template as a label. With `OnDelete`, a pod of an old revision stays until it is
 * deleted; any other strategy deletes it.
 */
export const make = (server: ApiServer): ClusterController.ClusterController => {
  const sets = new TimerQueue(server, ClusterController.StatefulSet)
  const pods = new OwnedPods(server)
  return {
    receive: (event) => {
      const { metadata } = event.object
      if (ClusterController.isOfKind(ClusterController.StatefulSet, event))
        sets.enqueue(metadata.namespace, metadata.name)
      if (!ClusterController.isOfKind(ClusterController.Pod, event)) return
      pods.receive(event)
      sets.enqueue(metadata.namespace, metadata.name.slice(0, ordinalAt(metadata.name)))
    },
    step: (nowMs) =>
      sets.round(nowMs, (set) => {
        if (set.metadata.deletionTimestamp === undefined) reconcile(server, set, () => pods.of(set))
        return undefined
      })
  }
}

/** The index of the ordinal's hyphen in the name of a pod: `-3` in `db-3`. */
const ordinalAt = (name: string): number => Math.max(0, name.lastIndexOf("-"))

const ordinalOf = (name: string): number => Number(name.slice(ordinalAt(name) + 1))

const reconcile = (server: ApiServer, set: KubernetesObject, pods: () => ReadonlyArray<KubernetesObject>): void => {
  const revision = revisionOf(set)
  const replicas = Number(at(set.spec, "replicas") ?? 1)
  const byName = new Map(pods().map((pod) => [pod.metadata.name, pod]))
  for (const [name, pod] of byName) {
    const isScaledDown = ordinalOf(name) >= replicas
    StatefulSetClaims.write(server, USER, set, { name, pod, isScaledDown })
  }
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    const name = `${set.metadata.name}-${ordinal}`
    if (byName.has(name)) continue
    StatefulSetClaims.write(server, USER, set, { name, pod: undefined, isScaledDown: false })
    create(server, set, podFor(set, ordinal, revision))
  }
  for (const pod of pods()) {
    if (isSuperfluous(set, pod, replicas, revision)) ClusterController.remove(server, USER, ClusterController.Pod, pod)
  }
  writeStatus(server, set, pods(), revision)
}

const revisionOf = ({ metadata, spec }: KubernetesObject): string => {
  const template = JSON.stringify(at(spec, "template"))
  return `${metadata.name}-${createHash("sha1").update(template).digest("hex").slice(0, 10)}`
}

const isSuperfluous = (
  { spec }: KubernetesObject,
  { metadata }: KubernetesObject,
  replicas: number,
  revision: string
): boolean => {
  if (metadata.deletionTimestamp !== undefined) return false
  if (ordinalOf(metadata.name) >= replicas) return true
  return textOf(at(spec, "updateStrategy", "type")) !== "OnDelete" && metadata.labels?.[REVISION] !== revision
}

const podFor = (set: KubernetesObject, ordinal: number, revision: string): JsonObject => {
  const name = `${set.metadata.name}-${ordinal}`
  const { metadata = {}, spec = {} } = objectOf(at(set.spec, "template"))
  const { annotations = {}, labels = {} } = objectOf(metadata)
  const podSpec = objectOf(spec)
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      annotations,
      labels: {
        ...objectOf(labels),
        [REVISION]: revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal)
      },
      ownerReferences: [{ ...controllerReference(set) }]
    },
    spec: {
      ...podSpec,
      hostname: name,
      subdomain: textOf(at(set.spec, "serviceName")),
      nodeName: "node-1",
      volumes: [...objectsOf(podSpec.volumes), ...StatefulSetClaims.volumes(set, name)]
    }
  }
}

const create = (server: ApiServer, { metadata }: KubernetesObject, body: JsonObject): void => {
  ClusterController.send(server, USER, ClusterController.Pod, {
    verb: "create",
    namespace: metadata.namespace ?? "",
    body
  })
}

const writeStatus = (
  server: ApiServer,
  set: KubernetesObject,
  pods: ReadonlyArray<KubernetesObject>,
  revision: string
): void => {
  const podsAt = (name: string) => pods.filter(({ metadata }) => metadata.labels?.[REVISION] === name).length
  const ready = pods.filter(PodStatus.isReady).length
  const before = objectOf(set.status)
  const previous = textOf(before.currentRevision)
  const current = previous === "" || podsAt(revision) === pods.length ? revision : previous
  const status = {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    currentReplicas: podsAt(current),
    updatedReplicas: podsAt(revision),
    currentRevision: current,
    updateRevision: revision,
    collisionCount: 0
  }
  if (MergePatch.isNoOp(before, status)) return
  ClusterController.patchStatus(server, USER, ClusterController.StatefulSet, set, status)
}
