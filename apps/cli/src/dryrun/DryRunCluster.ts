/** A world that is only looked at: writes are noted and seen by later reads, and reach nobody. */
import { KubernetesApi, ObjectCache, ObjectMeta, TaskAgent } from "@portolan/planner"
import { PeerDiscovery, SyncerRegistry } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

/** A write that did not happen. */
export interface WouldWrite {
  readonly verb: "create" | "apply" | "delete" | "removeFinalizer"
  readonly key: ObjectMeta.ObjectKey
  /** What would be sent; `undefined` for a delete and for a finalizer. */
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
  /** Writes since the last time this was asked. */
  readonly take: () => ReadonlyArray<WouldWrite>
}

export interface Contents {
  readonly objects: ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly syncers: (chainId: string) => ReadonlyArray<string>
}

const nobody = () => Effect.fail(new PeerDiscovery.PeerUnknown({ message: "a dry run asks nobody" }))

/** Agents answer that they are ready and know no task; nothing can be submitted. Nobody says who a peer is. */
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
  let writes: Array<WouldWrite> = []
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
    removeFinalizer: (kind, observation, finalizer) =>
      Effect.sync(() => {
        const { finalizers = [], name, namespace } = observation.metadata
        if (!finalizers.includes(finalizer)) return
        writes.push({ verb: "removeFinalizer", key: ObjectMeta.keyOf(kind, observation), manifest: undefined })
        const metadata = { ...observation.metadata, finalizers: finalizers.filter((each) => each !== finalizer) }
        stored.set(nameOf(kind.kind, namespace, name), { ...observation, metadata })
      })
  })
  return {
    layer: Layer.mergeAll(
      Layer.succeed(KubernetesApi.KubernetesApi, api),
      Layer.succeed(ObjectCache.ObjectCache, { get: (key) => Effect.sync(() => find(key)), list }),
      Layer.succeed(PeerDiscovery.PeerDiscovery, { nodeId: nobody, instances: nobody }),
      Layer.succeed(SyncerRegistry.SyncerRegistry, { entries: (chainId) => Effect.sync(() => syncers(chainId)) }),
      Layer.mock(TaskAgent.TaskAgent, { health: () => Effect.succeed("Ready"), poll: () => Effect.succeedNone })
    ),
    take: () => {
      const taken = writes
      writes = []
      return taken
    }
  }
}

const nameOf = (kind: string, namespace = "", name: string): string => `${kind} ${namespace}/${name}`

/** What a server would hold after the write, as far as a plan looks at it. */
const asStored = (
  { name, namespace }: ObjectMeta.ObjectKey,
  manifest: ObjectMeta.Manifest,
  before: ObjectMeta.KubernetesObject | undefined
): ObjectMeta.KubernetesObject => {
  const body: unknown = JSON.parse(JSON.stringify({ ...before, ...manifest }))
  const { generation = 0, resourceVersion = ObjectMeta.ResourceVersion.make("0"), uid = "" } = before?.metadata ?? {}
  const metadata = { ...manifest.metadata, name, namespace, uid, resourceVersion, generation: generation + 1 }
  const object = { ...Object(body), metadata }
  if (!ObjectMeta.isKubernetesObject(object)) throw new Error(`${name} is no object`)
  return object
}
