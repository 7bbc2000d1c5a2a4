/** Checks that a resource which only one pod may hold at a time is never held by two pods at once. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { isFinished } from "@portolan/cluster-emulator/apiserver/PodDefaults"
import type { ObjectMeta } from "@portolan/planner"

export interface Checker {
  /** One sentence for each pair of pods that held the same resource at the same time, up to now. */
  readonly violations: () => ReadonlyArray<string>
  readonly stop: () => void
}

const PODS = { group: "", version: "v1", plural: "pods" }

/**
 * Watches every pod, including those that exist already. A pod holds the resources that `holds` names from its creation
 * until it has finished or is deleted; a terminating pod still holds them. Resource names are compared as they are, so
 * include the namespace where it matters.
 */
export const watch = (
  server: ApiServer,
  holds: (pod: ObjectMeta.KubernetesObject) => ReadonlyArray<string>
): Checker => {
  const violations: Array<string> = []
  const resourcesByPod = new Map<string, ReadonlyArray<string>>()
  /** Pod names by uid, for each resource. */
  const holders = new Map<string, Map<string, string>>()

  const update = (pod: ObjectMeta.KubernetesObject, isDeleted: boolean): void => {
    const { namespace = "", resourceVersion, uid } = pod.metadata
    const before = resourcesByPod.get(uid) ?? []
    const now = isDeleted || isFinished(pod) ? [] : [...new Set(holds(pod))]
    for (const resource of before) if (!now.includes(resource)) holders.get(resource)?.delete(uid)
    resourcesByPod.set(uid, now)
    const name = `Pod ${namespace}/${pod.metadata.name}`
    for (const resource of now) {
      if (before.includes(resource)) continue
      const pods = holders.get(resource) ?? new Map<string, string>()
      for (const other of pods.values()) {
        violations.push(`${other} and ${name} both hold ${resource} at resource version ${resourceVersion}`)
      }
      holders.set(resource, pods.set(uid, name))
    }
  }

  for (const pod of server.peekAll(PODS)) update(pod, false)
  const stop = server.subscribe(({ group, object, plural, type }) => {
    if (group === PODS.group && plural === PODS.plural) update(object, type === "DELETED")
  })
  return { violations: () => [...violations], stop }
}
