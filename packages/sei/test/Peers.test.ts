/** The peers of a node, from what was discovered. */
import { assert, describe, it } from "@effect/vitest"
import * as Peers from "../src/node/plan/Peers.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const ID = "f83276dd2ab3d943a9a25a5b647529b996f32070"

describe("the address of a peer", () => {
  const addressOf = (spec: NonNullable<Fixtures.NodeParts["spec"]>) => Peers.addressOf(Fixtures.stored({ spec }))

  it("is its external address, or that of its pod", () => {
    assert.strictEqual(addressOf({ externalAddress: "a.example.dev:1" }), "a.example.dev:1")
    const pod = "node-0-0.node-0.sei.svc.cluster.local:26656"
    assert.strictEqual(addressOf({}), pod)
    assert.strictEqual(addressOf({ externalAddress: "" }), pod)
  })

  it("has the namespace default, if the object has none", () => {
    const { namespace: _, ...metadata } = Fixtures.stored().metadata
    assert.strictEqual(
      Peers.addressOf({ ...Fixtures.stored(), metadata }),
      "node-0-0.node-0.default.svc.cluster.local:26656"
    )
  })
})

describe("a previous peer", () => {
  it("is found by its address, whatever its id is", () => {
    const previous = ["x@a:1", "y@b:1"]
    assert.strictEqual(Peers.previousPeer(previous, "b:1"), "y@b:1")
    assert.isUndefined(Peers.previousPeer(previous, "c:1"))
  })

  it("stays after a failed discovery; all peers are sorted, without duplicates", () => {
    const found = { _tag: "Peers", peers: ["c", "a"] } as const
    assert.deepStrictEqual(Peers.combine([found, { _tag: "KeepPrevious" }, found], ["b", "a"]), ["a", "b", "c"])
    assert.deepStrictEqual(Peers.combine([found], ["b"]), ["a", "c"])
  })
})

describe("the peer of an instance", () => {
  const peerOf = (tags: { readonly [key: string]: string }, ...hosts: ReadonlyArray<string | undefined>) =>
    Peers.fromInstance({ tags, hosts: hosts.length === 0 ? ["a.example.dev"] : hosts })
  const tags = { "sei.io/node-id": ID }

  it("has its id, its first host and its port, or the usual one", () => {
    assert.strictEqual(peerOf({ ...tags, "sei.io/p2p-port": "1" }), `${ID}@a.example.dev:1`)
    assert.strictEqual(peerOf(tags, undefined, "", "b.example.dev", "c"), `${ID}@b.example.dev:26656`)
  })

  it.each([
    ["2147483647", 2_147_483_647],
    ["2147483648", 26_656],
    ["0", 26_656],
    ["-1", 26_656],
    ["1.5", 26_656],
    ["", 26_656],
    ["many", 26_656]
  ])("with the port tag %j has port %i", (port, expected) => {
    assert.strictEqual(peerOf({ ...tags, "sei.io/p2p-port": port }), `${ID}@a.example.dev:${expected}`)
  })

  it.each([
    ["has no id", {}, "a"],
    ["has an id that is too long", { "sei.io/node-id": `0${ID}` }, "a"],
    ["has an id with more after it", { "sei.io/node-id": `${ID} ` }, "a"],
    ["has an id in capitals", { "sei.io/node-id": ID.toUpperCase() }, "a"],
    ["has no host", tags, ""],
    ["has a host with a comma", tags, "a,b"],
    ["has a host with a space", tags, "a b"],
    ["has a host with a line break", tags, "a\n"]
  ])("is left out, if it %s", (_, labels, host) => {
    assert.isUndefined(peerOf(labels, host))
  })
})

describe("a label source of a node", () => {
  const node = { name: "node-0", namespace: "sei" }
  const selects = (label: object | undefined, metadata: object = {}) => {
    const peer = Fixtures.stored()
    const labels = { role: "full", zone: "a" }
    return Peers.selects(node, label === undefined ? {} : { label: { selector: {}, ...label } }, {
      ...peer,
      metadata: { ...peer.metadata, name: "node-1", labels, ...metadata }
    })
  }

  it("selects other nodes of its namespace by all of its labels, and never the node itself", () => {
    assert.isTrue(selects({ selector: { role: "full", zone: "a" } }))
    assert.isFalse(selects({ selector: { role: "full", zone: "b" } }))
    assert.isFalse(selects({}, { name: "node-0" }))
    assert.isFalse(selects({ selector: { role: "full" } }, { labels: {} }))
  })

  it("selects nodes of the namespace that it names, also of the name of the node", () => {
    assert.isTrue(selects({ namespace: "other" }, { namespace: "other", name: "node-0" }))
    assert.isFalse(selects({ namespace: "other" }))
    assert.isFalse(selects({}, { namespace: "other" }))
    assert.isTrue(selects({ namespace: "" }))
  })

  it("takes a node without a namespace for one in default", () => {
    const { namespace: _, ...metadata } = Fixtures.stored().metadata
    const peer = { ...Fixtures.stored(), metadata: { ...metadata, name: "node-1" } }
    const source = { label: { selector: {}, namespace: "default" } }
    assert.isTrue(Peers.selects(node, source, peer))
  })

  it("selects no node without labels to select by", () => {
    assert.isFalse(selects(undefined))
  })
})
