/** A queue of the objects of one kind, each with the time at which it is due. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { KubernetesObject, ObjectKind } from "../apiserver/KubernetesObject.ts"
import { keyWithin } from "../apiserver/Storage.ts"
import * as ClusterController from "./ClusterController.ts"

/** Due at any time. */
const IMMEDIATELY = Number.NEGATIVE_INFINITY

export class TimerQueue {
  readonly #server: ApiServer
  readonly #kind: ObjectKind
  /** The due time of each object, by its key. */
  readonly #due = new Map<string, number>()

  /** Starts with all stored objects of the kind. */
  constructor(server: ApiServer, kind: ObjectKind) {
    this.#server = server
    this.#kind = kind
    for (const { metadata } of ClusterController.all(server, kind)) this.enqueue(metadata.namespace, metadata.name)
  }

  /** Makes an object due in the next round. */
  enqueue(namespace: string | undefined, name: string): void {
    this.#due.set(keyWithin(namespace ?? "", name), IMMEDIATELY)
  }

  /**
   * Reconciles everything that is due, in the order in which it was enqueued. `reconcile` returns when the object is
   * due again. Objects that are enqueued during the round wait for the next one. Returns the time of the next due
   * object.
   */
  round(nowMs: number, reconcile: (object: KubernetesObject) => number | undefined): number | undefined {
    for (const [key, due] of [...this.#due]) {
      if (due > nowMs) continue
      this.#due.delete(key)
      const slash = key.indexOf("/")
      const object = ClusterController.find(this.#server, this.#kind, key.slice(0, slash), key.slice(slash + 1))
      const next = object === undefined ? undefined : reconcile(object)
      if (next !== undefined && !this.#due.has(key)) this.#due.set(key, next)
    }
    return this.#due.size === 0 ? undefined : Math.min(...this.#due.values())
  }
}
