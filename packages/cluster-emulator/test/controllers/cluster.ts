import type { JsonObject } from "../../src/apiserver/Json.ts"
import { parseApiVersion } from "../../src/apiserver/Kinds.ts"
import type { ObjectKind } from "../../src/apiserver/KubernetesObject.ts"
import { clusterScoped, namespaced, statusOf } from "../../src/apiserver/KubernetesObject.ts"
import type { ApiRequest } from "../../src/apiserver/Request.ts"
import { ApiServer, ClusterControllers } from "../../src/index.ts"

export const Job = namespaced("batch/v1", "Job", "jobs")
export const Pod = namespaced("v1", "Pod", "pods")
export const Claim = namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
export const Volume = clusterScoped("v1", "PersistentVolume", "persistentvolumes")
export const Secret = namespaced("v1", "Secret", "secrets")

const resourceOf = ({ apiVersion, plural, scope }: ObjectKind) => {
  const { group, version } = parseApiVersion(apiVersion)
  return { group, version, plural, namespace: scope === "Cluster" ? "" : "default" }
}

/** A server with its controllers, and a clock that the test advances. */
export const startCluster = (options: ClusterControllers.Options = {}) => {
  const server = ApiServer.make()
  const controllers = ClusterControllers.make(server, options)
  const clock = { now: 0 }
  const send = (kind: ObjectKind, request: Partial<ApiRequest> & Pick<ApiRequest, "verb">) => {
    const { body, code } = server.handle({ name: "", query: {}, user: "test", ...resourceOf(kind), ...request })
    if (code >= 300) throw new Error(`${code}: ${JSON.stringify(body)}`)
  }
  const find = (kind: ObjectKind, name: string) => server.peek(resourceOf(kind), resourceOf(kind).namespace, name)
  return {
    server,
    controllers,
    find,
    create: (kind: ObjectKind, name: string, body: JsonObject) =>
      send(kind, { verb: "create", body: { ...body, metadata: { name } } }),
    patch: (kind: ObjectKind, name: string, body: JsonObject) =>
      send(kind, { verb: "patch", patchFormat: "merge", name, body }),
    remove: (kind: ObjectKind, name: string, propagationPolicy = "Background") =>
      send(kind, { verb: "delete", name, body: { propagationPolicy } }),
    all: (kind: ObjectKind) => server.peekAll(resourceOf(kind)),
    status: (kind: ObjectKind, name: string): JsonObject => {
      const object = find(kind, name)
      return object === undefined ? { phase: "Gone" } : statusOf(object)
    },
    /** Advances the clock. Steps now and whenever something is due. */
    pass: (millis: number) => {
      const end = clock.now + millis
      for (let due: number | undefined = clock.now; due !== undefined && due <= end; ) {
        clock.now = Math.max(clock.now, due)
        due = controllers.step(clock.now).nextDueMs
      }
      clock.now = end
    }
  }
}

export const podSpec = (more: JsonObject = {}): JsonObject => ({
  nodeName: "node-1",
  containers: [{ name: "c", image: "i:1" }],
  ...more
})

export const claimSpec = (accessMode = "ReadWriteOnce"): JsonObject => ({
  accessModes: [accessMode],
  storageClassName: "fast",
  resources: { requests: { storage: "5Gi" } }
})

/** The volumes of a pod that mounts a claim. */
export const mounting = (claimName: string): JsonObject => ({
  volumes: [{ name: "data", persistentVolumeClaim: { claimName } }]
})
