/**
 * The SeiNode controller: its reconciler, and the watch mappings that enqueue SeiNodes. A SeiNode that waits also polls:
 * a mapping shortens a wait, but no wait depends on one.
 */
import type { Controller } from "@portolan/k8s-adapter"
import { MergePatch, ObjectCache, ObjectMeta, Reconcile } from "@portolan/planner"
import { Identity, NodeReconciler, Peers, SeiNode, Unstructured } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as SyncerFile from "../SyncerFile.ts"
import type { KindController, Options } from "./KindController.ts"

type Stored = ObjectMeta.KubernetesObject
type Json = ObjectMeta.JsonObject[string] | undefined
/** Maps a change to the keys that it enqueues: controller-runtime's `handler.MapFunc`. */
type MapFunc = Controller.Watch["map"]

export const controller = ({ platform, platformFile }: Options): KindController => ({
  kind: SeiNode.resource,
  fieldManager: "seinode-controller",
  watches,
  references,
  reconcile: Reconcile.make(NodeReconciler.make(platform)),
  externalSource: ({ enqueue }) =>
    SyncerFile.onChange(
      platformFile,
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const keys = nodesAwaitingSyncers(yield* cache.list(SeiNode.resource))
        yield* Effect.forEach(keys, enqueue, { discard: true })
      })
    )
})

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

/** The SeiNodes whose data volume imports a PersistentVolumeClaim. */
const importersOf = (listAll: Controller.ListAll, namespace: Json, claimName: Json) =>
  typeof namespace === "string" && typeof claimName === "string"
    ? listAll(namespace)
        .filter((node) => specOf(node)?.dataVolume?.import?.pvcName === claimName)
        .map(keyOf)
    : []

const importersOfClaim: MapFunc = ({ object: { metadata } }, listAll) =>
  importersOf(listAll, metadata.namespace, metadata.name)

const importersOfVolume: MapFunc = ({ object: { spec } }, listAll) =>
  importersOf(listAll, Unstructured.at(spec, "claimRef", "namespace"), Unstructured.at(spec, "claimRef", "name"))

/**
 * Maps the deletion of an object that uses Secrets to the SeiNodes of its namespace whose signing key is one of them,
 * because they may wait for the key to be free (INV-15).
 */
const onKeyRelease =
  (secretsUsedBy: (object: Stored) => ReadonlyArray<Json>): MapFunc =>
  ({ deleted, object }, listAll) => {
    const secrets = deleted ? secretsUsedBy(object).filter((secret) => secret !== undefined) : []
    if (secrets.length === 0) return []
    const usesKey = (node: Stored) => {
      const spec = specOf(node)
      return spec !== undefined && secrets.includes(SeiNode.signingKeySecret(spec) ?? "")
    }
    return listAll(object.metadata.namespace).filter(usesKey).map(keyOf)
  }

const keyReleasedByNode = onKeyRelease((node) => {
  const spec = specOf(node)
  return spec === undefined ? [] : [SeiNode.signingKeySecret(spec)]
})

const keyReleasedByPod = onKeyRelease(({ spec }) =>
  Unstructured.objects(Unstructured.at(spec, "volumes")).map((volume) =>
    Unstructured.at(volume, "secret", "secretName")
  )
)

const keyReleasedByLock = onKeyRelease(({ data }) => [Unstructured.at(data, "secretName")])

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

export const watches: ReadonlyArray<Controller.Watch> = [
  // Without a label selector: a SeiNode must also see objects of other owners that have the names it needs.
  ...[StatefulSet, Service, PersistentVolumeClaim, Job].map((kind) => ({ kind, map: labelledNode })),
  { kind: ConfigMap, labels, map: labelledNode },
  { kind: Pod, labels, map: labelledNode },
  { kind: PersistentVolumeClaim, map: importersOfClaim },
  { kind: PersistentVolume, map: importersOfVolume },
  { kind: ConfigMap, labels, map: keyReleasedByLock },
  { kind: Pod, labels, map: keyReleasedByPod },
  { kind: SeiNode.resource, map: keyReleasedByNode },
  { kind: SeiNode.resource, map: nodesSelectingPeer, delay: PEERS_DELAY }
]

/**
 * Watches only the Secrets that SeiNodes reference, each by name, so the controller needs no cluster-wide Secret cache.
 */
export const references = {
  kinds: [Secret],
  of: (node: Stored) => {
    const { namespace = "default" } = node.metadata
    const spec = specOf(node)
    return spec === undefined ? [] : SeiNode.secretNames(spec).map((name) => ObjectMeta.key(Secret, namespace, name))
  }
}

/** The SeiNodes that restore a snapshot and do not run yet: a change of the syncer registry may unblock them. */
export const nodesAwaitingSyncers = (nodes: ReadonlyArray<Stored>): ReadonlyArray<ObjectMeta.ObjectKey> =>
  nodes
    .filter((node) => {
      const spec = specOf(node)
      return spec !== undefined && SeiNode.snapshotSource(spec) !== undefined && !peerFields(node).isRunning
    })
    .map(keyOf)
