import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as World from "../world/World.ts"

const ID = (letter: string) => letter.repeat(40)
const address = (name: string, namespace = World.NAMESPACE) => `${name}-0.${name}.${namespace}.svc.cluster.local:26656`
const LABEL = [{ label: { selector: { team: "a" } } }]
const EC2 = { ec2Tags: { region: "eu-central-1", tags: { chain: "pacific-1" } } }

/** Another node that runs, and says who it is if it has an id. */
const peer = (world: World.World, name: string, id: string | undefined, spec: World.Json = {}) =>
  Effect.gen(function* () {
    yield* world.create(spec, { name, labels: { team: "a" } })
    yield* world.settleOther(name)
    if (id !== undefined) world.finders.nodeIds.set(World.sidecarOf(name), id)
  })

const peersOf = (world: World.World) => world.status().resolvedPeers

describe("peers of a node", () => {
  it.effect("are the nodes with its labels, by id and address, sorted, without itself (scenario 77)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* peer(world, "node-2", ID("b"))
      yield* peer(world, "node-1", ID("a"), { externalAddress: "p.example.dev:30000" })
      yield* world.create({ peers: LABEL }, { labels: { team: "a" } })
      world.finders.nodeIds.set(World.sidecarOf(World.NAME), ID("f"))
      yield* world.turn
      const expected = [`${ID("a")}@p.example.dev:30000`, `${ID("b")}@${address("node-2")}`]
      assert.deepStrictEqual(peersOf(world), expected)
      const { overrides } = World.asObject(World.task(world.plan(), "config-apply").params)
      assert.strictEqual(World.asObject(overrides)["network.p2p.persistent_peers"], expected.join(","))
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("keep the entry of one that does not answer, and leave out one that never did (scenario 78)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* peer(world, "node-1", ID("a"))
      yield* peer(world, "node-2", undefined)
      yield* world.create({ peers: LABEL })
      yield* world.settle()
      const known = [`${ID("a")}@${address("node-1")}`]
      assert.deepStrictEqual(peersOf(world), known)
      world.finders.nodeIds.clear()
      yield* world.turn
      assert.deepStrictEqual(peersOf(world), known)
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("are united with those of before when a search fails, and leave out what cannot be one (scenario 79)", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      const tags = (id: string, more = {}) => ({ "sei.io/node-id": id, ...more })
      world.finders.instances.set("eu-central-1", [
        { tags: tags(ID("c"), { "sei.io/p2p-port": "30001" }), hosts: ["", "1.2.3.4"] },
        { tags: tags(ID("d")), hosts: ["d.example.dev"] },
        { tags: tags("not-hex"), hosts: ["e.example.dev"] },
        { tags: tags(ID("e")), hosts: ["bad,host"] },
        { tags: tags(ID("e")), hosts: [undefined, ""] }
      ])
      yield* world.create({ peers: [EC2, { static: { addresses: ["z@static:1"] } }] })
      yield* world.settle()
      const found = [`${ID("c")}@1.2.3.4:30001`, `${ID("d")}@d.example.dev:26656`, "z@static:1"]
      assert.deepStrictEqual(peersOf(world), found)
      world.finders.instances.clear()
      yield* world.edit({ peers: [EC2, { static: { addresses: ["y@static:2"] } }] })
      yield* world.settle()
      assert.deepStrictEqual(peersOf(world), [...found.slice(0, 2), "y@static:2", "z@static:1"])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect("INV-5: that stay the same are written once, and asked for without a request to the server", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* peer(world, "node-1", ID("a"))
      yield* world.create({ peers: LABEL })
      yield* world.settle()
      yield* world.ledger.clear
      yield* Effect.repeat(world.turn, { times: 3 })
      assert.deepStrictEqual(World.requests(yield* world.calls), {})
    }).pipe(Effect.provide(World.layer))
  )
})

const SERVES = { fullNode: {}, archive: {} }
const IS_SILENT = { validator: { validator: {} } }

describe("addresses of a running node", () => {
  for (const [name, spec] of Object.entries(SERVES)) {
    it.effect(`are told for ${name}, and stay (scenario 80)`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create({ [name]: spec })
        yield* world.settle()
        const told = {
          evmJsonRpc: "http://node-0.sei.svc:8545",
          evmWs: "ws://node-0.sei.svc:8546",
          tendermintRpc: "http://node-0.sei.svc:26657",
          tendermintRest: "http://node-0.sei.svc:1317"
        }
        assert.deepStrictEqual(world.status().endpoint, told)
        yield* world.edit({ image: "sei:v2" })
        yield* world.turn
        assert.deepStrictEqual(world.status().endpoint, told)
      }).pipe(Effect.provide(World.layer))
    )
  }

  for (const [name, spec] of Object.entries(IS_SILENT)) {
    it.effect(`are none for ${name} (scenario 80)`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* world.create(spec)
        yield* world.settle()
        assert.strictEqual(world.status().phase, "Running")
        assert.notProperty(world.status(), "endpoint")
      }).pipe(Effect.provide(World.layer))
    )
  }
})
