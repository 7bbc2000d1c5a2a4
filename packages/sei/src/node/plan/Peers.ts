/** Whom a node is told to connect to. Pure: who they are was asked before. */
import type { ObjectMeta } from "@portolan/planner"
import type { PeerSource } from "../kinds/NodeParts.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"

const P2P_PORT = 26656

/** A machine that a tag search found. */
export interface Instance {
  readonly tags: { readonly [key: string]: string }
  /** Public name, public address, private name, private address: the first that is set is used. */
  readonly hosts: ReadonlyArray<string | undefined>
}

/** What one source gave. A source that failed keeps what was known, so that a failure never loses a peer. */
export type Found = { readonly _tag: "Peers"; readonly peers: ReadonlyArray<string> } | { readonly _tag: "KeepPrior" }

/** Every peer once, sorted. */
export const combine = (found: ReadonlyArray<Found>, prior: ReadonlyArray<string>): ReadonlyArray<string> => {
  const fresh = found.flatMap((each) => (each._tag === "Peers" ? each.peers : []))
  const kept = found.some(({ _tag }) => _tag === "KeepPrior") ? prior : []
  return [...new Set([...fresh, ...kept])].sort()
}

/** Where another node is reached by its peers. */
export const addressOf = (peer: ObjectMeta.KubernetesObject): string => {
  const { name, namespace = "default" } = peer.metadata
  const external = Object(peer.spec).externalAddress
  return typeof external === "string" && external !== ""
    ? external
    : `${name}-0.${name}.${namespace}.svc.cluster.local:${P2P_PORT}`
}

/** The entry of an address that was known before: what stands in for a node that does not say who it is. */
export const priorOf = (prior: ReadonlyArray<string>, address: string): string | undefined =>
  prior.find((entry) => entry.slice(entry.indexOf("@") + 1) === address)

/** A peer as an instance describes itself; `undefined` for one that has no identity or no host that can be written. */
export const ofInstance = ({ hosts, tags }: Instance): string | undefined => {
  const id = tags["sei.io/node-id"] ?? ""
  const host = hosts.find((each) => each !== undefined && each !== "")
  if (!/^[0-9a-f]{40}$/u.test(id) || host === undefined || /[,\p{Cc} ]/u.test(host)) return undefined
  const port = Number(tags["sei.io/p2p-port"])
  return `${id}@${host}:${Number.isInteger(port) && port > 0 && port < 2 ** 31 ? port : P2P_PORT}`
}

/** Whether a source looks for nodes by label, and this is one of them: never the node itself. */
export const selects = (
  node: Pick<SeiNode, "name" | "namespace">,
  source: PeerSource,
  { metadata }: ObjectMeta.KubernetesObject
): boolean => {
  if (source.label === undefined) return false
  const isSelf = metadata.name === node.name && metadata.namespace === node.namespace
  const isThere = (metadata.namespace ?? "default") === (source.label.namespace || node.namespace)
  const wanted = Object.entries(source.label.selector)
  return !isSelf && isThere && wanted.every(([key, value]) => metadata.labels?.[key] === value)
}
