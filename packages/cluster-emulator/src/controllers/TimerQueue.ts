/** What an actor has to look at: the objects of one kind that somebody touched, and those that it put off. */
import type { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { keyWithin } from "../apiserver/Storage.ts"
import * as ClusterController from "./ClusterController.ts"

/** Due before any time. */
const AT_ONCE = Number.NEGATIVE_INFINITY

export class TimerQueue {
  readonly #server: ApiServer
  readonly #kind: ObjectMeta.ObjectKind
  /** When each object is to be looked at, by its key. */
  readonly #due = new Map<string, number>()

  /** Begins with every object of the kind that is there. */
  constructor(server: ApiServer, kind: ObjectMeta.ObjectKind) {
    this.#server = server
    this.#kind = kind
    for (const { metadata } of ClusterController.all(server, kind)) this.touch(metadata.namespace, metadata.name)
  }

  /** Has an object looked at in the next round. */
  touch(namespace: string | undefined, name: string): void {
    this.#due.set(keyWithin(namespace ?? "", name), AT_ONCE)
  }

  /**
   * Looks at everything that is due, in the order in which it was touched; `look` returns when to look again. What was
   * touched meanwhile waits for the next round. Returns when something is due next.
   */
  round(nowMs: number, reconcile: (object: ObjectMeta.KubernetesObject) => number | undefined): number | undefined {
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
