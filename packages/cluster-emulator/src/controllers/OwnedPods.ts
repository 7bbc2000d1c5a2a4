/** An index of pods by the uid of their controller, updated from events. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import { controllerOf } from "../apiserver/KubernetesObject.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import { keyOf } from "../apiserver/Storage.ts"
import * as ClusterController from "./ClusterController.ts"

export class OwnedPods {
  readonly #byController = new Map<string, Map<string, KubernetesObject>>()

  constructor(server: ApiServer) {
    for (const pod of ClusterController.all(server, ClusterController.Pod)) this.#put(pod)
  }

  /** The event must be about a pod. */
  receive({ object, previous, type }: ApiEvent): void {
    if (previous !== undefined) this.#of(previous)?.delete(keyOf(previous))
    if (type !== "DELETED") this.#put(object)
  }

  /** The pods that an object controls. */
  of({ metadata }: KubernetesObject): ReadonlyArray<KubernetesObject> {
    return [...(this.#byController.get(metadata.uid)?.values() ?? [])]
  }

  #of(object: KubernetesObject): Map<string, KubernetesObject> | undefined {
    return this.#byController.get(controllerOf(object)?.uid ?? "")
  }

  #put(object: KubernetesObject): void {
    const controller = controllerOf(object)
    if (controller === undefined) return
    const siblings = this.#of(object) ?? new Map<string, KubernetesObject>()
    this.#byController.set(controller.uid, siblings.set(keyOf(object), object))
  }
}
