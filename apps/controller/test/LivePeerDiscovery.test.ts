import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import { PeerDiscovery } from "@portolan/sei"
import { AgentServer, InMemoryAgent } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as LivePeerDiscovery from "../src/LivePeerDiscovery.ts"
import * as SidecarClient from "../src/sidecar/SidecarClient.ts"

const ADDRESS = TaskAgent.AgentAddress.make("http://node-0-0.node-0.sei.svc.cluster.local:8443")
const ID = "f83276dd2ab3d943a9a25a5b647529b996f32070"

/** A sidecar that responds after one second; `body: undefined` refuses the connection. */
interface Sidecar {
  body: string | undefined
  readonly status?: number
  readonly requests: Array<string>
}

const clientOf = (sidecar: Sidecar) =>
  Layer.succeed(SidecarClient.SidecarClient, {
    send: (address, { path, timeoutMs }) =>
      Effect.gen(function* () {
        assert.strictEqual(timeoutMs, 2_000)
        sidecar.requests.push(path)
        yield* Effect.sleep("1 second")
        return sidecar.body === undefined
          ? yield* new TaskAgent.AgentError({ address, reason: SidecarClient.unreachable("connection refused") })
          : { status: sidecar.status ?? 200, text: sidecar.body }
      })
  })

const nodeId = PeerDiscovery.PeerDiscovery.use((peers) => peers.nodeId(ADDRESS))
const noInstances = () => Effect.fail(new PeerDiscovery.PeerUnknown({ message: "no EC2 in this test" }))

const withSidecar = <A, E>(sidecar: Sidecar, use: Effect.Effect<A, E, PeerDiscovery.PeerDiscovery>) =>
  Effect.provide(use, LivePeerDiscovery.layerWith(noInstances).pipe(Layer.provide(clientOf(sidecar))))

/** Runs an effect while the clock advances by one second. */
const forOneSecond = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.all([effect, TestClock.adjust("1 second")], { concurrency: "unbounded" }).pipe(
    Effect.map(([result]) => result)
  )

/** A search that takes one second; `found: undefined` fails. */
interface Search {
  found: ReadonlyArray<PeerDiscovery.Instance> | undefined
  count: number
}

const source = { region: "eu-central-1", tags: { chain: "pacific-1" } }
const instances = PeerDiscovery.PeerDiscovery.use((peers) => peers.instances(source))

const withSearch = <A, E>(search: Search, use: Effect.Effect<A, E, PeerDiscovery.PeerDiscovery>) => {
  const layer = LivePeerDiscovery.layerWith(() =>
    Effect.gen(function* () {
      search.count++
      yield* Effect.sleep("1 second")
      return search.found ?? (yield* new PeerDiscovery.PeerUnknown({ message: "throttled" }))
    })
  )
  return Effect.provide(use, layer.pipe(Layer.provide(Layer.mock(SidecarClient.SidecarClient, {}))))
}

describe("LivePeerDiscovery", () => {
  it.effect("takes no node id from the body of a redirection", () => {
    const sidecar: Sidecar = { body: JSON.stringify({ nodeId: ID }), status: 300, requests: [] }
    return withSidecar(sidecar, forOneSecond(Effect.asVoid(Effect.flip(nodeId))))
  })

  it.effect("sends one request for concurrent lookups of a node id, and caches the id for ten minutes", () => {
    const sidecar: Sidecar = { body: JSON.stringify({ nodeId: ID }), requests: [] }
    return withSidecar(
      sidecar,
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* forOneSecond(Effect.all([nodeId, nodeId], { concurrency: 2 })), [ID, ID])
        yield* TestClock.adjust("9 minutes")
        assert.strictEqual(yield* forOneSecond(nodeId), ID)
        assert.deepStrictEqual(sidecar.requests, ["/v0/node-id"])
        yield* TestClock.adjust("59 seconds")
        yield* forOneSecond(nodeId)
        assert.strictEqual(sidecar.requests.length, 2)
      })
    )
  })

  it.effect("searches instances for each region and each set of tags", () => {
    const layer = LivePeerDiscovery.layerWith(({ region, tags }) => Effect.succeed([{ tags, hosts: [region] }])).pipe(
      Layer.provide(clientOf({ body: "{}", requests: [] }))
    )
    return Effect.gen(function* () {
      const peers = yield* PeerDiscovery.PeerDiscovery
      for (const other of [source, { ...source, region: "us-east-1" }, { ...source, tags: { chain: "arctic-1" } }]) {
        assert.deepStrictEqual(yield* peers.instances(other), [{ tags: other.tags, hosts: [other.region] }])
      }
    }).pipe(Effect.provide(layer))
  })

  it.effect("searches instances again after five minutes", () => {
    const searches: Array<string> = []
    const search = ({ region }: { readonly region: string }) =>
      Effect.sync(() => [{ tags: {}, hosts: [`10.0.0.${searches.push(region)}`] }])
    const layer = LivePeerDiscovery.layerWith(search).pipe(Layer.provide(clientOf({ body: "{}", requests: [] })))
    const found = PeerDiscovery.PeerDiscovery.use((peers) =>
      Effect.map(peers.instances({ region: "eu-central-1", tags: {} }), (all) => all.map(({ hosts }) => hosts[0]))
    )
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* found, ["10.0.0.1"])
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* found, ["10.0.0.1"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* found, ["10.0.0.2"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("caches the failure of a sidecar for half a minute", () => {
    const sidecar: Sidecar = { body: undefined, requests: [] }
    return withSidecar(
      sidecar,
      Effect.gen(function* () {
        const error = yield* forOneSecond(Effect.flip(nodeId))
        assert.include(error.message, "connection refused")
        sidecar.body = JSON.stringify({ nodeId: ID })
        yield* TestClock.adjust("29 seconds")
        yield* Effect.flip(nodeId)
        assert.strictEqual(sidecar.requests.length, 1)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* forOneSecond(nodeId), ID)
      })
    )
  })

  it.effect("searches once for concurrent lookups of instances, and caches them for five minutes", () => {
    const search: Search = { found: [{ tags: {}, hosts: ["192.0.2.1"] }], count: 0 }
    return withSearch(
      search,
      Effect.gen(function* () {
        const [first, second] = yield* forOneSecond(Effect.all([instances, instances], { concurrency: 2 }))
        assert.deepStrictEqual([first, second], [search.found, search.found])
        yield* TestClock.adjust("299 seconds")
        yield* instances
        assert.strictEqual(search.count, 1)
        yield* TestClock.adjust("1 second")
        yield* forOneSecond(instances)
        assert.strictEqual(search.count, 2)
      })
    )
  })

  it.effect("caches a failed search for half a minute", () => {
    const search: Search = { found: undefined, count: 0 }
    return withSearch(
      search,
      Effect.gen(function* () {
        yield* forOneSecond(Effect.flip(instances))
        search.found = []
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual((yield* Effect.flip(instances)).message, "throttled")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* forOneSecond(instances), [])
        assert.strictEqual(search.count, 2)
      })
    )
  })

  it.effect(
    "completes a lookup for one caller when another one is interrupted, and does not cache an interruption",
    () => {
      const search: Search = { found: [], count: 0 }
      return withSearch(
        search,
        Effect.gen(function* () {
          const lookup = Effect.forkChild(instances, { startImmediately: true })
          yield* Effect.flatMap(lookup, Fiber.interrupt)
          const cancelled = yield* lookup
          const waiting = yield* lookup
          yield* Fiber.interrupt(cancelled)
          assert.deepStrictEqual(yield* forOneSecond(Fiber.join(waiting)), [])
          assert.strictEqual(search.count, 2)
        })
      )
    }
  )

  it.live("reaches a sidecar through the same client as its tasks", () =>
    Effect.gen(function* () {
      const agents = InMemoryAgent.make()
      const { url } = yield* AgentServer.make({ agents })
      const client = SidecarClient.layer({ tokenFile: undefined, httpProxy: url, noProxy: undefined })
      const layer = LivePeerDiscovery.layerWith(noInstances).pipe(Layer.provide(client))
      assert.strictEqual(yield* Effect.provide(nodeId, layer), agents.at(ADDRESS).nodeId)
    }).pipe(Effect.scoped)
  )

  it.effect.each(["{}", "no JSON", JSON.stringify({ nodeId: "" }), JSON.stringify({ nodeId: `${ID}0` })])(
    "rejects the response %s",
    (body) =>
      withSidecar(
        { body, requests: [] },
        Effect.gen(function* () {
          const error = yield* forOneSecond(Effect.flip(nodeId))
          assert.include(error.message, `${ADDRESS}: no valid node id in the response`)
        })
      )
  )
})
