/** SyncerRegistry and PeerDiscovery in memory. A test sets their answers and reads how often they were called. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Instance, PeerDiscovery, PeerUnknown } from "../shared/services/PeerDiscovery.ts"
import { RegistryUnreadable, SyncerRegistry } from "../shared/services/SyncerRegistry.ts"

/** The mutable answers of both services. */
export interface Discovery {
  /** Entries of the registry by chain. */
  readonly syncers: Map<string, ReadonlyArray<string>>
  /** Why the registry cannot be read; empty when it can. */
  registryError: string
  /** Node ids by sidecar address. A sidecar without an entry does not answer. */
  readonly nodeIds: Map<string, string>
  /** Instances by region. A region without an entry does not answer. */
  readonly instances: Map<string, ReadonlyArray<Instance>>
  /** The number of calls of each method. */
  readonly calls: { registry: number; nodeId: number; instances: number }
}

export class InMemoryDiscovery extends Context.Service<InMemoryDiscovery, Discovery>()(
  "@portolan/sei/testing/InMemoryDiscovery"
) {}

export const layer: Layer.Layer<InMemoryDiscovery | PeerDiscovery | SyncerRegistry> = Layer.effectContext(
  Effect.sync(() => {
    const discovery: Discovery = {
      syncers: new Map(),
      registryError: "",
      nodeIds: new Map(),
      instances: new Map(),
      calls: { registry: 0, nodeId: 0, instances: 0 }
    }
    return Context.make(InMemoryDiscovery, discovery).pipe(
      Context.add(SyncerRegistry, {
        entries: (chainId) =>
          Effect.suspend(() => {
            discovery.calls.registry += 1
            return discovery.registryError === ""
              ? Effect.succeed(discovery.syncers.get(chainId) ?? [])
              : Effect.fail(new RegistryUnreadable({ message: discovery.registryError }))
          })
      }),
      Context.add(PeerDiscovery, {
        nodeId: (address) =>
          Effect.suspend(() => {
            discovery.calls.nodeId += 1
            return orUnknown(discovery.nodeIds.get(address), address)
          }),
        instances: ({ region }) =>
          Effect.suspend(() => {
            discovery.calls.instances += 1
            return orUnknown(discovery.instances.get(region), region)
          })
      })
    )
  })
)

const orUnknown = <A>(answer: A | undefined, key: string): Effect.Effect<A, PeerUnknown> =>
  answer === undefined ? Effect.fail(new PeerUnknown({ message: `${key} does not answer` })) : Effect.succeed(answer)
