/** Watches that things of which there may be one holder never have two, at any moment in the life of a server. */
import type { ObjectMeta } from "@portolan/planner"
import * as Actor from "./actors/Actor.ts"
import type { ApiServer } from "./apiserver/ApiServer.ts"
import { at, textOf } from "./apiserver/Json.ts"

export interface Exclusive {
  /** A sentence for every moment at which two pods held the same thing; empty when none did. */
  readonly violations: () => ReadonlyArray<string>
  readonly stop: () => void
}

/**
 * Looks after every change, from now on. A pod holds its things from its creation until it is gone or has ended; one
 * that is on its way out still holds them.
 *
 * @param holds the names of what a pod holds
 */
export const watch = (
  server: ApiServer,
  holds: (pod: ObjectMeta.KubernetesObject) => ReadonlyArray<string>
): Exclusive => {
  const violations = new Set<string>()
  const look = () => {
    const holders = new Map<string, string>()
    for (const pod of Actor.all(server, Actor.Pod)) {
      if (["Succeeded", "Failed"].includes(textOf(at(pod.status, "phase")))) continue
      const { name, namespace = "" } = pod.metadata
      for (const thing of holds(pod)) {
        const first = holders.get(thing)
        if (first !== undefined) violations.add(`${first} and ${namespace}/${name} both held ${thing}`)
        holders.set(thing, `${namespace}/${name}`)
      }
    }
  }
  look()
  const stop = server.subscribe(({ plural }) => {
    if (plural === "pods") look()
  })
  return { violations: () => [...violations], stop }
}
