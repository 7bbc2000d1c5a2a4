/** Discovers the peers of a SeiNode for `status.resolvedPeers`. A source that fails never loses a known peer. */
import { ObjectCache, type ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { sidecarAddress } from "../../shared/Identity.ts"
import { PeerDiscovery } from "../../shared/services/PeerDiscovery.ts"
import { at } from "../../shared/Unstructured.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import type { PeerSource } from "../kinds/SpecParts.ts"
import * as Peers from "../plan/Peers.ts"

/**
 * The current peers; `undefined` when they are not needed: the spec has no peer source, the node is paused or failed,
 * or a plan is active, which keeps the peers that it was built with.
 */
export const resolvePeers = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const { paused, peers: sources = [] } = node.spec
  const { phase, plan, resolvedPeers: previous = [] } = node.status
  if (sources.length === 0 || paused === true || phase === "Failed" || plan?.phase === "Active") return undefined
  const discovered = yield* Effect.forEach(sources, (source) => discover(node, source, previous), {
    concurrency: "unbounded"
  })
  return Peers.combine(discovered, previous)
})

const discover = (
  node: SeiNode.SeiNode,
  source: PeerSource,
  previous: ReadonlyArray<string>
): Effect.Effect<Peers.Discovered, never, PeerDiscovery | ObjectCache.ObjectCache> => {
  if (source.static !== undefined) return Effect.succeed(peers(source.static.addresses))
  if (source.label !== undefined) return fromLabel(node, source, previous)
  return source.ec2Tags === undefined ? Effect.succeed(peers([])) : fromTags(source.ec2Tags)
}

const peers = (list: ReadonlyArray<string | undefined>): Peers.Discovered => ({
  _tag: "Peers",
  peers: list.filter((peer) => peer !== undefined)
})

const fromLabel = (node: SeiNode.SeiNode, source: PeerSource, previous: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const cache = yield* ObjectCache.ObjectCache
    const namespace = source.label?.namespace || node.namespace
    const candidates = yield* cache.list(SeiNode.resource, { namespace, labels: source.label?.selector ?? {} })
    const selected = candidates.filter((candidate) => Peers.selects(node, source, candidate))
    return peers(yield* Effect.forEach(selected, (peer) => fromNode(peer, previous), { concurrency: "unbounded" }))
  })

/** Asks the sidecar of another SeiNode for its node id. A node that is not running has no sidecar to ask. */
const fromNode = Effect.fnUntraced(function* (peer: ObjectMeta.KubernetesObject, previous: ReadonlyArray<string>) {
  const address = Peers.addressOf(peer)
  if (at(peer.status, "phase") !== "Running") return Peers.previousPeer(previous, address)
  const { name, namespace = "default" } = peer.metadata
  const discovery = yield* PeerDiscovery
  return yield* discovery.nodeId(sidecarAddress({ name, namespace })).pipe(
    Effect.map((id): string | undefined => `${id}@${address}`),
    Effect.catch(() => Effect.succeed(Peers.previousPeer(previous, address)))
  )
})

const fromTags = (tags: NonNullable<PeerSource["ec2Tags"]>) =>
  Effect.gen(function* () {
    const discovery = yield* PeerDiscovery
    return peers((yield* discovery.instances(tags)).map(Peers.fromInstance))
  }).pipe(Effect.catch(() => Effect.succeed<Peers.Discovered>({ _tag: "KeepPrevious" })))
