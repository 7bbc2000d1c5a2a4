import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as ConfigIntent from "../src/node/resources/ConfigIntent.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const PEERS = "network.p2p.persistent_peers"
const EXTERNAL = "network.p2p.external_address"
const MODES = [
  ["full", {}],
  ["full", { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 2 } } } }],
  ["archive", { archive: {} }],
  ["full", { replayer: { snapshot: { s3: { targetHeight: 5 } } } }],
  ["validator", { validator: {} }],
  ["seed", { seed: { nodeKey: { secret: { secretName: "k" } } } }]
] as const

const overrides = (spec: NonNullable<Fixtures.NodeParts["spec"]>) =>
  ConfigIntent.apply(Fixtures.node({ spec })).overrides

describe("ConfigIntent", () => {
  it("sets the log level to error, unless spec.overrides sets another one (scenario 25)", () => {
    assert.strictEqual(overrides({})["logging.level"], "error")
    assert.strictEqual(overrides({ overrides: { "logging.level": "debug" } })["logging.level"], "debug")
  })

  it("prefers spec.overrides to spec.externalAddress (scenario 26)", () => {
    const spec = { externalAddress: "spec:26656", overrides: { [EXTERNAL]: "user:26656" } }
    assert.strictEqual(overrides(spec)[EXTERNAL], "user:26656")
    assert.strictEqual(overrides({ externalAddress: "spec:26656" })[EXTERNAL], "spec:26656")
  })

  it("sets an empty list when there are no peers (scenario 27)", () => {
    assert.strictEqual(overrides({})[PEERS], "")
  })

  it("has no external address when it is empty or absent (scenario 28)", () => {
    assert.notProperty(overrides({}), EXTERNAL)
    assert.notProperty(overrides({ externalAddress: "" }), EXTERNAL)
  })

  it("patches address and peers under p2p in hyphenated keys, deterministically (scenario 55)", () => {
    const node = Fixtures.node({ spec: { externalAddress: "me:26656" }, status: { resolvedPeers: ["a@x:1", "b@y:2"] } })
    assert.deepStrictEqual(ConfigIntent.patch(node), {
      files: { "config.toml": { p2p: { "external-address": "me:26656", "persistent-peers": "a@x:1,b@y:2" } } }
    })
    assert.deepStrictEqual(ConfigIntent.patch(node), ConfigIntent.patch(node))
  })

  it.each(MODES)("of mode %s passes its own validation", (mode, spec) => {
    const intent = ConfigIntent.apply(Fixtures.node({ spec }))
    assert.strictEqual(intent.mode, mode)
    assert.isTrue(Result.isSuccess(ConfigIntent.check(intent.mode, intent.overrides)))
  })

  it.each<readonly [string, Parameters<typeof ConfigIntent.check>]>([
    ["mode", ["rpc"]],
    ['overrides["logging"]', ["full", { logging: "debug" }]],
    ['overrides["logging."]', ["full", { "a.b": "c", "logging.": "debug" }]],
    ['overrides["Logging.level"]', ["full", { "Logging.level": "debug" }]],
    ['overrides["p2p.external-address"]', ["full", { "p2p.external-address": "x" }]],
    ['overrides["a.b"]', ["full", { "a.b": 5 }]],
    ["targetVersion", ["full", {}, 3]],
    ["targetVersion", ["full", {}, -1]],
    ["targetVersion", ["full", {}, 0.5]]
  ])("is rejected with the field %s (scenario 24)", (field, [mode, overrides, version]) => {
    const rejected = Result.flip(ConfigIntent.check(mode, overrides, version))
    assert.strictEqual(Result.getOrThrow(rejected).field, field)
  })

  it.each([0, 1, 2])("accepts version %i", (version) => {
    assert.isTrue(Result.isSuccess(ConfigIntent.check("seed", { "storage.state_commit.x1": "" }, version)))
  })
})
