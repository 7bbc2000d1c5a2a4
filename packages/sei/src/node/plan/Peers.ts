/** The P2P addresses of a SeiNode's peers, from the results of peer discovery. Pure. */
import type { ObjectMeta } from "@portolan/planner"
import { P2P_PORT, podHost } from "../../shared/Identity.ts"
import type { Instance } from "../../shared/services/PeerDiscovery.ts"
import { at } from "../../shared/Unstructured.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import type { PeerSource } from "../kinds/SpecParts.ts"

/** The result of one peer source. After a failure the previous peers are kept, so that a failure never loses a peer. */
export type Discovered =
  | { readonly _tag: "Peers"; readonly peers: ReadonlyArray<string> }
  | { readonly _tag: "KeepPrevious" }

/** The peers of all sources, sorted, without duplicates. */
export const combine = (
  discovered: ReadonlyArray<Discovered>,
  previous: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const peers = discovered.flatMap((result) => (result._tag === "Peers" ? result.peers : previous))
  return [...new Set(peers)].sort()
}

/** The P2P address of another SeiNode. */
export const addressOf = (peer: ObjectMeta.KubernetesObject): string => {
  const { name, namespace = "default" } = peer.metadata
  const external = at(peer.spec, "externalAddress")
  return typeof external === "string" && external !== "" ? external : `${podHost({ name, namespace })}:${P2P_PORT}`
}

/** The previous peer with an address. It stands in for a SeiNode whose sidecar does not report its node id. */
export const previousPeer = (previous: ReadonlyArray<string>, address: string): string | undefined =>
  previous.find((peer) => peer.slice(peer.indexOf("@") + 1) === address)

/** The peer that an instance's tags describe; `undefined` without a valid node id or a usable host. */
export const fromInstance = ({ hosts, tags }: Instance): string | undefined => {
  const id = tags["sei.io/node-id"] ?? ""
  const host = hosts.find((candidate) => candidate !== undefined && candidate !== "")
  if (!/^[0-9a-f]{40}$/u.test(id) || host === undefined || /[,\p{Cc} ]/u.test(host)) return undefined
  const port = Number(tags["sei.io/p2p-port"])
  return `${id}@${host}:${Number.isInteger(port) && port > 0 && port < 2 ** 31 ? port : P2P_PORT}`
}

/** Whether a label source of a node selects another SeiNode. A node never selects itself. */
export const selects = (
  node: Pick<SeiNode, "name" | "namespace">,
  source: PeerSource,
  { metadata }: ObjectMeta.KubernetesObject
): boolean => {
  if (source.label === undefined) return false
  const isSelf = metadata.name === node.name && metadata.namespace === node.namespace
  const isInNamespace = (metadata.namespace ?? "default") === (source.label.namespace || node.namespace)
  const selector = Object.entries(source.label.selector)
  return !isSelf && isInNamespace && selector.every(([key, value]) => metadata.labels?.[key] === value)
}
