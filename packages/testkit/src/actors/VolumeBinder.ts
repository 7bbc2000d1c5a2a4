/** Gives every claim a volume of the size that it asks for, and takes the volume back with the claim. */
import { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, textOf } from "../apiserver/Json.ts"
import * as Actor from "./Actor.ts"

export interface Options {
  /** Whether a claim is served: every one is, unless told. Asked until it is. */
  readonly binds?: (claim: ObjectMeta.KubernetesObject) => boolean
}

const USER = "persistentvolume-binder"

/** A claim that names a volume already is somebody else's business. */
export const make = (server: ApiServer, { binds = () => true }: Options = {}): Actor.Actor => ({
  step: () => {
    const claims = Actor.all(server, Actor.Claim)
    for (const claim of claims) {
      const isOpen = claim.metadata.deletionTimestamp === undefined && textOf(at(claim.spec, "volumeName")) === ""
      if (isOpen && binds(claim)) bind(server, claim)
    }
    const uids = new Set(claims.map(({ metadata }) => metadata.uid))
    for (const volume of Actor.all(server, Actor.Volume)) {
      const isOurs = ObjectMeta.isJsonObject(volume.metadata.annotations) && PROVISIONED in volume.metadata.annotations
      const name = volume.metadata.name
      if (isOurs && !uids.has(textOf(at(volume.spec, "claimRef", "uid")))) {
        Actor.ask(server, USER, Actor.Volume, { verb: "delete", name, body: {} })
      }
    }
    return undefined
  }
})

const PROVISIONED = "pv.kubernetes.io/provisioned-by"

const bind = (server: ApiServer, claim: ObjectMeta.KubernetesObject): void => {
  const { name, namespace = "", uid } = claim.metadata
  const volumeName = `pvc-${uid}`
  const accessModes = at(claim.spec, "accessModes") ?? []
  const capacity = { storage: at(claim.spec, "resources", "requests", "storage") ?? "1Gi" }
  const storageClassName = at(claim.spec, "storageClassName") ?? ""
  const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid }
  Actor.ask(server, USER, Actor.Volume, {
    verb: "create",
    body: {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: volumeName, annotations: { [PROVISIONED]: USER } },
      spec: { accessModes, capacity, claimRef, storageClassName, persistentVolumeReclaimPolicy: "Delete" }
    }
  })
  const volume = Actor.find(server, Actor.Volume, "", volumeName)
  if (volume !== undefined) Actor.patchStatus(server, USER, Actor.Volume, volume, { phase: "Bound" })
  const body = { metadata: { uid }, spec: { volumeName } }
  Actor.ask(server, USER, Actor.Claim, { verb: "patch", patchFormat: "merge", namespace, name, body })
  Actor.patchStatus(server, USER, Actor.Claim, claim, { phase: "Bound", accessModes, capacity })
}
