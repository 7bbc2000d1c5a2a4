/**
 * What the SeiNode controller watches besides SeiNodes. Its process and its tests use the same value, so a read of an
 * object that no watch selects fails in tests as well. A SeiNode that waits also polls: a mapping shortens a wait, but no
 * wait depends on one.
 */
import { MergePatch, ObjectMeta, type Watches } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Identity from "../../shared/Identity.ts"
import * as Unstructured from "../../shared/Unstructured.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as Peers from "../plan/Peers.ts"
import * as SigningKeyUse from "../plan/SigningKeyUse.ts"
import { generatedClaimName } from "../resources/NodeIdentity.ts"

type Stored = ObjectMeta.KubernetesObject
type Json = ObjectMeta.JsonObject[string] | undefined
/** Maps a change to the keys that it enqueues: controller-runtime's `handler.MapFunc`. */
type MapFunc = Watches.Watch["map"]

const keyOf = (node: Stored) => ObjectMeta.keyOf(SeiNode.resource, node)

const specs = new WeakMap<Stored, SeiNode.SeiNodeSpec | undefined>()

/** The spec of a SeiNode, decoded once per stored version; `undefined` when it does not decode. */
const specOf = (node: Stored): SeiNode.SeiNodeSpec | undefined => {
  if (!specs.has(node)) specs.set(node, Result.getOrUndefined(SeiNode.decode(node))?.spec)
  return specs.get(node)
}

/** Maps a child object to its SeiNode by label; on a label change, to the previous owner as well. */
const labelledNode: MapFunc = ({ object, previous = object }) =>
  [object, previous].flatMap(({ metadata }) => {
    const name = metadata.labels?.[Identity.NODE_LABEL]
    return name === undefined ? [] : [ObjectMeta.key(SeiNode.resource, metadata.namespace ?? "", name)]
  })

/** The SeiNodes whose data is on a PersistentVolumeClaim: they import it, or would create one of its name. */
const usersOf = (listAll: Watches.ListAll, namespace: Json, claimName: Json) =>
  typeof namespace === "string" && typeof claimName === "string"
    ? listAll(namespace)
        .filter(
          (node) => (specOf(node)?.dataVolume?.import?.pvcName ?? generatedClaimName(node.metadata)) === claimName
        )
        .map(keyOf)
    : []

const usersOfClaim: MapFunc = ({ object: { metadata } }, listAll) => usersOf(listAll, metadata.namespace, metadata.name)

const usersOfVolume: MapFunc = ({ object: { spec } }, listAll) =>
  usersOf(listAll, Unstructured.at(spec, "claimRef", "namespace"), Unstructured.at(spec, "claimRef", "name"))

/**
 * Maps the deletion of an object that uses Secrets to the SeiNodes of its namespace whose signing key is one of them,
 * because they may wait for the key to be free (INV-15).
 */
const usersOfReleasedKey = (
  { deleted, object }: Watches.Change,
  listAll: Watches.ListAll,
  secretsUsedBy: (object: Stored) => ReadonlyArray<Json>
) => {
  const secrets = deleted ? secretsUsedBy(object).filter((secret) => secret !== undefined) : []
  if (secrets.length === 0) return []
  const usesKey = (node: Stored) => {
    const spec = specOf(node)
    return spec !== undefined && secrets.includes(SeiNode.signingKeySecret(spec) ?? "")
  }
  return listAll(object.metadata.namespace).filter(usesKey).map(keyOf)
}

const keyReleasedByNode: MapFunc = (change, listAll) =>
  usersOfReleasedKey(change, listAll, (node) => {
    const spec = specOf(node)
    return spec === undefined ? [] : [SeiNode.signingKeySecret(spec)]
  })

const keyReleasedByPod: MapFunc = (change, listAll) => usersOfReleasedKey(change, listAll, SigningKeyUse.mountedSecrets)

const keyReleasedByLock: MapFunc = (change, listAll) =>
  usersOfReleasedKey(change, listAll, ({ data }) => [Unstructured.at(data, "secretName")])

/** What other SeiNodes read of a peer: whether a selector matches it, its address, and whether its node id is known. */
const peerFields = ({ metadata, spec, status }: Stored) => ({
  labels: metadata.labels ?? {},
  externalAddress: Unstructured.at(spec, "externalAddress") ?? "",
  isRunning: Unstructured.at(status, "phase") === "Running"
})

/** Maps a SeiNode whose peer fields changed to the SeiNodes whose selector matches it, now or before the change. */
const nodesSelectingPeer: MapFunc = ({ deleted, object, previous }, listAll) => {
  if (!deleted && previous !== undefined && MergePatch.same(peerFields(previous), peerFields(object))) return []
  const versions = [object, ...(previous === undefined ? [] : [previous])]
  const selectsPeer = (node: Stored) => {
    const { name, namespace = "default" } = node.metadata
    const sources = specOf(node)?.peers ?? []
    return sources.some((source) => versions.some((peer) => Peers.selects({ name, namespace }, source, peer)))
  }
  return listAll().filter(selectsPeer).map(keyOf)
}

/** Batches the changes of peers that start together into one reconcile. */
const PEERS_DELAY = "5 seconds"

const { ConfigMap, Job, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service, StatefulSet } = Identity
/** Pods and ConfigMaps are watched by label: a cluster has many that belong to no SeiNode. */
const labels = { [Identity.NODE_LABEL]: true as const }

const perObject: ReadonlyArray<Watches.Watch> = [
  // Without a label selector: a SeiNode must also see objects of other owners that have the names it needs.
  { kind: StatefulSet, map: labelledNode, reliedOnBy: "observation and cleanup: the StatefulSet of the node" },
  { kind: Service, map: labelledNode, reliedOnBy: "observation: the Service of the node" },
  { kind: PersistentVolumeClaim, map: labelledNode, reliedOnBy: "observation and cleanup: the data volume" },
  { kind: Job, map: labelledNode, reliedOnBy: "observation and cleanup: the bootstrap Job" },
  { kind: ConfigMap, labels, map: labelledNode, reliedOnBy: "observation: the proxy config, the signing key lock" },
  { kind: Pod, labels, map: labelledNode, reliedOnBy: "observation and cleanup: the pods of the node" }
]

const imported: ReadonlyArray<Watches.Watch> = [
  {
    kind: PersistentVolumeClaim,
    map: usersOfClaim,
    reliedOnBy: "observation: the imported claim, or a claim of another owner"
  },
  // Without a label selector: the volume of an imported claim belongs to no SeiNode.
  { kind: PersistentVolume, map: usersOfVolume, reliedOnBy: "observation: the volume of an imported claim" }
]

/** An unlabelled pod is not watched: a node that waits for one to release its key polls. */
const signingKey: ReadonlyArray<Watches.Watch> = [
  { kind: ConfigMap, labels, map: keyReleasedByLock, reliedOnBy: "validate-signing-key: a lock that is released" },
  { kind: Pod, labels, map: keyReleasedByPod, reliedOnBy: "validate-signing-key: a pod of another node that is gone" },
  { kind: SeiNode.resource, map: keyReleasedByNode, reliedOnBy: "validate-signing-key: another node that is gone" }
]

const peers: ReadonlyArray<Watches.Watch> = [
  {
    kind: SeiNode.resource,
    map: nodesSelectingPeer,
    delay: PEERS_DELAY,
    reliedOnBy: "observation: the peers that a label selects"
  }
]

/**
 * Watches only the Secrets that SeiNodes reference, each by name, so the controller needs no cluster-wide Secret cache.
 */
const references: Watches.References = {
  kinds: [Secret],
  of: (node) => {
    const { namespace = "default" } = node.metadata
    const spec = specOf(node)
    return spec === undefined ? [] : SeiNode.secretNames(spec).map((name) => ObjectMeta.key(Secret, namespace, name))
  },
  reliedOnBy: "validate-signing-key, validate-node-key, validate-operator-keyring: the Secrets of the spec"
}

export const watches: Watches.Watches = {
  watches: [...perObject, ...imported, ...signingKey, ...peers],
  references
}

/** The SeiNodes that restore a snapshot and do not run yet: a change of the syncer registry may unblock them. */
export const nodesAwaitingSyncers = (nodes: ReadonlyArray<Stored>): ReadonlyArray<ObjectMeta.ObjectKey> =>
  nodes
    .filter((node) => {
      const spec = specOf(node)
      return spec !== undefined && SeiNode.snapshotSource(spec) !== undefined && !peerFields(node).isRunning
    })
    .map(keyOf)
