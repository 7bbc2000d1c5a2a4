import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

const ID = (letter: string) => letter.repeat(40)
const address = (name: string, namespace = NodeCluster.NAMESPACE) =>
  `${name}-0.${name}.${namespace}.svc.cluster.local:26656`
const LABEL = [{ label: { selector: { team: "a" } } }]
const EC2 = { ec2Tags: { region: "eu-central-1", tags: { chain: "pacific-1" } } }

/** Creates another running node. Its sidecar answers with an id if one is given. */
const createPeer = (
  cluster: NodeCluster.NodeCluster,
  name: string,
  id: string | undefined,
  spec: NodeCluster.Json = {}
) =>
  Effect.gen(function* () {
    yield* cluster.create(spec, { name, labels: { team: "a" } })
    yield* cluster.converge({ name })
    if (id !== undefined) cluster.discovery.nodeIds.set(NodeCluster.sidecarOf(name), id)
  })

const peersOf = (cluster: NodeCluster.NodeCluster) => cluster.status().resolvedPeers

describe("peers of a node", () => {
  it.effect("are the other nodes with the selected labels, by id and address, sorted (scenario 77)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* createPeer(cluster, "node-2", ID("b"))
      yield* createPeer(cluster, "node-1", ID("a"), { externalAddress: "p.example.dev:30000" })
      yield* cluster.create({ peers: LABEL }, { labels: { team: "a" } })
      cluster.discovery.nodeIds.set(NodeCluster.sidecarOf(NodeCluster.NAME), ID("f"))
      yield* cluster.reconcile
      const expected = [`${ID("a")}@p.example.dev:30000`, `${ID("b")}@${address("node-2")}`]
      assert.deepStrictEqual(peersOf(cluster), expected)
      const { overrides } = NodeCluster.asObject(NodeCluster.task(cluster.plan(), "config-apply").params)
      assert.strictEqual(NodeCluster.asObject(overrides)["network.p2p.persistent_peers"], expected.join(","))
    })
  )

  it.effect(
    "keep the entry of a peer that stops answering, and leave out a peer that never answered (scenario 78)",
    () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* createPeer(cluster, "node-1", ID("a"))
        yield* createPeer(cluster, "node-2", undefined)
        yield* cluster.create({ peers: LABEL })
        yield* cluster.converge()
        const known = [`${ID("a")}@${address("node-1")}`]
        assert.deepStrictEqual(peersOf(cluster), known)
        cluster.discovery.nodeIds.clear()
        yield* cluster.reconcile
        assert.deepStrictEqual(peersOf(cluster), known)
        yield* cluster.expectInvariants
      })
  )

  it.effect("include earlier ones when a search fails, and leave out invalid ones (scenario 79)", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      const tags = (id: string, more = {}) => ({ "sei.io/node-id": id, ...more })
      cluster.discovery.instances.set("eu-central-1", [
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
      cluster.discovery.instances.clear()
      yield* cluster.edit({ peers: [EC2, { static: { addresses: ["y@static:2"] } }] })
      yield* cluster.converge()
      assert.deepStrictEqual(peersOf(cluster), [...found.slice(0, 2), "y@static:2", "z@static:1"])
      yield* cluster.expectInvariants
    })
  )

  it.effect("INV-5: that do not change are written once, and resolved without a request to the API server", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* createPeer(cluster, "node-1", ID("a"))
      yield* cluster.create({ peers: LABEL })
      yield* cluster.converge()
      yield* cluster.callLog.clear
      yield* Effect.repeat(cluster.reconcile, { times: 3 })
      assert.deepStrictEqual(NodeCluster.requests(yield* cluster.calls), {})
    })
  )
})

const WITH_ENDPOINT = { fullNode: {}, archive: {} }
const WITHOUT_ENDPOINT = { validator: { validator: {} } }

describe("the endpoint in the status of a running node", () => {
  for (const [name, spec] of Object.entries(WITH_ENDPOINT)) {
    it.effect(`is shown for ${name}, and stays (scenario 80)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create({ [name]: spec })
        yield* cluster.converge()
        const endpoint = {
          evmJsonRpc: "http://node-0.sei.svc:8545",
          evmWs: "ws://node-0.sei.svc:8546",
          tendermintRpc: "http://node-0.sei.svc:26657",
          tendermintRest: "http://node-0.sei.svc:1317"
        }
        assert.deepStrictEqual(cluster.status().endpoint, endpoint)
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.reconcile
        assert.deepStrictEqual(cluster.status().endpoint, endpoint)
      })
    )
  }

  for (const [name, spec] of Object.entries(WITHOUT_ENDPOINT)) {
    it.effect(`is absent for ${name} (scenario 80)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* cluster.create(spec)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.notProperty(cluster.status(), "endpoint")
      })
    )
  }
})
