/** Names, labels, ports and addresses: how a node's objects find each other. */
import { ObjectMeta, TaskAgent } from "@portolan/planner"
import type { Platform, Role } from "../../shared/Platform.ts"
import { type Mode, mode, type SeiNode, sidecarPort } from "../kinds/SeiNode.ts"

export const HOME = "/home/nonroot"
/** Data of seid; directly below {@link HOME}, where seid looks for it. */
export const DATA = `${HOME}/.sei`
/** The proxy in front of the sidecar. */
export const API_PORT = 8443
export const EXPORTER_PORT = 9300

/** The label that selects everything of one node. Never anything else: selectors cannot change. */
export const NODE_LABEL = "sei.io/node"
/** The label that tells what an object of a node is for; the node's permanent ones go without. */
export const COMPONENT_LABEL = "sei.io/component"
const DEDICATED = "sei.io/dedicated-node"

export const StatefulSet = ObjectMeta.namespaced("apps/v1", "StatefulSet", "statefulsets")
export const Service = ObjectMeta.namespaced("v1", "Service", "services")
export const PersistentVolumeClaim = ObjectMeta.namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
export const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
export const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")
export const Pod = ObjectMeta.namespaced("v1", "Pod", "pods")
export const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")
export const PersistentVolume = ObjectMeta.clusterWide("v1", "PersistentVolume", "persistentvolumes")

export const statefulSetKey = (node: SeiNode) => ObjectMeta.key(StatefulSet, node.namespace, node.name)
export const serviceKey = (node: SeiNode) => ObjectMeta.key(Service, node.namespace, node.name)
export const claimKey = (node: SeiNode) => ObjectMeta.key(PersistentVolumeClaim, node.namespace, claimName(node))
/** Of the claim that is made for a node, whether or not it imports another one. */
export const ownClaimKey = (node: SeiNode) => ObjectMeta.key(PersistentVolumeClaim, node.namespace, `data-${node.name}`)
export const proxyConfigKey = (node: SeiNode) => ObjectMeta.key(ConfigMap, node.namespace, proxyConfigName(node))
export const bootstrapJobKey = (node: SeiNode) => ObjectMeta.key(Job, node.namespace, bootstrapJobName(node))

/** The claim that holds the node's data: its own, or the one it imports. */
export const claimName = (node: SeiNode): string => node.spec.dataVolume?.import?.pvcName ?? `data-${node.name}`
export const proxyConfigName = (node: SeiNode): string => `${node.name}-rbac-proxy-config`
export const bootstrapJobName = (node: SeiNode): string => `${node.name}-bootstrap`

const ROLES: { readonly [M in Mode]: Role } = {
  fullNode: "node",
  archive: "archive",
  replayer: "replayer",
  validator: "validator",
  seed: "seed"
}
export const role = (node: SeiNode): Role => ROLES[mode(node.spec)]

/** True for a node that wants a machine for itself. */
export const isDedicated = (node: SeiNode): boolean => node.object.metadata.annotations?.[DEDICATED] === "true"

export const selector = (node: SeiNode) => ({ [NODE_LABEL]: node.name })

/** Labels of everything we make for a node. The user's come first, so that ours win. */
export const labels = (node: SeiNode): { readonly [key: string]: string } => {
  const generation = node.spec.fullNode?.snapshotGeneration ?? node.spec.archive?.snapshotGeneration
  return {
    ...node.spec.podLabels,
    [NODE_LABEL]: node.name,
    "sei.io/chain": node.spec.chainId,
    "sei.io/role": role(node),
    ...(isDedicated(node) ? { [DEDICATED]: "true" } : {}),
    ...(generation?.tendermint?.publish === undefined ? {} : { "sei.io/snapshot-publish": "true" })
  }
}

/** Labels of what a node is bootstrapped with: a bootstrap pod counts as no member of its chain or role. */
export const bootstrapLabels = (node: SeiNode) => ({ ...selector(node), [COMPONENT_LABEL]: "bootstrap" })

/** `metadata` of an object that the node owns. */
export const ownedMeta = (node: SeiNode, name: string, labelled = labels(node)) => ({
  name,
  namespace: node.namespace,
  labels: labelled,
  ownerReferences: [ObjectMeta.controllerReference(node.object)]
})

/** Ports of seid, the same in every mode. */
export const SEID_PORTS = [
  { name: "evm-rpc", port: 8545 },
  { name: "evm-ws", port: 8546 },
  { name: "grpc", port: 9090 },
  { name: "rest", port: 1317 },
  { name: "p2p", port: 26656 },
  { name: "rpc", port: 26657 },
  { name: "metrics", port: 26660 }
] as const

/** Where the node's sidecar is reached: through the proxy of its pod, by the pod's stable name. */
export const sidecarAddress = (node: SeiNode): TaskAgent.AgentAddress =>
  TaskAgent.AgentAddress.make(`http://${node.name}-0.${node.name}.${node.namespace}.svc.cluster.local:${API_PORT}`)

/** The sidecar image the node should run. */
export const sidecarImage = (node: SeiNode, platform: Platform): string =>
  node.spec.sidecar?.image || platform.images.sidecar

export { sidecarPort }

/** Addresses for users of a node that serves; `undefined` for modes that do not. */
export const endpoint = (node: SeiNode) => {
  const host = `${node.name}.${node.namespace}.svc`
  return mode(node.spec) === "fullNode" || mode(node.spec) === "archive"
    ? {
        evmJsonRpc: `http://${host}:8545`,
        evmWs: `ws://${host}:8546`,
        tendermintRpc: `http://${host}:26657`,
        tendermintRest: `http://${host}:1317`
      }
    : undefined
}
