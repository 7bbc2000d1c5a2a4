/** One controller of a cluster, played one step at a time: it hears of changes, and asks the server for what is due. */
import { ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { parseApiVersion } from "../apiserver/Kinds.ts"
import type { ApiEvent, ApiRequest, ApiResponse } from "../apiserver/Request.ts"

export interface ClusterController {
  /** Notes one change. Asks the server for nothing; that is for the next step. */
  readonly receive: (event: ApiEvent) => void
  /**
   * Does what is due at `nowMs`. Returns when something is due next, if anything is. Does nothing the second time.
   */
  readonly step: (nowMs: number) => number | undefined
}

export const StatefulSet = ObjectMeta.namespaced("apps/v1", "StatefulSet", "statefulsets")
export const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")
export const Pod = ObjectMeta.namespaced("v1", "Pod", "pods")
export const Claim = ObjectMeta.namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
export const Volume = ObjectMeta.clusterWide("v1", "PersistentVolume", "persistentvolumes")
export const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
export const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")

type Ask = Pick<ApiRequest, "verb"> & Partial<Omit<ApiRequest, "verb" | "group" | "version" | "plural">>

/** Asks the server as one of a cluster's own controllers. */
export const ask = (server: ApiServer, user: string, kind: ObjectMeta.ObjectKind, request: Ask): ApiResponse =>
  server.handle({
    namespace: "",
    name: "",
    query: { fieldManager: user },
    user,
    ...request,
    ...parseApiVersion(kind.apiVersion),
    plural: kind.plural
  })

/** Every object of a kind that is stored now. */
export const all = (server: ApiServer, kind: ObjectMeta.ObjectKind): ReadonlyArray<ObjectMeta.KubernetesObject> =>
  server.peekAll({ ...parseApiVersion(kind.apiVersion), plural: kind.plural })

export const find = (
  server: ApiServer,
  kind: ObjectMeta.ObjectKind,
  namespace: string,
  name: string
): ObjectMeta.KubernetesObject | undefined =>
  server.peek({ ...parseApiVersion(kind.apiVersion), plural: kind.plural }, namespace, name)

/** True when a change is about an object of a kind. */
export const isAbout = (kind: ObjectMeta.ObjectKind, { object, plural }: ApiEvent): boolean =>
  plural === kind.plural && object.apiVersion === kind.apiVersion

/** Merges into the status of an object, if it is still the one that was looked at. */
export const patchStatus = (
  server: ApiServer,
  user: string,
  kind: ObjectMeta.ObjectKind,
  object: ObjectMeta.KubernetesObject,
  status: ObjectMeta.JsonObject
): ApiResponse =>
  ask(server, user, kind, {
    verb: "patch",
    patchFormat: "merge",
    subresource: "status",
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
    body: { metadata: { uid: object.metadata.uid }, status }
  })

/** Deletes the very object that was looked at. */
export const remove = (
  server: ApiServer,
  user: string,
  kind: ObjectMeta.ObjectKind,
  { metadata }: ObjectMeta.KubernetesObject,
  options: ObjectMeta.JsonObject = {}
): void => {
  const { name, namespace = "", uid } = metadata
  ask(server, user, kind, { verb: "delete", namespace, name, body: { ...options, preconditions: { uid } } })
}

/** When each object was first seen by an actor, by uid: timestamps of a server are too coarse to wait by. */
export class Sightings {
  readonly #first = new Map<string, number>()

  /** The time of the first sight, which is now for an object that is new. */
  since({ metadata }: ObjectMeta.KubernetesObject, mark: string, nowMs: number): number {
    const id = `${metadata.uid}/${mark}`
    const known = this.#first.get(id) ?? nowMs
    this.#first.set(id, known)
    return known
  }
}
