/** The objects of one kind by who controls them, kept up from what an actor hears. */
import { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import { keyWithin } from "../apiserver/Storage.ts"
import * as ClusterController from "./ClusterController.ts"

export class Controlled {
  readonly #byController = new Map<string, Map<string, ObjectMeta.KubernetesObject>>()

  constructor(server: ApiServer, kind: ObjectMeta.ObjectKind) {
    for (const object of ClusterController.all(server, kind)) this.#put(object)
  }

  /** The change must be about the kind. */
  receive({ object, previous, type }: ApiEvent): void {
    if (previous !== undefined) this.#of(previous)?.delete(keyOf(previous))
    if (type !== "DELETED") this.#put(object)
  }

  /** What an object controls now. */
  of({ metadata }: ObjectMeta.KubernetesObject): ReadonlyArray<ObjectMeta.KubernetesObject> {
    return [...(this.#byController.get(metadata.uid)?.values() ?? [])]
  }

  #of(object: ObjectMeta.KubernetesObject): Map<string, ObjectMeta.KubernetesObject> | undefined {
    return this.#byController.get(ObjectMeta.controllerOf(object)?.uid ?? "")
  }

  #put(object: ObjectMeta.KubernetesObject): void {
    const controller = ObjectMeta.controllerOf(object)
    if (controller === undefined) return
    const siblings = this.#of(object) ?? new Map<string, ObjectMeta.KubernetesObject>()
    this.#byController.set(controller.uid, siblings.set(keyOf(object), object))
  }
}

const keyOf = ({ metadata }: ObjectMeta.KubernetesObject): string => keyWithin(metadata.namespace ?? "", metadata.name)
