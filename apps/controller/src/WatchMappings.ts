/**
 * What wakes a node beside its own news: its children, and what it shares with others or waits for. A node that waits
 * looks by itself too; these rules are why it need not wait long.
 */
import type { Controller } from "@portolan/k8s-adapter"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import { Identity, Peers, SeiNode, Unstructured } from "@portolan/sei"
import * as Result from "effect/Result"

type Stored = ObjectMeta.KubernetesObject
type Json = ObjectMeta.JsonObject[string] | undefined
type Enqueue = Controller.Watch["map"]

const keyOf = (node: Stored) => ObjectMeta.keyOf(SeiNode.resource, node)

const specs = new WeakMap<Stored, SeiNode.SeiNodeSpec | undefined>()

/** A node's spec, read once for each state; `undefined` for one that cannot be read, which waits for its edit alone. */
const specOf = (node: Stored): SeiNode.SeiNodeSpec | undefined => {
  if (!specs.has(node)) specs.set(node, Result.getOrUndefined(SeiNode.decode(node))?.spec)
  return specs.get(node)
}

/** A child wakes the node that its label names, and the one that it named before. */
const ofLabel: Enqueue = ({ object, previous = object }) =>
  [object, previous].flatMap(({ metadata }) => {
    const name = metadata.labels?.[Identity.NODE_LABEL]
    return name === undefined ? [] : [ObjectMeta.key(SeiNode.resource, metadata.namespace ?? "", name)]
  })

/** The nodes that import a claim. */
const importers = (all: Controller.ListAll, namespace: Json, claim: Json) =>
  typeof namespace === "string" && typeof claim === "string"
    ? all(namespace)
        .filter((node) => specOf(node)?.dataVolume?.import?.pvcName === claim)
        .map(keyOf)
    : []

const ofClaim: Enqueue = ({ object: { metadata } }, all) => importers(all, metadata.namespace, metadata.name)

const ofVolume: Enqueue = ({ object: { spec } }, all) =>
  importers(all, Unstructured.at(spec, "claimRef", "namespace"), Unstructured.at(spec, "claimRef", "name"))

/** Whoever goes away with a hold on Secrets wakes the nodes of its namespace that want to sign with one of them. */
const letsGoOf =
  (secretsOf: (object: Stored) => ReadonlyArray<Json>): Enqueue =>
  ({ deleted, object }, all) => {
    const secrets = deleted ? secretsOf(object).filter((secret) => secret !== undefined) : []
    if (secrets.length === 0) return []
    const wants = (node: Stored) => {
      const spec = specOf(node)
      return spec !== undefined && secrets.includes(SeiNode.signingKeySecret(spec) ?? "")
    }
    return all(object.metadata.namespace).filter(wants).map(keyOf)
  }

const ofSigner = letsGoOf((node) => {
  const spec = specOf(node)
  return spec === undefined ? [] : [SeiNode.signingKeySecret(spec)]
})

const ofMounts = letsGoOf(({ spec }) =>
  Unstructured.objects(Unstructured.at(spec, "volumes")).map((volume) =>
    Unstructured.at(volume, "secret", "secretName")
  )
)

const ofKeyLock = letsGoOf(({ data }) => [Unstructured.at(data, "secretName")])

/** What others look at in a peer: whether they choose it, where it is, and whether it could say who it is. */
const facts = ({ metadata, spec, status }: Stored) => ({
  labels: metadata.labels ?? {},
  externalAddress: Unstructured.at(spec, "externalAddress") ?? "",
  runs: Unstructured.at(status, "phase") === "Running"
})

/** A node that comes, goes or changes for its peers wakes those that choose it by label. */
const ofPeer: Enqueue = ({ deleted, object, previous }, all) => {
  if (!deleted && previous !== undefined && MergePatch.same(facts(previous), facts(object))) return []
  const chosen = [object, ...(previous === undefined ? [] : [previous])]
  const chooses = (node: Stored) => {
    const { name, namespace = "default" } = node.metadata
    const sources = specOf(node)?.peers ?? []
    return sources.some((source) => chosen.some((each) => Peers.selects({ name, namespace }, source, each)))
  }
  return all().filter(chooses).map(keyOf)
}

/** Nodes that begin together become one look. */
const PEERS_DELAY = "5 seconds"

const { ConfigMap, Job, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service, StatefulSet } = Identity
/** There are many that are nobody's business here. */
const labels = { [Identity.NODE_LABEL]: true as const }

export const watches: ReadonlyArray<Controller.Watch> = [
  // Seen whoever made them: a node must know when a name that it wants is taken.
  ...[StatefulSet, Service, PersistentVolumeClaim, Job].map((kind) => ({ kind, map: ofLabel })),
  { kind: ConfigMap, labels, map: ofLabel },
  { kind: Pod, labels, map: ofLabel },
  { kind: PersistentVolumeClaim, map: ofClaim },
  { kind: PersistentVolume, map: ofVolume },
  { kind: ConfigMap, labels, map: ofKeyLock },
  { kind: Pod, labels, map: ofMounts },
  { kind: SeiNode.resource, map: ofSigner },
  { kind: SeiNode.resource, map: ofPeer, delay: PEERS_DELAY }
]

/** Secrets are known one by one: the few that nodes name, and no others. */
export const references = {
  kinds: [Secret],
  of: (node: Stored) => {
    const { namespace = "default" } = node.metadata
    const spec = specOf(node)
    return spec === undefined ? [] : SeiNode.secretNames(spec).map((name) => ObjectMeta.key(Secret, namespace, name))
  }
}

/** Nodes that may wait for state syncers. */
export const awaitSyncers = (nodes: ReadonlyArray<Stored>): ReadonlyArray<ObjectMeta.ObjectKey> =>
  nodes
    .filter((node) => {
      const spec = specOf(node)
      return spec !== undefined && SeiNode.snapshotSource(spec) !== undefined && !facts(node).runs
    })
    .map(keyOf)
