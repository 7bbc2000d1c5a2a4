/** Who other nodes are: their sidecars know themselves, and machines are found by their tags. Answers are remembered. */
import { PeerDiscovery } from "@portolan/sei"
import * as Cache from "effect/Cache"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Instances from "./Instances.ts"
import { Sidecars, said } from "./Sidecars.ts"

type Discovery = PeerDiscovery.PeerDiscovery["Service"]

const NODE_ID_TIMEOUT_MS = 2_000
/** An identity outlives its pod. */
const NODE_ID_TTL = "10 minutes"
const INSTANCES_TTL = "5 minutes"
/** Whoever does not answer is not asked again at once. */
const FAILURE_TTL = "30 seconds"
const REMEMBERED_MAX = 10_000

/** However many ask for the same at once, one request is under way. */
export const layerWith = (search: Discovery["instances"]) =>
  Layer.effect(
    PeerDiscovery.PeerDiscovery,
    Effect.gen(function* () {
      const sidecars = yield* Sidecars
      const nodeIds = yield* remembered(nodeId(sidecars), NODE_ID_TTL)
      const instances = yield* remembered(search, INSTANCES_TTL)
      return { nodeId: (address) => Cache.get(nodeIds, address), instances: (source) => Cache.get(instances, source) }
    })
  )

export const layer = layerWith(Instances.search())

const remembered = <Key, A>(
  lookup: (key: Key) => Effect.Effect<A, PeerDiscovery.PeerUnknown>,
  success: Duration.Input
) =>
  Cache.makeWith(lookup, {
    capacity: REMEMBERED_MAX,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? success : FAILURE_TTL)
  })

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ nodeId: Schema.String.check(Schema.isPattern(/^[0-9a-f]{40}$/u)) }))
)

const nodeId =
  ({ send }: Sidecars["Service"]): Discovery["nodeId"] =>
  (address) =>
    Effect.gen(function* () {
      const response = yield* send(address, { method: "GET", path: "/v0/node-id", timeoutMs: NODE_ID_TIMEOUT_MS }).pipe(
        Effect.mapError(({ message }) => new PeerDiscovery.PeerUnknown({ message: `${address}: ${message}` }))
      )
      const found = response.status < 300 ? decode(response.text) : Option.none()
      if (Option.isSome(found)) return found.value.nodeId
      return yield* new PeerDiscovery.PeerUnknown({ message: `${address}: does not say who it is: ${said(response)}` })
    })
