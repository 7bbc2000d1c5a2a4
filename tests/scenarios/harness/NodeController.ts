/**
 * The SeiNode controller as a controller under test. Its cluster runs StatefulSets, Jobs, volumes and a kubelet, has a
 * sidecar in every pod of a node, and checks that no signing key and no volume is used by two pods at once.
 */
import { CustomKind, type KubernetesApi, type ObjectMeta, Reconcile, type Watches } from "@portolan/planner"
import {
  Identity,
  NodeReconciler,
  NodeWatches,
  type PeerDiscovery,
  type Platform,
  SamplePlatform,
  SeiNode,
  type SyncerRegistry
} from "@portolan/sei"
import * as InMemoryDiscovery from "@portolan/sei/testing/InMemoryDiscovery"
import { intents } from "@portolan/sei/testing/Intents"
import {
  type ApiServer,
  ClusterControllers,
  type ControllerUnderTest,
  type InMemoryAgent,
  MutualExclusion
} from "@portolan/testkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { asObject, asObjects, type Json } from "./Json.ts"

export const NAMESPACE = "sei"

export const CHAIN = "pacific-1"
/** The state syncers of {@link CHAIN}, where the registry has any. */
export const SYNCERS = ["rpc-1.example.dev:26657", "rpc-2.example.dev:26657"]

/** Services that find state syncers and peers, with the handle by which a test says what they find. */
export type DiscoveryServices = Context.Context<
  InMemoryDiscovery.InMemoryDiscovery | PeerDiscovery.PeerDiscovery | SyncerRegistry.SyncerRegistry
>

type ReconcilerOfNodes = ReturnType<typeof NodeReconciler.make>

export interface Options {
  /** How pods and volumes behave: every image can be pulled, every pod becomes ready by default. */
  readonly kubelet?: ClusterControllers.Options
  readonly platform?: Platform.Platform
  /** The CustomResourceDefinition of SeiNode: the one that its schemas make by default. */
  readonly definition?: Json
  /** What every process finds. By default each process finds {@link SYNCERS} and no peers. */
  readonly discovery?: DiscoveryServices
  /** What every process watches. Default: the watches of the SeiNode controller. */
  readonly watches?: Watches.Watches
  /** Changes the reconciler of every process. */
  readonly change?: (reconciler: ReconcilerOfNodes) => ReconcilerOfNodes
  /** Wraps the Kubernetes API of every process. */
  readonly kubernetes?: Layer.Layer<KubernetesApi.KubernetesApi, never, KubernetesApi.KubernetesApi>
}

export const controllerUnderTest = ({
  change = (reconciler) => reconciler,
  definition = CustomKind.manifest(SeiNode.kind),
  discovery,
  kubelet = {},
  kubernetes,
  platform = SamplePlatform.sample,
  watches = NodeWatches.watches
}: Options = {}): ControllerUnderTest.ControllerUnderTest => ({
  kind: SeiNode.resource,
  ...watches,
  definitions: [definition],
  namespace: NAMESPACE,
  fieldManager: "seinode-controller",
  intents,
  releases: ["sei.io/seinodetaskworkflow-finalizer"],
  mayStop: ({ spec }) => asObject(spec).paused === true,
  harness: ({ agents, server }) => {
    followPods(server, agents)
    const isReady = ({ metadata }: ObjectMeta.KubernetesObject) =>
      agents.at(sidecarOf(metadata.labels?.[Identity.NODE_LABEL] ?? "")).isReady
    const ends = (pod: ObjectMeta.KubernetesObject) => (isReady(pod) ? { exitCode: 0 } : undefined)
    const keys = MutualExclusion.watch(server, signingKeys)
    const volumes = MutualExclusion.watch(server, mountedVolumes)
    return {
      clusterControllers: ClusterControllers.make(server, { isReady, ends, ...kubelet }),
      violations: () => [...keys.violations().map((violation) => `INV-15: ${violation}`), ...volumes.violations()],
      start: Effect.gen(function* () {
        const found = discovery ?? (yield* discoveryWithSyncers)
        const reconcile = yield* Reconcile.make(change(NodeReconciler.make(platform)))
        return (key: ObjectMeta.ObjectKey) => {
          const pass = Effect.provideContext(reconcile(key), found)
          return kubernetes === undefined ? pass : Effect.provide(pass, kubernetes)
        }
      })
    }
  }
})

/** Discovery services that find nothing until a test says what there is. */
export const emptyDiscovery: Effect.Effect<DiscoveryServices> = Effect.scoped(Layer.build(InMemoryDiscovery.layer))

const discoveryWithSyncers = Effect.tap(emptyDiscovery, (discovery) =>
  Effect.sync(() => Context.get(discovery, InMemoryDiscovery.InMemoryDiscovery).syncers.set(CHAIN, SYNCERS))
)

/** The URL of a node's sidecar. The node's pods have it one after the other. */
export const sidecarOf = (node: string): string =>
  `http://${node}-0.${node}.${NAMESPACE}.svc.cluster.local:${Identity.API_PORT}`

/**
 * Makes a sidecar reachable while a pod of its node runs. A sidecar keeps its tasks on the volume; that it may start its
 * node (`mark-ready`) it forgets with its pod.
 */
const followPods = (server: ApiServer.ApiServer, agents: InMemoryAgent.InMemoryAgent["Service"]): void => {
  /** The uid of the running pod, by the address of its sidecar. */
  const running = new Map<string, string>()
  server.subscribe(({ object: { kind, metadata, status }, type }) => {
    if (kind === SeiNode.resource.kind && type === "ADDED") agents.setReachable(sidecarOf(metadata.name), false)
    if (kind !== Identity.Pod.kind) return
    const address = sidecarOf(metadata.labels?.[Identity.NODE_LABEL] ?? "")
    const before = running.get(address)
    const isRunning =
      type !== "DELETED" && metadata.deletionTimestamp === undefined && asObject(status).phase === "Running"
    if (isRunning === (before === metadata.uid)) return
    if (before !== undefined) agents.at(address).restart({ keepsTasks: true })
    if (isRunning) running.set(address, metadata.uid)
    else running.delete(address)
    agents.setReachable(address, isRunning)
  })
}

const volumesOf = ({ spec }: ObjectMeta.KubernetesObject): ReadonlyArray<Json> => asObjects(asObject(spec).volumes)

/** The Secrets from which a pod mounts a signing key. */
const signingKeys = (pod: ObjectMeta.KubernetesObject): ReadonlyArray<string> =>
  volumesOf(pod)
    .map(({ secret }) => asObject(secret))
    .filter(({ items }) => JSON.stringify(items ?? []).includes("priv_validator_key.json"))
    .map(({ secretName }) => `${pod.metadata.namespace}/${String(secretName)}`)

/** The claims that a running pod mounts. */
const mountedVolumes = (pod: ObjectMeta.KubernetesObject): ReadonlyArray<string> =>
  asObject(pod.status).phase === "Running"
    ? volumesOf(pod)
        .map(({ persistentVolumeClaim }) => asObject(persistentVolumeClaim).claimName)
        .filter((name) => name !== undefined)
        .map((name) => `${pod.metadata.namespace}/${String(name)}`)
    : []
