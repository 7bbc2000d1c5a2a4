/** Gives every claim a volume of the size that it asks for, and takes it away with the claim. */
import type { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, textOf } from "../apiserver/Json.ts"
import * as ClusterController from "./ClusterController.ts"
import { TimerQueue } from "./TimerQueue.ts"

export interface Options {
  /** Whether a claim is given a volume: all are, unless told. Asked at every step until it is. */
  readonly binds?: (claim: ObjectMeta.KubernetesObject) => boolean
}

const USER = "persistentvolume-binder"

/** A claim that names its volume already is left alone: somebody else plays the binder for it. */
export const make = (server: ApiServer, { binds = () => true }: Options = {}): ClusterController.ClusterController => {
  const claims = new TimerQueue(server, ClusterController.Claim)
  const volumes = new TimerQueue(server, ClusterController.Volume)
  const refused: Array<ObjectMeta.KubernetesObject> = []
  return {
    receive: (event) => {
      const { metadata, spec } = event.object
      if (ClusterController.isAbout(ClusterController.Volume, event)) volumes.touch("", metadata.name)
      if (!ClusterController.isAbout(ClusterController.Claim, event)) return
      claims.touch(metadata.namespace, metadata.name)
      if (event.type === "DELETED") volumes.touch("", textOf(at(spec, "volumeName")))
    },
    step: (nowMs) => {
      for (const { metadata } of refused.splice(0)) claims.touch(metadata.namespace, metadata.name)
      claims.round(nowMs, (claim) => {
        if (textOf(at(claim.spec, "volumeName")) !== "" || claim.metadata.deletionTimestamp !== undefined) {
          return undefined
        }
        if (binds(claim)) bind(server, claim)
        else refused.push(claim)
        return undefined
      })
      return volumes.round(nowMs, (volume) => {
        release(server, volume)
        return undefined
      })
    }
  }
}

const bind = (server: ApiServer, claim: ObjectMeta.KubernetesObject): void => {
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
  ClusterController.ask(server, USER, ClusterController.Volume, { verb: "create", body: volume })
  const made = ClusterController.find(server, ClusterController.Volume, "", volumeName)
  if (made !== undefined)
    ClusterController.patchStatus(server, USER, ClusterController.Volume, made, { phase: "Bound" })
  const annotations = { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" }
  const body = { metadata: { uid, annotations }, spec: { volumeName } }
  ClusterController.ask(server, USER, ClusterController.Claim, {
    verb: "patch",
    patchFormat: "merge",
    namespace,
    name,
    body
  })
  ClusterController.patchStatus(server, USER, ClusterController.Claim, claim, { phase: "Bound", accessModes, capacity })
}

/** A volume whose claim is gone is released, and deleted unless it is to be retained. */
const release = (server: ApiServer, volume: ObjectMeta.KubernetesObject): void => {
  const reference = at(volume.spec, "claimRef")
  const uid = textOf(at(reference, "uid"))
  const [namespace, name] = [textOf(at(reference, "namespace")), textOf(at(reference, "name"))]
  if (uid === "" || ClusterController.find(server, ClusterController.Claim, namespace, name)?.metadata.uid === uid)
    return
  if (textOf(at(volume.status, "phase")) !== "Released") {
    ClusterController.patchStatus(server, USER, ClusterController.Volume, volume, { phase: "Released" })
  }
  const isKept = textOf(at(volume.spec, "persistentVolumeReclaimPolicy")) === "Retain"
  if (!isKept && volume.metadata.deletionTimestamp === undefined)
    ClusterController.remove(server, USER, ClusterController.Volume, volume)
}
