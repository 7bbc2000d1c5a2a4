/** The volume binder: provisions a volume for every claim, and deletes the volume with its claim. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import * as ClusterController from "./ClusterController.ts"
import { TimerQueue } from "./TimerQueue.ts"

export interface Options {
  /** Whether a claim is bound. By default all are. Called at every step until it returns true. */
  readonly binds?: (claim: KubernetesObject) => boolean
}

const USER = "persistentvolume-binder"

/** Claims that already have a `volumeName` are not bound: the test binds them itself. */
export const make = (server: ApiServer, { binds = () => true }: Options = {}): ClusterController.ClusterController => {
  const claims = new TimerQueue(server, ClusterController.Claim)
  const volumes = new TimerQueue(server, ClusterController.Volume)
  const unbound: Array<KubernetesObject> = []
  return {
    receive: (event) => {
      const { metadata, spec } = event.object
      if (ClusterController.isOfKind(ClusterController.Volume, event)) volumes.enqueue("", metadata.name)
      if (!ClusterController.isOfKind(ClusterController.Claim, event)) return
      claims.enqueue(metadata.namespace, metadata.name)
      if (event.type === "DELETED") volumes.enqueue("", textOf(at(spec, "volumeName")))
    },
    step: (nowMs) => {
      for (const { metadata } of unbound.splice(0)) claims.enqueue(metadata.namespace, metadata.name)
      claims.round(nowMs, (claim) => {
        if (textOf(at(claim.spec, "volumeName")) !== "" || claim.metadata.deletionTimestamp !== undefined) {
          return undefined
        }
        if (binds(claim)) bind(server, claim)
        else unbound.push(claim)
        return undefined
      })
      return volumes.round(nowMs, (volume) => {
        release(server, volume)
        return undefined
      })
    }
  }
}

const bind = (server: ApiServer, claim: KubernetesObject): void => {
  const { name, namespace = "", uid } = claim.metadata
  const volumeName = `pvc-${uid}`
  const storageClassName = at(claim.spec, "storageClassName")
  const accessModes = at(claim.spec, "accessModes") ?? []
  const capacity = { storage: at(claim.spec, "resources", "requests", "storage") ?? "1Gi" }
  const volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volumeName },
    spec: {
      capacity,
      accessModes,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      persistentVolumeReclaimPolicy: "Delete",
      volumeMode: at(claim.spec, "volumeMode") ?? "Filesystem",
      csi: { driver: "disks.example.dev", volumeHandle: volumeName },
      ...(storageClassName === undefined ? {} : { storageClassName })
    }
  }
  ClusterController.send(server, USER, ClusterController.Volume, { verb: "create", body: volume })
  const created = ClusterController.find(server, ClusterController.Volume, "", volumeName)
  if (created !== undefined)
    ClusterController.patchStatus(server, USER, ClusterController.Volume, created, { phase: "Bound" })
  const annotations = { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" }
  const body = { metadata: { uid, annotations }, spec: { volumeName } }
  ClusterController.send(server, USER, ClusterController.Claim, {
    verb: "patch",
    patchFormat: "merge",
    namespace,
    name,
    body
  })
  ClusterController.patchStatus(server, USER, ClusterController.Claim, claim, { phase: "Bound", accessModes, capacity })
}

/** Marks a volume whose claim is deleted as `Released`, and deletes it unless its reclaim policy is `Retain`. */
const release = (server: ApiServer, volume: KubernetesObject): void => {
  const reference = at(volume.spec, "claimRef")
  const uid = textOf(at(reference, "uid"))
  const [namespace, name] = [textOf(at(reference, "namespace")), textOf(at(reference, "name"))]
  if (uid === "" || ClusterController.find(server, ClusterController.Claim, namespace, name)?.metadata.uid === uid)
    return
  if (textOf(at(volume.status, "phase")) !== "Released") {
    ClusterController.patchStatus(server, USER, ClusterController.Volume, volume, { phase: "Released" })
  }
  const isRetained = textOf(at(volume.spec, "persistentVolumeReclaimPolicy")) === "Retain"
  if (!isRetained && volume.metadata.deletionTimestamp === undefined)
    ClusterController.remove(server, USER, ClusterController.Volume, volume)
}
