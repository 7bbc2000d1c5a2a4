import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { validate } from "../src/node/plan/SpecValidation.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Spec = NonNullable<Fixtures.NodeParts["spec"]>

/** `field: message` of the rejection; empty for a valid spec. */
const rejection = (spec: Spec): string =>
  Result.match(validate(Fixtures.node({ spec }).spec), {
    onFailure: ({ field, message }) => `${field}: ${message}`,
    onSuccess: () => ""
  })

const key = (secretName: string) => ({ secret: { secretName } })
const ceremony = { chainId: "c", stakingAmount: "1usei", accountBalance: "1usei", index: 0 }
const snapshot = { s3: { targetHeight: 5 } }
const peers = [{ static: { addresses: ["a@b:1"] } }]

describe("the rejection of a spec says what to do", () => {
  it.each<[string, Spec]>([
    ["spec: must set exactly one mode: fullNode, archive, replayer, validator, seed", { fullNode: {}, archive: {} }],
    [
      "spec.fullNode.snapshot.bootstrapImage: requires snapshot.s3",
      { fullNode: { snapshot: { stateSync: {}, bootstrapImage: "seid:old" } } }
    ],
    ["spec.fullNode.snapshotGeneration: must set tendermint, or be removed", { fullNode: { snapshotGeneration: {} } }],
    [
      "spec.archive.snapshotGeneration.tendermint.keepRecent: must be at least 2 when publish is set: one snapshot is served while the next one is generated",
      { archive: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } }
    ],
    [
      "spec.replayer.snapshot.s3: must be set: a replayer starts at the height of a snapshot",
      { peers, replayer: { snapshot: { stateSync: {} } } }
    ],
    ["spec.peers: must not be empty when replayer is set", { replayer: { snapshot } }],
    [
      "spec.replayer.resultExport: must set shadowResult, or be removed",
      { peers, replayer: { snapshot, resultExport: {} } }
    ],
    [
      "spec.validator.signingKey: must not be set together with genesisCeremony, which generates the key",
      { validator: { signingKey: key("a"), nodeKey: key("b"), genesisCeremony: ceremony } }
    ],
    ["spec.validator.signingKey.secret: must be set", { validator: { signingKey: {}, nodeKey: key("b") } }],
    ["spec.validator.nodeKey: must be set together with signingKey", { validator: { signingKey: key("a") } }],
    [
      'spec.validator.nodeKey.secret.secretName: must not be "a", which the spec references already',
      { validator: { signingKey: key("a"), nodeKey: key("a") } }
    ],
    ["spec.seed.nodeKey.secret: must be set", { seed: { nodeKey: {} } }],
    ["spec.image: must not have leading or trailing whitespace", { image: "seid:v1\n" }],
    [
      "spec.fullNode.snapshot.bootstrapImage: must not have leading or trailing whitespace",
      { fullNode: { snapshot: { ...snapshot, bootstrapImage: " seid:old" } } }
    ],
    ["spec.sidecar.port: must be between 1 and 65535", { sidecar: { port: 65_536 } }],
    [
      'spec.sidecar.resources.requests["cpu"]: must be a non-negative quantity, such as "500m" or "2Gi"',
      { sidecar: { resources: { requests: { cpu: "much" } } } }
    ],
    ["", { sidecar: { port: 65_535, resources: { requests: { cpu: "0" } } } }],
    ["", { peers, replayer: { snapshot, resultExport: { shadowResult: { canonicalRpc: "http://a" } } } }]
  ])("%s", (expected, spec) => {
    assert.strictEqual(rejection(spec), expected)
  })
})
