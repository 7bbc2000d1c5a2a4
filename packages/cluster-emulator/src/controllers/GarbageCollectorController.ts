/** Collects garbage when something may have become garbage: a pass looks at everything, so a quiet server gets none. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { isFinished } from "../apiserver/PodDefaults.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import * as ClusterController from "./ClusterController.ts"

export const make = (server: ApiServer): ClusterController.ClusterController => {
  let mayFind = true
  const uids = new Set(server.resources().flatMap((kind) => server.peekAll(kind).map((object) => object.metadata.uid)))
  return {
    receive: (event) => {
      const { uid } = event.object.metadata
      if (event.type === "DELETED") uids.delete(uid)
      else uids.add(uid)
      mayFind ||= leavesSomething(event, uids)
    },
    step: () => {
      if (mayFind) {
        mayFind = false
        server.collectGarbage()
      }
      return undefined
    }
  }
}

/** It is going or gone, it lets go of a claim, or an owner of it is not there. */
const leavesSomething = (event: ApiEvent, uids: ReadonlySet<string>): boolean => {
  const { metadata } = event.object
  if (event.type === "DELETED" || metadata.deletionTimestamp !== undefined) return true
  if (ClusterController.isAbout(ClusterController.Pod, event) && isFinished(event.object)) return true
  return (metadata.ownerReferences ?? []).some((owner) => !uids.has(owner.uid))
}
