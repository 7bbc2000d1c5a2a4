/** Who may vouch for the state of a chain: a list that people keep, and change while the controller runs. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The registry is there and cannot be read. */
export class RegistryUnreadable extends Schema.TaggedError<RegistryUnreadable>()("RegistryUnreadable", {
  message: Schema.String
}) {}

export class SyncerRegistry extends Context.Service<
  SyncerRegistry,
  {
    /**
     * The entries of a chain as they are written now, never from memory; empty when there is no registry or no such
     * chain. An entry may name several, separated by commas or white space.
     */
    readonly entries: (chainId: string) => Effect.Effect<ReadonlyArray<string>, RegistryUnreadable>
  }
>()("@portolan/sei/services/SyncerRegistry") {}
