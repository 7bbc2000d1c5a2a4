/**
 * A Kubernetes cluster in memory, for tests:
 *
 * ```ts
 * await using cluster = await Cluster.start()
 * await cluster.apply(manifest)
 * connectYourClient(cluster.kubeconfig)
 * ```
 */
import * as ApiServer from "./apiserver/ApiServer.ts"
import { objectsOf } from "./apiserver/Json.ts"
import type { KubernetesObject } from "./apiserver/KubernetesObject.ts"
import { isKubernetesObject } from "./apiserver/KubernetesObject.ts"
import type { Snapshot } from "./apiserver/Snapshot.ts"
import * as Times from "./apiserver/Times.ts"
import * as Clock from "./Clock.ts"
import * as ClusterControllers from "./controllers/ClusterControllers.ts"
import type { AuditEntry } from "./http/AuditLog.ts"
import type { HttpFaults } from "./http/HttpFaults.ts"
import * as KubernetesServer from "./http/KubernetesServer.ts"
import type { Manifest } from "./Manifests.ts"
import * as Manifests from "./Manifests.ts"

export type { Snapshot } from "./apiserver/Snapshot.ts"
export { PortInUse } from "./http/Loopback.ts"
export { ApiError, type Manifest } from "./Manifests.ts"

export interface Options {
  /** Defaults to a free port. */
  readonly port?: number
  /** Applied before `start` resolves: objects, or YAML or JSON text with one or more documents. */
  readonly manifests?: ReadonlyArray<string | Manifest>
  /** The state of an earlier cluster, from {@link Cluster.snapshot}. */
  readonly state?: Snapshot
  /** `false` starts no controllers; an object configures them. Defaults to `true`. */
  readonly controllers?: boolean | ClusterControllers.Options
  /** Defaults to the clock and the timers of the operating system. */
  readonly clock?: Clock.Clock
  /** The bearer token that requests must carry. Without it, requests are not authenticated. */
  readonly token?: string
  /** Faults to inject into requests. */
  readonly faults?: HttpFaults
}

export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** Defaults to `default`; ignored for a cluster-scoped kind. */
  readonly namespace?: string
}

export interface Cluster extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** A kubeconfig, as text. */
  readonly kubeconfig: string
  /** The API server behind the URL, for synchronous access and for subscriptions. */
  readonly server: ApiServer.ApiServer
  /** The requests over HTTP so far. */
  readonly audit: () => ReadonlyArray<AuditEntry>
  /**
   * Applies manifests with server-side apply and strict field validation: CustomResourceDefinitions first, then
   * Namespaces. Creates namespaces that do not exist. Rejects with `ApiError` at the first failure.
   */
  readonly apply: (
    manifests: string | Manifest | ReadonlyArray<string | Manifest>
  ) => Promise<ReadonlyArray<KubernetesObject>>
  /** The object; `undefined` when it does not exist. */
  readonly get: (reference: ObjectReference) => Promise<KubernetesObject | undefined>
  /** Objects of a kind, sorted by namespace and name; of all namespaces when none is given. */
  readonly list: (kind: Omit<ObjectReference, "name">) => Promise<ReadonlyArray<KubernetesObject>>
  /**
   * Deletes an object. Resolves to `false` when it does not exist. Finalizers and controllers may keep it for a while.
   */
  readonly delete: (reference: ObjectReference) => Promise<boolean>
  /** The state of the cluster as JSON, for {@link Options.state}. */
  readonly snapshot: () => Snapshot
  /** Stops the controllers and the server. Every watch ends and every connection closes. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a cluster. Rejects with `PortInUse` when another process listens on the port, and with `ApiError` when a
 * manifest is rejected.
 */
export const start = async (options: Options = {}): Promise<Cluster> => {
  const { clock = Clock.system, controllers = true, faults, manifests = [], port, state, token } = options
  const server = ApiServer.make({
    now: () => Times.fromMillis(clock.now()),
    ...(state === undefined ? {} : { snapshot: state })
  })
  applyAll(server, manifests)
  const http = await KubernetesServer.start({
    server,
    clock,
    ...(port === undefined ? {} : { port }),
    ...(token === undefined ? {} : { token }),
    ...(faults === undefined ? {} : { faults })
  })
  const stopControllers =
    controllers === false
      ? () => {}
      : ClusterControllers.run(server, clock, typeof controllers === "object" ? controllers : {})
  const stop = async (): Promise<void> => {
    stopControllers()
    await http.close()
  }
  return {
    url: http.url,
    port: http.port,
    kubeconfig: http.kubeconfig,
    server,
    audit: http.audit,
    apply: async (added) => applyAll(server, typeof added === "string" || !isList(added) ? [added] : added),
    get: async (reference) => get(server, reference),
    list: async (kind) => list(server, kind),
    delete: async (reference) => remove(server, reference),
    snapshot: () => server.snapshot(),
    stop,
    [Symbol.asyncDispose]: stop
  }
}

const isList = (
  manifests: Manifest | ReadonlyArray<string | Manifest>
): manifests is ReadonlyArray<string | Manifest> => Array.isArray(manifests)

const applyAll = (
  server: ApiServer.ApiServer,
  manifests: ReadonlyArray<string | Manifest>
): ReadonlyArray<KubernetesObject> => {
  const parsed = manifests.flatMap((one) => (typeof one === "string" ? Manifests.parse(one) : [one]))
  return Manifests.inOrder(parsed).map((manifest) => Manifests.apply(server, manifest))
}

const get = (server: ApiServer.ApiServer, reference: ObjectReference): KubernetesObject | undefined => {
  const target = Manifests.targetOf(server, reference.apiVersion, reference.kind, reference)
  const response = Manifests.send(server, target, { verb: "get" })
  return response.code === 404 ? undefined : Manifests.objectFrom(`get ${target.text}`, response)
}

const list = (
  server: ApiServer.ApiServer,
  { apiVersion, kind, namespace = "" }: Omit<ObjectReference, "name">
): ReadonlyArray<KubernetesObject> => {
  const target = Manifests.targetOf(server, apiVersion, kind, { namespace })
  const { body, code } = Manifests.send(server, target, { verb: "list" })
  if (code >= 300) throw new Manifests.ApiError(`list ${kind}`, code, body)
  return objectsOf(body.items).filter(isKubernetesObject)
}

const remove = (server: ApiServer.ApiServer, reference: ObjectReference): boolean => {
  const target = Manifests.targetOf(server, reference.apiVersion, reference.kind, reference)
  const { body, code } = Manifests.send(server, target, { verb: "delete" })
  if (code === 404) return false
  if (code >= 300) throw new Manifests.ApiError(`delete ${target.text}`, code, body)
  return true
}
