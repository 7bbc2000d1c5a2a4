/** Looks up peers outside the API server: node ids at sidecars, instances at the cloud provider. */
import type { TaskAgent } from "@portolan/planner"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The lookup failed. The caller keeps the peers that it already knows. */
export class PeerUnknown extends Schema.TaggedError<PeerUnknown>()("PeerUnknown", { message: Schema.String }) {}

/** An instance of the cloud provider. */
export interface Instance {
  readonly tags: { readonly [key: string]: string }
  /** Public DNS name, public IP, private DNS name, private IP. The first one that is set is used. */
  readonly hosts: ReadonlyArray<string | undefined>
}

export class PeerDiscovery extends Context.Service<
  PeerDiscovery,
  {
    /**
     * The P2P node id that a sidecar reports. A result may be cached for minutes and a failure for seconds. Answers or
     * fails within two seconds, so that an unresponsive sidecar does not delay a reconcile.
     */
    readonly nodeId: (address: TaskAgent.AgentAddress) => Effect.Effect<string, PeerUnknown>

    /** Running instances in a region that have all tags. A result may be cached for minutes. */
    readonly instances: (source: {
      readonly region: string
      readonly tags: { readonly [key: string]: string }
    }) => Effect.Effect<ReadonlyArray<Instance>, PeerUnknown>
  }
>()("@portolan/sei/services/PeerDiscovery") {}
