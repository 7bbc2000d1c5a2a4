/** Finding out who other nodes are. Neither question is about the API server. */
import type { TaskAgent } from "@portolan/planner"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Instance } from "../../node/plan/Peers.ts"

/** Nobody could say. What was known before counts. */
export class PeerUnknown extends Schema.TaggedError<PeerUnknown>()("PeerUnknown", { message: Schema.String }) {}

export class PeerDiscovery extends Context.Service<
  PeerDiscovery,
  {
    /**
     * The P2P identity of the node whose sidecar listens at an address. May be remembered for some minutes, and so may
     * a failure for some seconds; answers or fails within two seconds, so that a silent sidecar holds nobody up.
     */
    readonly nodeId: (address: TaskAgent.AgentAddress) => Effect.Effect<string, PeerUnknown>

    /** Running machines of a region that carry every tag. May be remembered for some minutes. */
    readonly instances: (source: {
      readonly region: string
      readonly tags: { readonly [key: string]: string }
    }) => Effect.Effect<ReadonlyArray<Instance>, PeerUnknown>
  }
>()("@portolan/sei/services/PeerDiscovery") {}
