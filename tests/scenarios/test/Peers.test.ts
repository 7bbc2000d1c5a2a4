import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCluster from "../harness/NodeCluster.ts"

const ID = (letter: string) => letter.repeat(40)
const address = (name: string, namespace = TestCluster.NAMESPACE) =>
  `${name}-0.${name}.${namespace}.svc.cluster.local:26656`
const LABEL = [{ label: { selector: { team: "a" } } }]
const EC2 = { ec2Tags: { region: "eu-central-1", tags: { chain: "pacific-1" } } }

/** Another node that runs, and says who it is if it has an id. */
const peer = (cluster: TestCluster.TestCluster, name: string, id: string | undefined, spec: TestCluster.Json = {}) =>
  Effect.gen(function* () {
    yield* cluster.create(spec, { name, labels: { team: "a" } })
    yield* cluster.convergeOther(name)
    if (id !== undefined) cluster.finders.nodeIds.set(TestCluster.sidecarOf(name), id)
  })

const peersOf = (cluster: TestCluster.TestCluster) => cluster.status().resolvedPeers

describe("peers of a node", () => {
  it.effect("are the nodes with its labels, by id and address, sorted, without itself (scenario 77)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* peer(cluster, "node-2", ID("b"))
      yield* peer(cluster, "node-1", ID("a"), { externalAddress: "p.example.dev:30000" })
      yield* cluster.create({ peers: LABEL }, { labels: { team: "a" } })
      cluster.finders.nodeIds.set(TestCluster.sidecarOf(TestCluster.NAME), ID("f"))
      yield* cluster.reconcile
      const expected = [`${ID("a")}@p.example.dev:30000`, `${ID("b")}@${address("node-2")}`]
      assert.deepStrictEqual(peersOf(cluster), expected)
      const { overrides } = TestCluster.asObject(TestCluster.task(cluster.plan(), "config-apply").params)
      assert.strictEqual(TestCluster.asObject(overrides)["network.p2p.persistent_peers"], expected.join(","))
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("keep the entry of one that does not answer, and leave out one that never did (scenario 78)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* peer(cluster, "node-1", ID("a"))
      yield* peer(cluster, "node-2", undefined)
      yield* cluster.create({ peers: LABEL })
      yield* cluster.converge()
      const known = [`${ID("a")}@${address("node-1")}`]
      assert.deepStrictEqual(peersOf(cluster), known)
      cluster.finders.nodeIds.clear()
      yield* cluster.reconcile
      assert.deepStrictEqual(peersOf(cluster), known)
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("are united with those of before when a search fails, and leave out what cannot be one (scenario 79)", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      const tags = (id: string, more = {}) => ({ "sei.io/node-id": id, ...more })
      cluster.finders.instances.set("eu-central-1", [
        { tags: tags(ID("c"), { "sei.io/p2p-port": "30001" }), hosts: ["", "1.2.3.4"] },
        { tags: tags(ID("d")), hosts: ["d.example.dev"] },
        { tags: tags("not-hex"), hosts: ["e.example.dev"] },
        { tags: tags(ID("e")), hosts: ["bad,host"] },
        { tags: tags(ID("e")), hosts: [undefined, ""] }
      ])
      yield* cluster.create({ peers: [EC2, { static: { addresses: ["z@static:1"] } }] })
      yield* cluster.converge()
      const found = [`${ID("c")}@1.2.3.4:30001`, `${ID("d")}@d.example.dev:26656`, "z@static:1"]
      assert.deepStrictEqual(peersOf(cluster), found)
      cluster.finders.instances.clear()
      yield* cluster.edit({ peers: [EC2, { static: { addresses: ["y@static:2"] } }] })
      yield* cluster.converge()
      assert.deepStrictEqual(peersOf(cluster), [...found.slice(0, 2), "y@static:2", "z@static:1"])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect("INV-5: that stay the same are written once, and asked for without a request to the server", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* peer(cluster, "node-1", ID("a"))
      yield* cluster.create({ peers: LABEL })
      yield* cluster.converge()
      yield* cluster.callLog.clear
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.deepStrictEqual(TestCluster.requests(yield* cluster.calls), {})
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

const SERVES = { fullNode: {}, archive: {} }
const IS_SILENT = { validator: { validator: {} } }

describe("addresses of a running node", () => {
  for (const [name, spec] of Object.entries(SERVES)) {
    it.effect(`are told for ${name}, and stay (scenario 80)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.create({ [name]: spec })
        yield* cluster.converge()
        const notified = {
          evmJsonRpc: "http://node-0.sei.svc:8545",
          evmWs: "ws://node-0.sei.svc:8546",
          tendermintRpc: "http://node-0.sei.svc:26657",
          tendermintRest: "http://node-0.sei.svc:1317"
        }
        assert.deepStrictEqual(cluster.status().endpoint, notified)
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.reconcile
        assert.deepStrictEqual(cluster.status().endpoint, notified)
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  for (const [name, spec] of Object.entries(IS_SILENT)) {
    it.effect(`are none for ${name} (scenario 80)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* cluster.create(spec)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.notProperty(cluster.status(), "endpoint")
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})
