/**
 * Who has which disk. A claim that one node at a time may mount belongs to the first pod that could start with it, until
 * that pod's work is over or it is gone: a pod that is going away still has it.
 */
import type { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, stringsOf } from "../apiserver/Json.ts"
import { claimsOf } from "../apiserver/PodDefaults.ts"
import { keyWithin } from "../apiserver/Storage.ts"
import * as ClusterController from "./ClusterController.ts"

export class VolumeAttachments {
  readonly #server: ApiServer
  /** The uid of the pod that has a claim, by the claim's key. */
  readonly #holders = new Map<string, string>()

  constructor(server: ApiServer) {
    this.#server = server
  }

  /** Gives a pod every disk that it mounts, or none: then returns the claim that another pod has. */
  take(pod: ObjectMeta.KubernetesObject): string | undefined {
    const wanted = claimsOf(pod).filter((name) => this.#isExclusive(pod, name))
    const { namespace = "", uid } = pod.metadata
    const isFree = (name: string) => (this.#holders.get(keyWithin(namespace, name)) ?? uid) === uid
    const taken = wanted.find((name) => !isFree(name))
    if (taken === undefined) for (const name of wanted) this.#holders.set(keyWithin(namespace, name), uid)
    return taken
  }

  /** Takes back what a pod has. */
  release(pod: ObjectMeta.KubernetesObject): void {
    const { namespace = "", uid } = pod.metadata
    for (const name of claimsOf(pod)) {
      const key = keyWithin(namespace, name)
      if (this.#holders.get(key) === uid) this.#holders.delete(key)
    }
  }

  #isExclusive({ metadata: { namespace = "" } }: ObjectMeta.KubernetesObject, name: string): boolean {
    const claim = ClusterController.find(this.#server, ClusterController.Claim, namespace, name)
    return claim !== undefined && stringsOf(at(claim.spec, "accessModes")).every((mode) => !mode.endsWith("Many"))
  }
}
