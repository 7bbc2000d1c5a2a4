/** The planner's services over objects in memory. Later reads see recorded writes; no request leaves the process. */
import { KubernetesApi, ObjectCache, ObjectMeta, TaskAgent } from "@portolan/planner"
import { PeerDiscovery, SyncerRegistry } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

/** A request that a controller would send. */
export interface DryRunWrite {
  readonly verb: "create" | "apply" | "delete" | "removeFinalizer"
  readonly key: ObjectMeta.ObjectKey
  /** The body; `undefined` for a delete and for the removal of a finalizer. */
  readonly manifest: ObjectMeta.Manifest | undefined
}

export interface DryRunCluster {
  readonly layer: Layer.Layer<
    | KubernetesApi.KubernetesApi
    | ObjectCache.ObjectCache
    | TaskAgent.TaskAgent
    | PeerDiscovery.PeerDiscovery
    | SyncerRegistry.SyncerRegistry
  >
  /** Returns the writes since the previous call. */
  readonly takeWrites: () => ReadonlyArray<DryRunWrite>
}

export interface Contents {
  readonly objects: ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly syncers: (chainId: string) => ReadonlyArray<string>
}

const noDiscovery = () => Effect.fail(new PeerDiscovery.PeerUnknown({ message: "a dry run does not discover peers" }))

/** Agents report that they are ready and have no task; submitting to one is a defect. Peers are not discovered. */
export const make = ({ objects, syncers }: Contents): DryRunCluster => {
  const stored = new Map<string, ObjectMeta.KubernetesObject>()
  for (const object of objects) stored.set(nameOf(object.kind, object.metadata.namespace, object.metadata.name), object)
  const find = ({ kind, name, namespace }: ObjectMeta.ObjectKey) =>
    Option.fromUndefinedOr(stored.get(nameOf(kind.kind, namespace, name)))
  const list: ObjectCache.ObjectCache["Service"]["list"] = (kind, { labels = {}, namespace } = {}) =>
    Effect.sync(() =>
      [...stored.values()].filter(
        (object) =>
          object.kind === kind.kind &&
          (namespace === undefined || object.metadata.namespace === namespace) &&
          ObjectMeta.selects(labels, object.metadata.labels)
      )
    )
  let writes: Array<DryRunWrite> = []
  const write = (verb: "create" | "apply", key: ObjectMeta.ObjectKey, manifest: ObjectMeta.Manifest) =>
    Effect.sync(() => {
      writes.push({ verb, key, manifest })
      const object = asStored(key, manifest, Option.getOrUndefined(find(key)))
      stored.set(nameOf(key.kind.kind, key.namespace, key.name), object)
      return object
    })
  const api = KubernetesApi.KubernetesApi.of({
    get: (key) => Effect.sync(() => find(key)),
    list,
    create: (key, manifest) => write("create", key, manifest),
    apply: (key, manifest) => write("apply", key, manifest),
    delete: (key) =>
      Effect.sync(() => {
        writes.push({ verb: "delete", key, manifest: undefined })
        stored.delete(nameOf(key.kind.kind, key.namespace, key.name))
      }),
    removeFinalizer: (kind, object, finalizer) =>
      Effect.sync(() => {
        const { finalizers = [], name, namespace } = object.metadata
        if (!finalizers.includes(finalizer)) return
        writes.push({ verb: "removeFinalizer", key: ObjectMeta.keyOf(kind, object), manifest: undefined })
        const metadata = { ...object.metadata, finalizers: finalizers.filter((name) => name !== finalizer) }
        stored.set(nameOf(kind.kind, namespace, name), { ...object, metadata })
      })
  })
  return {
    layer: Layer.mergeAll(
      Layer.succeed(KubernetesApi.KubernetesApi, api),
      Layer.succeed(ObjectCache.ObjectCache, { get: (key) => Effect.sync(() => find(key)), list }),
      Layer.succeed(PeerDiscovery.PeerDiscovery, { nodeId: noDiscovery, instances: noDiscovery }),
      Layer.succeed(SyncerRegistry.SyncerRegistry, { entries: (chainId) => Effect.sync(() => syncers(chainId)) }),
      Layer.mock(TaskAgent.TaskAgent, { health: () => Effect.succeed("Ready"), poll: () => Effect.succeedNone })
    ),
    takeWrites: () => {
      const taken = writes
      writes = []
      return taken
    }
  }
}

const nameOf = (kind: string, namespace = "", name: string): string => `${kind} ${namespace}/${name}`

/** The object after a write, with the fields that planning reads. */
const asStored = (
  { name, namespace }: ObjectMeta.ObjectKey,
  manifest: ObjectMeta.Manifest,
  previous: ObjectMeta.KubernetesObject | undefined
): ObjectMeta.KubernetesObject => {
  const body: unknown = JSON.parse(JSON.stringify({ ...previous, ...manifest }))
  const { generation = 0, resourceVersion = ObjectMeta.ResourceVersion.make("0"), uid = "" } = previous?.metadata ?? {}
  const metadata = { ...manifest.metadata, name, namespace, uid, resourceVersion, generation: generation + 1 }
  const object = { ...Object(body), metadata }
  if (!ObjectMeta.isKubernetesObject(object)) throw new Error(`${name} is not a Kubernetes object`)
  return object
}
