/** Asks around for a node's peers. A source that fails never loses a peer that was known. */
import { ObjectCache, type ObjectMeta, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { PeerDiscovery } from "../../shared/services/PeerDiscovery.ts"
import type { PeerSource } from "../kinds/NodeParts.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as Peers from "../plan/Peers.ts"
import { API_PORT } from "../resources/Identity.ts"

/**
 * The peers of a node as they are now; `undefined` when nobody needs to know: the spec names none, the node does not
 * move, or a plan is under way that was made with those of before.
 */
export const resolve = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const { paused, peers = [] } = node.spec
  const { phase, plan, resolvedPeers: prior = [] } = node.status
  if (peers.length === 0 || paused === true || phase === "Failed" || plan?.phase === "Active") return undefined
  const found = yield* Effect.forEach(peers, (source) => ofSource(node, source, prior), { concurrency: "unbounded" })
  return Peers.combine(found, prior)
})

const peers = (list: ReadonlyArray<string>): Peers.Found => ({ _tag: "Peers", peers: list })

const ofSource = (
  node: SeiNode.SeiNode,
  source: PeerSource,
  prior: ReadonlyArray<string>
): Effect.Effect<Peers.Found, never, PeerDiscovery | ObjectCache.ObjectCache> => {
  if (source.static !== undefined) return Effect.succeed(peers(source.static.addresses))
  if (source.label !== undefined) return ofLabel(node, source, prior)
  return source.ec2Tags === undefined ? Effect.succeed(peers([])) : ofTags(source.ec2Tags)
}

/** Nodes of a cluster say themselves who they are. Only those that run are asked: others have nobody who could say. */
const ofLabel = (node: SeiNode.SeiNode, source: PeerSource, prior: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const cache = yield* ObjectCache.ObjectCache
    const namespace = source.label?.namespace || node.namespace
    const all = yield* cache.list(SeiNode.resource, { namespace, labels: source.label?.selector ?? {} })
    const others = all.filter((other) => Peers.selects(node, source, other))
    const entries = yield* Effect.forEach(others, (other) => entryOf(other, prior), { concurrency: "unbounded" })
    return peers(entries.filter((entry) => entry !== undefined))
  })

const entryOf = Effect.fnUntraced(function* (peer: ObjectMeta.KubernetesObject, prior: ReadonlyArray<string>) {
  const address = Peers.addressOf(peer)
  if (Object(peer.status).phase !== "Running") return Peers.priorOf(prior, address)
  const { name, namespace = "default" } = peer.metadata
  const discovery = yield* PeerDiscovery
  const sidecar = TaskAgent.AgentAddress.make(`http://${name}-0.${name}.${namespace}.svc.cluster.local:${API_PORT}`)
  return yield* discovery.nodeId(sidecar).pipe(
    Effect.map((id): string | undefined => `${id}@${address}`),
    Effect.catch(() => Effect.succeed(Peers.priorOf(prior, address)))
  )
})

const ofTags = (tags: NonNullable<PeerSource["ec2Tags"]>) =>
  Effect.gen(function* () {
    const discovery = yield* PeerDiscovery
    const instances = yield* discovery.instances(tags)
    return peers(instances.map(Peers.ofInstance).filter((entry) => entry !== undefined))
  }).pipe(Effect.catch(() => Effect.succeed<Peers.Found>({ _tag: "KeepPrior" })))
