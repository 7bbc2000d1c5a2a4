import { assert, describe, it } from "@effect/vitest"
import * as ConfigIntent from "../src/resources/ConfigIntent.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const PEERS = "network.p2p.persistent_peers"
const EXTERNAL = "network.p2p.external_address"
const overrides = (spec: NonNullable<Fixtures.NodeParts["spec"]>) =>
  ConfigIntent.apply(Fixtures.node({ spec })).overrides

describe("ConfigIntent", () => {
  it("logs errors, unless the user wants more (scenario 25)", () => {
    assert.strictEqual(overrides({})["logging.level"], "error")
    assert.strictEqual(overrides({ overrides: { "logging.level": "debug" } })["logging.level"], "debug")
  })

  it("takes the user's word for the external address over the spec's field (scenario 26)", () => {
    const spec = { externalAddress: "spec:26656", overrides: { [EXTERNAL]: "user:26656" } }
    assert.strictEqual(overrides(spec)[EXTERNAL], "user:26656")
    assert.strictEqual(overrides({ externalAddress: "spec:26656" })[EXTERNAL], "spec:26656")
  })

  it("names no peers rather than none at all (scenario 27)", () => {
    assert.strictEqual(overrides({})[PEERS], "")
  })

  it("leaves an external address out that is empty or absent (scenario 28)", () => {
    assert.notProperty(overrides({}), EXTERNAL)
    assert.notProperty(overrides({ externalAddress: "" }), EXTERNAL)
  })

  it("patches address and peers under p2p with hyphens, the same way each time (scenario 55)", () => {
    const node = Fixtures.node({ spec: { externalAddress: "me:26656" }, status: { resolvedPeers: ["a@x:1", "b@y:2"] } })
    assert.deepStrictEqual(ConfigIntent.patch(node), {
      files: { "config.toml": { p2p: { "external-address": "me:26656", "persistent-peers": "a@x:1,b@y:2" } } }
    })
    assert.deepStrictEqual(ConfigIntent.patch(node), ConfigIntent.patch(node))
  })
})
