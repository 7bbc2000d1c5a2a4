/** Names, keys, labels and endpoints of the objects of a SeiNode. */
import { ObjectMeta } from "@portolan/planner"
import * as Identity from "../../shared/Identity.ts"
import * as Ownership from "../../shared/Ownership.ts"
import type { Platform, Role } from "../../shared/Platform.ts"
import { type Mode, mode, type SeiNode } from "../kinds/SeiNode.ts"

/** Home directory of every container that runs seid. */
export const HOME = "/home/nonroot"
/** Data directory of seid. It has to be `.sei` below {@link HOME}, where seid looks for it. */
export const DATA = `${HOME}/.sei`
export const EXPORTER_PORT = 9300

/** Ports of seid, the same in every mode. */
export const SEID_PORTS = [
  { name: "evm-rpc", port: 8545 },
  { name: "evm-ws", port: 8546 },
  { name: "grpc", port: 9090 },
  { name: "rest", port: 1317 },
  { name: "p2p", port: Identity.P2P_PORT },
  { name: "rpc", port: 26657 },
  { name: "metrics", port: 26660 }
] as const

/** Name of the PersistentVolumeClaim with the node's data: the imported one, or else the generated one. */
export const claimName = (node: SeiNode): string => node.spec.dataVolume?.import?.pvcName ?? generatedClaimName(node)
export const generatedClaimName = ({ name }: { readonly name: string }): string => `data-${name}`
export const proxyConfigName = ({ name }: SeiNode): string => `${name}-rbac-proxy-config`
export const bootstrapJobName = ({ name }: SeiNode): string => `${name}-bootstrap`

export const statefulSetKey = (node: SeiNode) => ObjectMeta.key(Identity.StatefulSet, node.namespace, node.name)
export const serviceKey = (node: SeiNode) => ObjectMeta.key(Identity.Service, node.namespace, node.name)
export const proxyConfigKey = (node: SeiNode) =>
  ObjectMeta.key(Identity.ConfigMap, node.namespace, proxyConfigName(node))
export const bootstrapJobKey = (node: SeiNode) => ObjectMeta.key(Identity.Job, node.namespace, bootstrapJobName(node))
export const claimKey = (node: SeiNode) =>
  ObjectMeta.key(Identity.PersistentVolumeClaim, node.namespace, claimName(node))
/** Key of the generated claim, also when the node imports another one. */
export const generatedClaimKey = (node: SeiNode) =>
  ObjectMeta.key(Identity.PersistentVolumeClaim, node.namespace, generatedClaimName(node))

const ROLES: { readonly [M in Mode]: Role } = {
  fullNode: "node",
  archive: "archive",
  replayer: "replayer",
  validator: "validator",
  seed: "seed"
}
export const role = (node: SeiNode): Role => ROLES[mode(node.spec)]

/** Whether the node asks for a machine that runs no other SeiNode. */
export const isDedicated = (node: SeiNode): boolean =>
  node.object.metadata.annotations?.[Identity.DEDICATED_NODE_LABEL] === "true"

export const selector = (node: SeiNode) => ({ [Identity.NODE_LABEL]: node.name })

/** Labels of every permanent object of a node. `spec.podLabels` come first, so that they cannot override the others. */
export const labels = (node: SeiNode): { readonly [key: string]: string } => {
  const generation = node.spec.fullNode?.snapshotGeneration ?? node.spec.archive?.snapshotGeneration
  return {
    ...node.spec.podLabels,
    [Identity.NODE_LABEL]: node.name,
    [Identity.CHAIN_LABEL]: node.spec.chainId,
    [Identity.ROLE_LABEL]: role(node),
    ...(isDedicated(node) ? { [Identity.DEDICATED_NODE_LABEL]: "true" } : {}),
    ...(generation?.tendermint?.publish === undefined ? {} : { [Identity.SNAPSHOT_PUBLISH_LABEL]: "true" })
  }
}

/**
 * Labels of the bootstrap objects. They lack chain and role, so that the bootstrap pod is not selected as a chain
 * member.
 */
export const bootstrapLabels = (node: SeiNode) => ({ ...selector(node), [Identity.COMPONENT_LABEL]: "bootstrap" })

/** `metadata` of an object that the node owns. */
export const ownedMetadata = (node: SeiNode, name: string, objectLabels = labels(node)) =>
  Ownership.ownedMetadata(node.object, name, objectLabels)

/** The sidecar image that the node should run. */
export const sidecarImage = (node: SeiNode, platform: Platform): string =>
  node.spec.sidecar?.image || platform.images.sidecar

/** URLs of the node's RPC services; `undefined` in modes that serve no users. */
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
