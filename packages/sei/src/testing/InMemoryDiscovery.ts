/** A registry of state syncers and a phone book of peers, in memory: a test says what they hold, and counts what was asked. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Instance } from "../node/plan/Peers.ts"
import { PeerDiscovery, PeerUnknown } from "../shared/services/PeerDiscovery.ts"
import { RegistryUnreadable, SyncerRegistry } from "../shared/services/SyncerRegistry.ts"

/** What a test changes as it goes on. */
export interface Finders {
  /** Entries by chain. */
  readonly syncers: Map<string, ReadonlyArray<string>>
  /** Why the registry cannot be read; empty when it can. */
  registryError: string
  /** Identities by sidecar address; an address that is not here does not answer. */
  readonly nodeIds: Map<string, string>
  /** Machines by region; a region that is not here does not answer. */
  readonly instances: Map<string, ReadonlyArray<Instance>>
  /** How often each question was asked. */
  readonly asked: { registry: number; nodeId: number; instances: number }
}

export class InMemoryFinders extends Context.Service<InMemoryFinders, Finders>()(
  "@portolan/sei/testing/InMemoryFinders"
) {}

export const layer: Layer.Layer<InMemoryFinders | PeerDiscovery | SyncerRegistry> = Layer.effectContext(
  Effect.sync(() => {
    const finders: Finders = {
      syncers: new Map(),
      registryError: "",
      nodeIds: new Map(),
      instances: new Map(),
      asked: { registry: 0, nodeId: 0, instances: 0 }
    }
    return Context.make(InMemoryFinders, finders).pipe(
      Context.add(SyncerRegistry, {
        entries: (chainId) =>
          Effect.suspend(() => {
            finders.asked.registry += 1
            return finders.registryError === ""
              ? Effect.succeed(finders.syncers.get(chainId) ?? [])
              : Effect.fail(new RegistryUnreadable({ message: finders.registryError }))
          })
      }),
      Context.add(PeerDiscovery, {
        nodeId: (address) =>
          Effect.suspend(() => {
            finders.asked.nodeId += 1
            return orUnknown(finders.nodeIds.get(address), address)
          }),
        instances: ({ region }) =>
          Effect.suspend(() => {
            finders.asked.instances += 1
            return orUnknown(finders.instances.get(region), region)
          })
      })
    )
  })
)

const orUnknown = <A>(found: A | undefined, who: string): Effect.Effect<A, PeerUnknown> =>
  found === undefined ? Effect.fail(new PeerUnknown({ message: `${who} does not answer` })) : Effect.succeed(found)
