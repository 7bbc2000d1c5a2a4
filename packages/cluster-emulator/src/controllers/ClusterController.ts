/** The interface of the cluster's controllers, and the requests that they have in common. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { parseApiVersion } from "../apiserver/Kinds.ts"
import type { KubernetesObject, ObjectKind } from "../apiserver/KubernetesObject.ts"
import { clusterScoped, namespaced } from "../apiserver/KubernetesObject.ts"
import type { ApiEvent, ApiRequest, ApiResponse } from "../apiserver/Request.ts"

/** A controller that runs in steps, so that a test decides when it acts. */
export interface ClusterController {
  /** Records a change. Sends no request; the next step does. */
  readonly receive: (event: ApiEvent) => void
  /**
   * Does what is due at `nowMs`. Returns the time of the next thing that is due, if any. A second step at the same time
   * changes nothing.
   */
  readonly step: (nowMs: number) => number | undefined
}

export const StatefulSet = namespaced("apps/v1", "StatefulSet", "statefulsets")
export const Job = namespaced("batch/v1", "Job", "jobs")
export const Pod = namespaced("v1", "Pod", "pods")
export const Claim = namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
export const Volume = clusterScoped("v1", "PersistentVolume", "persistentvolumes")
export const ConfigMap = namespaced("v1", "ConfigMap", "configmaps")
export const Secret = namespaced("v1", "Secret", "secrets")

type ControllerRequest = Pick<ApiRequest, "verb"> & Partial<Omit<ApiRequest, "verb" | "group" | "version" | "plural">>

/** Sends a request as the user of a controller. */
export const send = (server: ApiServer, user: string, kind: ObjectKind, request: ControllerRequest): ApiResponse =>
  server.handle({
    namespace: "",
    name: "",
    query: { fieldManager: user },
    user,
    ...request,
    ...resourceOf(kind)
  })

/** All stored objects of a kind. */
export const all = (server: ApiServer, kind: ObjectKind): ReadonlyArray<KubernetesObject> =>
  server.peekAll(resourceOf(kind))

export const find = (
  server: ApiServer,
  kind: ObjectKind,
  namespace: string,
  name: string
): KubernetesObject | undefined => server.peek(resourceOf(kind), namespace, name)

const resourceOf = ({ apiVersion, plural }: ObjectKind) => ({ ...parseApiVersion(apiVersion), plural })

/** True when an event is about an object of the kind. */
export const isOfKind = (kind: ObjectKind, { object, plural }: ApiEvent): boolean =>
  plural === kind.plural && object.apiVersion === kind.apiVersion

/** Merges into the status of an object, if an object with its uid still exists. */
export const patchStatus = (
  server: ApiServer,
  user: string,
  kind: ObjectKind,
  object: KubernetesObject,
  status: JsonObject
): ApiResponse =>
  send(server, user, kind, {
    verb: "patch",
    patchFormat: "merge",
    subresource: "status",
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
    body: { metadata: { uid: object.metadata.uid }, status }
  })

/** Deletes the object with a uid precondition. */
export const remove = (
  server: ApiServer,
  user: string,
  kind: ObjectKind,
  { metadata }: KubernetesObject,
  options: JsonObject = {}
): void => {
  const { name, namespace = "", uid } = metadata
  send(server, user, kind, { verb: "delete", namespace, name, body: { ...options, preconditions: { uid } } })
}

/**
 * Remembers when a controller first observed a state of an object. Timestamps of the server are too coarse for that.
 */
export class FirstObserved {
  readonly #times = new Map<string, number>()

  /** The time at which the object was first observed in the state; `nowMs` the first time. */
  since({ metadata }: KubernetesObject, state: string, nowMs: number): number {
    const id = `${metadata.uid}/${state}`
    const first = this.#times.get(id) ?? nowMs
    this.#times.set(id, first)
    return first
  }
}
