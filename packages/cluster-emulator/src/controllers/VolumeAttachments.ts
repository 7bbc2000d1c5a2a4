/**
 * Which pod has which volume attached. A `ReadWriteOnce` claim belongs to the first pod that can start with it, until
 * the pod finishes or its object is removed: a terminating pod still has the volume.
 */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { at, stringsOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import { claimsOf } from "../apiserver/PodDefaults.ts"
import { keyWithin } from "../apiserver/Storage.ts"
import * as ClusterController from "./ClusterController.ts"

export class VolumeAttachments {
  readonly #server: ApiServer
  /** The uid of the pod that uses a claim, by the key of the claim. */
  readonly #holders = new Map<string, string>()

  constructor(server: ApiServer) {
    this.#server = server
  }

  /** Attaches all claims of a pod, or none: then returns the claim that another pod uses. */
  attach(pod: KubernetesObject): string | undefined {
    const claims = claimsOf(pod).filter((name) => this.#isExclusive(pod, name))
    const { namespace = "", uid } = pod.metadata
    const isFree = (name: string) => (this.#holders.get(keyWithin(namespace, name)) ?? uid) === uid
    const inUse = claims.find((name) => !isFree(name))
    if (inUse === undefined) for (const name of claims) this.#holders.set(keyWithin(namespace, name), uid)
    return inUse
  }

  /** Detaches all claims of a pod. */
  detach(pod: KubernetesObject): void {
    const { namespace = "", uid } = pod.metadata
    for (const name of claimsOf(pod)) {
      const key = keyWithin(namespace, name)
      if (this.#holders.get(key) === uid) this.#holders.delete(key)
    }
  }

  #isExclusive({ metadata: { namespace = "" } }: KubernetesObject, name: string): boolean {
    const claim = ClusterController.find(this.#server, ClusterController.Claim, namespace, name)
    return claim !== undefined && stringsOf(at(claim.spec, "accessModes")).every((mode) => !mode.endsWith("Many"))
  }
}
