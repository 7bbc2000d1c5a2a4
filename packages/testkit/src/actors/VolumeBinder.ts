/** Gives every claim a volume of the size that it asks for. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, textOf } from "../apiserver/Json.ts"
import * as Actor from "./Actor.ts"

const USER = "persistentvolume-binder"

export const make = (server: ApiServer): Actor.Actor => ({
  step: () => {
    for (const claim of Actor.all(server, Actor.Claim)) {
      if (textOf(at(claim.status, "phase")) === "Bound" || claim.metadata.deletionTimestamp !== undefined) continue
      const { name, namespace = "", uid } = claim.metadata
      const body = { metadata: { uid }, spec: { volumeName: `pvc-${uid}` } }
      Actor.ask(server, USER, Actor.Claim, { verb: "patch", patchFormat: "merge", namespace, name, body })
      Actor.patchStatus(server, USER, Actor.Claim, claim, {
        phase: "Bound",
        accessModes: at(claim.spec, "accessModes") ?? [],
        capacity: { storage: at(claim.spec, "resources", "requests", "storage") ?? "1Gi" }
      })
    }
    return undefined
  }
})
