/** The rest of a cluster around nodes: controllers, a kubelet, a sidecar in every pod, and witnesses of what must never be. */
import { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import {
  type ApiRequest,
  type ApiServer,
  ClusterControllers,
  type InMemoryAgent,
  MutualExclusion,
  type ReconcileLoop
} from "@portolan/testkit"

type Json = ObjectMeta.JsonObject

export const NAMESPACE = "sei"

export interface Cluster {
  readonly rest: ReconcileLoop.ClusterControllers
  /** Every moment at which two pods had one signing key (INV-15). */
  readonly keysHeldTwice: () => ReadonlyArray<string>
  /** Every moment at which two pods that had started had one volume. */
  readonly disksHeldTwice: () => ReadonlyArray<string>
}

/** A sidecar listens while its pod runs, and forgets its signal when the pod goes. */
export const make = (
  server: ApiServer.ApiServer,
  agents: InMemoryAgent.InMemoryAgent["Service"],
  kubelet: ClusterControllers.Options = {}
): Cluster => {
  const pods = podsAndSidecars(server, agents)
  const isReady = ({ metadata }: ObjectMeta.KubernetesObject) =>
    agents.at(sidecarOf(metadata.labels?.[Identity.NODE_LABEL] ?? "")).isReady
  const ends = (pod: ObjectMeta.KubernetesObject) => (isReady(pod) ? { exitCode: 0 } : undefined)
  const controllers = ClusterControllers.make(server, { isReady, ends, ...kubelet })
  return {
    rest: {
      step: (nowMs: number) => {
        pods.step()
        const stepped = controllers.step(nowMs)
        pods.step()
        return stepped
      }
    },
    keysHeldTwice: MutualExclusion.watch(server, signingKeys).violations,
    disksHeldTwice: MutualExclusion.watch(server, runningOn).violations
  }
}

export const resourceOf = ({
  apiVersion,
  plural
}: ObjectMeta.ObjectKind): Pick<ApiRequest.ApiRequest, "group" | "version" | "plural"> => {
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion]
  return { group, version, plural }
}

/** The Secrets that a pod gets a key to sign with from. */
const signingKeys = ({ metadata, spec }: ObjectMeta.KubernetesObject): ReadonlyArray<string> => {
  const volumes = asObject(spec).volumes
  return (Array.isArray(volumes) ? volumes : [])
    .map((volume: Json[string]) => asObject(asObject(volume).secret))
    .filter((secret) => JSON.stringify(secret.items ?? []).includes("priv_validator_key.json"))
    .map((secret) => `${metadata.namespace}/${String(secret.secretName)}`)
}

/** The claims of a pod that has started. */
const runningOn = ({ metadata, spec, status }: ObjectMeta.KubernetesObject): ReadonlyArray<string> => {
  const volumes = asObject(spec).volumes
  if (asObject(status).phase !== "Running") return []
  return (Array.isArray(volumes) ? volumes : [])
    .map((volume: Json[string]) => asObject(asObject(volume).persistentVolumeClaim).claimName)
    .filter((name) => name !== undefined)
    .map((name) => `${metadata.namespace}/${String(name)}`)
}

/** Opens the sidecar of every pod that runs, and closes it with its pod. What its node may start is forgotten with it. */
const podsAndSidecars = (server: ApiServer.ApiServer, agents: InMemoryAgent.InMemoryAgent["Service"]) => {
  const running = new Map<string, string>()
  return {
    step: () => {
      const now = new Map(
        server.peekAll(resourceOf(Identity.Pod), NAMESPACE).flatMap(({ metadata, status }): Array<[string, string]> => {
          const isRunning = asObject(status).phase === "Running" && metadata.deletionTimestamp === undefined
          const node = metadata.labels?.[Identity.NODE_LABEL] ?? ""
          return isRunning ? [[sidecarOf(node), metadata.uid]] : []
        })
      )
      for (const address of new Set([...running.keys(), ...now.keys()])) {
        const [before, after] = [running.get(address), now.get(address)]
        if (before === after) continue
        if (before !== undefined) agents.at(address).restart({ keepsTasks: true })
        agents.setReachable(address, after !== undefined)
      }
      running.clear()
      for (const [address, uid] of now) running.set(address, uid)
    }
  }
}

/** Where the sidecar of a node listens, in whichever of its pods. */
export const sidecarOf = (node: string): string =>
  `http://${node}-0.${node}.${NAMESPACE}.svc.cluster.local:${Identity.API_PORT}`

const asObject = (value: Json[string] | undefined): Json => (ObjectMeta.isJsonObject(value) ? value : {})
