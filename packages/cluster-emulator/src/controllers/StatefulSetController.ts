/** Keeps the pods of StatefulSets: their number, their names, their revisions, and what the status says of them. */
import { createHash } from "node:crypto"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, objectOf, objectsOf, textOf } from "../apiserver/Json.ts"
import * as ClusterController from "./ClusterController.ts"
import { Controlled } from "./OwnedPods.ts"
import * as PodStatus from "./PodStatus.ts"
import { TimerQueue } from "./TimerQueue.ts"

const USER = "statefulset-controller"
const REVISION = "controller-revision-hash"

/**
 * Pods of a template get its revision as a label. `OnDelete` leaves old pods alone until somebody deletes them;
 * any other strategy replaces them, one at a time.
 */
export const make = (server: ApiServer): ClusterController.ClusterController => {
  const sets = new TimerQueue(server, ClusterController.StatefulSet)
  const pods = new Controlled(server, ClusterController.Pod)
  return {
    receive: (event) => {
      const { metadata } = event.object
      if (ClusterController.isAbout(ClusterController.StatefulSet, event)) sets.touch(metadata.namespace, metadata.name)
      if (!ClusterController.isAbout(ClusterController.Pod, event)) return
      pods.receive(event)
      sets.touch(metadata.namespace, metadata.name.slice(0, ordinalAt(metadata.name)))
    },
    step: (nowMs) =>
      sets.round(nowMs, (set) => {
        if (set.metadata.deletionTimestamp === undefined) reconcile(server, set, () => pods.of(set))
        return undefined
      })
  }
}

/** Where the ordinal of a pod begins: `-3` in `db-3`. */
const ordinalAt = (name: string): number => Math.max(0, name.lastIndexOf("-"))

const reconcile = (
  server: ApiServer,
  set: ObjectMeta.KubernetesObject,
  pods: () => ReadonlyArray<ObjectMeta.KubernetesObject>
): void => {
  const revision = revisionOf(set)
  const wanted = Number(at(set.spec, "replicas") ?? 1)
  const names = new Set(pods().map(({ metadata }) => metadata.name))
  for (let ordinal = 0; ordinal < wanted; ordinal++) {
    if (names.has(`${set.metadata.name}-${ordinal}`)) continue
    for (const claim of claimsFor(set, ordinal)) create(server, ClusterController.Claim, set, claim)
    create(server, ClusterController.Pod, set, podFor(set, ordinal, revision))
  }
  for (const pod of pods()) {
    if (isSuperfluous(set, pod, wanted, revision)) ClusterController.remove(server, USER, ClusterController.Pod, pod)
  }
  writeStatus(server, set, pods(), revision)
}

const revisionOf = ({ metadata, spec }: ObjectMeta.KubernetesObject): string => {
  const template = JSON.stringify(at(spec, "template"))
  return `${metadata.name}-${createHash("sha1").update(template).digest("hex").slice(0, 10)}`
}

const isSuperfluous = (
  { spec }: ObjectMeta.KubernetesObject,
  { metadata }: ObjectMeta.KubernetesObject,
  wanted: number,
  revision: string
): boolean => {
  if (metadata.deletionTimestamp !== undefined) return false
  if (Number(metadata.name.slice(ordinalAt(metadata.name) + 1)) >= wanted) return true
  return textOf(at(spec, "updateStrategy", "type")) !== "OnDelete" && metadata.labels?.[REVISION] !== revision
}

const podFor = (set: ObjectMeta.KubernetesObject, ordinal: number, revision: string): ObjectMeta.JsonObject => {
  const name = `${set.metadata.name}-${ordinal}`
  const { metadata = {}, spec = {} } = objectOf(at(set.spec, "template"))
  const { annotations = {}, labels = {} } = objectOf(metadata)
  const podSpec = objectOf(spec)
  const claims = objectsOf(at(set.spec, "volumeClaimTemplates")).map((template) => {
    const volume = textOf(at(template, "metadata", "name"))
    return { name: volume, persistentVolumeClaim: { claimName: `${volume}-${name}` } }
  })
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
      ownerReferences: [{ ...ObjectMeta.controllerReference(set) }]
    },
    spec: {
      ...podSpec,
      hostname: name,
      subdomain: textOf(at(set.spec, "serviceName")),
      nodeName: "node-1",
      volumes: [...objectsOf(podSpec.volumes), ...claims]
    }
  }
}

const claimsFor = (set: ObjectMeta.KubernetesObject, ordinal: number): ReadonlyArray<ObjectMeta.JsonObject> =>
  objectsOf(at(set.spec, "volumeClaimTemplates")).map((template) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `${textOf(at(template, "metadata", "name"))}-${set.metadata.name}-${ordinal}` },
    spec: objectOf(template.spec)
  }))

const create = (
  server: ApiServer,
  kind: ObjectMeta.ObjectKind,
  { metadata }: ObjectMeta.KubernetesObject,
  body: ObjectMeta.JsonObject
): void => {
  ClusterController.ask(server, USER, kind, { verb: "create", namespace: metadata.namespace ?? "", body })
}

const writeStatus = (
  server: ApiServer,
  set: ObjectMeta.KubernetesObject,
  pods: ReadonlyArray<ObjectMeta.KubernetesObject>,
  revision: string
): void => {
  const at1 = (name: string) => pods.filter(({ metadata }) => metadata.labels?.[REVISION] === name).length
  const ready = pods.filter(PodStatus.isReady).length
  const before = objectOf(set.status)
  const known = textOf(before.currentRevision)
  const current = known === "" || at1(revision) === pods.length ? revision : known
  const status = {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    currentReplicas: at1(current),
    updatedReplicas: at1(revision),
    currentRevision: current,
    updateRevision: revision,
    collisionCount: 0
  }
  if (MergePatch.same(MergePatch.merge(before, status), before)) return
  ClusterController.patchStatus(server, USER, ClusterController.StatefulSet, set, status)
}
