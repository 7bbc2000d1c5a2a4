import { ObjectMeta } from "@portolan/planner"
import { type ApiRequest, ApiServer, ClusterControllers } from "../../src/index.ts"

type Request = ApiRequest.ApiRequest

export const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")
export const Pod = ObjectMeta.namespaced("v1", "Pod", "pods")
export const Claim = ObjectMeta.namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
export const Volume = ObjectMeta.clusterWide("v1", "PersistentVolume", "persistentvolumes")
export const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")

const placed = ({ apiVersion, plural, scope }: ObjectMeta.ObjectKind) => {
  const [version = "", group = ""] = apiVersion.split("/").toReversed()
  return { group, version, plural, namespace: scope === "Cluster" ? "" : "default" }
}

/** A server, what surrounds it, and a clock that a test moves. */
export const startCluster = (options: ClusterControllers.Options = {}) => {
  const server = ApiServer.make()
  const controllers = ClusterControllers.make(server, options)
  const clock = { now: 0 }
  const ask = (kind: ObjectMeta.ObjectKind, request: Partial<Request> & Pick<Request, "verb">) => {
    const { body, code } = server.handle({ name: "", query: {}, user: "test", ...placed(kind), ...request })
    if (code >= 300) throw new Error(`${code}: ${JSON.stringify(body)}`)
  }
  const find = (kind: ObjectMeta.ObjectKind, name: string) => server.peek(placed(kind), placed(kind).namespace, name)
  return {
    server,
    controllers,
    find,
    create: (kind: ObjectMeta.ObjectKind, name: string, body: ObjectMeta.JsonObject) =>
      ask(kind, { verb: "create", body: { ...body, metadata: { name } } }),
    patch: (kind: ObjectMeta.ObjectKind, name: string, body: ObjectMeta.JsonObject) =>
      ask(kind, { verb: "patch", patchFormat: "merge", name, body }),
    remove: (kind: ObjectMeta.ObjectKind, name: string, propagationPolicy = "Background") =>
      ask(kind, { verb: "delete", name, body: { propagationPolicy } }),
    all: (kind: ObjectMeta.ObjectKind) => server.peekAll(placed(kind)),
    status: (kind: ObjectMeta.ObjectKind, name: string): ObjectMeta.JsonObject => {
      const object = find(kind, name)
      return object === undefined ? { phase: "Gone" } : ObjectMeta.statusOf(object)
    },
    /** Steps now, and whenever something is due until so much later. */
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

export const podSpec = (more: ObjectMeta.JsonObject = {}): ObjectMeta.JsonObject => ({
  nodeName: "node-1",
  containers: [{ name: "c", image: "i:1" }],
  ...more
})

export const claimSpec = (accessMode = "ReadWriteOnce"): ObjectMeta.JsonObject => ({
  accessModes: [accessMode],
  storageClassName: "fast",
  resources: { requests: { storage: "5Gi" } }
})

/** Volumes of a pod that mounts a claim. */
export const mounting = (claimName: string): ObjectMeta.JsonObject => ({
  volumes: [{ name: "data", persistentVolumeClaim: { claimName } }]
})
