/** The configured state syncers of each chain. Operators edit the list while the controller runs. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The registry exists and cannot be read. */
export class RegistryUnreadable extends Schema.TaggedError<RegistryUnreadable>()("RegistryUnreadable", {
  message: Schema.String
}) {}

export class SyncerRegistry extends Context.Service<
  SyncerRegistry,
  {
    /**
     * The entries of a chain, read anew by every call and never cached; empty when there is no registry or no such
     * chain. An entry may hold several syncers, separated by commas or white space.
     */
    readonly entries: (chainId: string) => Effect.Effect<ReadonlyArray<string>, RegistryUnreadable>
  }
>()("@portolan/sei/services/SyncerRegistry") {}
