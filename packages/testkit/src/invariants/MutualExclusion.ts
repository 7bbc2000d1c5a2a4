/** A witness that what only one pod may hold at a time is never held by two. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { isFinished } from "@portolan/cluster-emulator/apiserver/PodDefaults"
import type { ObjectMeta } from "@portolan/planner"

export interface Checker {
  /** Every moment until now at which two pods held the same thing: one sentence for each pair. */
  readonly violations: () => ReadonlyArray<string>
  readonly stop: () => void
}

const PODS = { group: "", version: "v1", plural: "pods" }

/**
 * Watches every pod from now on, those that are there included. A pod holds what `holds` names until its work is over or
 * it is gone; one that is going away still holds it. Names are compared as they are: put a namespace into them where it
 * counts.
 */
export const watch = (
  server: ApiServer,
  holds: (pod: ObjectMeta.KubernetesObject) => ReadonlyArray<string>
): Checker => {
  const violations: Array<string> = []
  /** What each pod holds, by its uid. */
  const held = new Map<string, ReadonlyArray<string>>()
  /** Who holds a thing: pods by uid. */
  const holders = new Map<string, Map<string, string>>()

  const converge = (pod: ObjectMeta.KubernetesObject, isGone: boolean): void => {
    const { namespace = "", resourceVersion, uid } = pod.metadata
    const before = held.get(uid) ?? []
    const now = isGone || isFinished(pod) ? [] : [...new Set(holds(pod))]
    for (const thing of before) if (!now.includes(thing)) holders.get(thing)?.delete(uid)
    held.set(uid, now)
    const name = `Pod ${namespace}/${pod.metadata.name}`
    for (const thing of now) {
      if (before.includes(thing)) continue
      const pods = holders.get(thing) ?? new Map<string, string>()
      for (const other of pods.values()) {
        violations.push(`${other} and ${name} both hold ${thing} at resource version ${resourceVersion}`)
      }
      holders.set(thing, pods.set(uid, name))
    }
  }

  for (const pod of server.peekAll(PODS)) converge(pod, false)
  const stop = server.subscribe(({ group, object, plural, type }) => {
    if (group === PODS.group && plural === PODS.plural) converge(object, type === "DELETED")
  })
  return { violations: () => [...violations], stop }
}
