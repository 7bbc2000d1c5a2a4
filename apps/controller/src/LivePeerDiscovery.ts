/** Discovers peers: node ids from the peers' sidecars, EC2 instances by tag. Results and failures are cached. */
import { PeerDiscovery } from "@portolan/sei"
import * as Cache from "effect/Cache"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Ec2Instances from "./aws/Ec2Instances.ts"
import { errorText, SidecarClient } from "./sidecar/SidecarClient.ts"

type Discovery = PeerDiscovery.PeerDiscovery["Service"]

const NODE_ID_TIMEOUT_MS = 2_000
/** A node keeps its id when its pod is replaced. */
const NODE_ID_TTL = "10 minutes"
const INSTANCES_TTL = "5 minutes"
/** A failure is cached too, so that many nodes do not repeat a request that just failed. */
const FAILURE_TTL = "30 seconds"
const CAPACITY = 10_000

/** Concurrent lookups of one key share one request. */
export const layerWith = (search: Discovery["instances"]) =>
  Layer.effect(
    PeerDiscovery.PeerDiscovery,
    Effect.gen(function* () {
      const client = yield* SidecarClient
      const nodeIds = yield* cached(nodeId(client), NODE_ID_TTL)
      const instances = yield* cached(search, INSTANCES_TTL)
      return { nodeId: (address) => Cache.get(nodeIds, address), instances: (source) => Cache.get(instances, source) }
    })
  )

export const layer = layerWith(Ec2Instances.search())

const cached = <Key, A>(lookup: (key: Key) => Effect.Effect<A, PeerDiscovery.PeerUnknown>, ttl: Duration.Input) =>
  Cache.makeWith(lookup, {
    capacity: CAPACITY,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? ttl : FAILURE_TTL)
  })

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ nodeId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{40}$/u)) }))
)

const nodeId =
  ({ send }: SidecarClient["Service"]): Discovery["nodeId"] =>
  (address) =>
    Effect.gen(function* () {
      const unknown = (message: string) => new PeerDiscovery.PeerUnknown({ message: `${address}: ${message}` })
      const response = yield* send(address, { method: "GET", path: "/v0/node-id", timeoutMs: NODE_ID_TIMEOUT_MS }).pipe(
        Effect.mapError(({ message }) => unknown(message))
      )
      const decoded = response.status < 300 ? decode(response.text) : Option.none()
      if (Option.isSome(decoded)) return decoded.value.nodeId
      return yield* unknown(`no valid node id in the response: ${errorText(response)}`)
    })
