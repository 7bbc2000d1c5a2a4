/** Runs the garbage collector. A pass reads every object, so it runs only after a change that may leave garbage. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { isFinished } from "../apiserver/PodDefaults.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import * as ClusterController from "./ClusterController.ts"

export const make = (server: ApiServer): ClusterController.ClusterController => {
  let mayHaveGarbage = true
  const uids = new Set(server.resources().flatMap((kind) => server.peekAll(kind).map((object) => object.metadata.uid)))
  return {
    receive: (event) => {
      const { uid } = event.object.metadata
      if (event.type === "DELETED") uids.delete(uid)
      else uids.add(uid)
      mayHaveGarbage ||= mayLeaveGarbage(event, uids)
    },
    step: () => {
      if (mayHaveGarbage) {
        mayHaveGarbage = false
        server.collectGarbage()
      }
      return undefined
    }
  }
}

/**
 * True when the object is deleted or terminating, when it is a pod that no longer uses its claims, or when an owner is
 * missing.
 */
const mayLeaveGarbage = (event: ApiEvent, uids: ReadonlySet<string>): boolean => {
  const { metadata } = event.object
  if (event.type === "DELETED" || metadata.deletionTimestamp !== undefined) return true
  if (ClusterController.isOfKind(ClusterController.Pod, event) && isFinished(event.object)) return true
  return (metadata.ownerReferences ?? []).some((owner) => !uids.has(owner.uid))
}
