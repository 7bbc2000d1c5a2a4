import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Yaml from "effect/encoding/Yaml"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { SeiNodeSpec } from "../src/node/kinds/SeiNode.ts"
import { validate } from "../src/node/plan/SpecValidation.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const EXAMPLES = new URL("../../../examples/", import.meta.url)
const examples = Fs.readdirSync(EXAMPLES).filter((name) => Fs.existsSync(new URL(`${name}/node.yaml`, EXAMPLES)))

type Spec = NonNullable<Fixtures.NodeParts["spec"]>

/** The rejected field; empty for a valid spec. */
const field = (spec: Spec): string =>
  Result.match(validate(Fixtures.node({ spec }).spec), {
    onFailure: (rejection) => rejection.field,
    onSuccess: () => ""
  })

const bootstrapped = { stateSync: {}, bootstrapImage: "seid:old" }
const peers = [{ static: { addresses: ["a@b:1"] } }]
const restored = { snapshot: { s3: { targetHeight: 5 } } }
const key = (secretName: string) => ({ secret: { secretName } })
const keys = { signingKey: key("a"), nodeKey: key("b") }
const keyring = (secretName: string, passphrase: string) => ({
  operatorKeyring: { secret: { secretName, passphraseSecretRef: { secretName: passphrase, key: "p" } } }
})
const PASSPHRASE = "spec.validator.operatorKeyring.secret.passphraseSecretRef.secretName"
const genesisCeremony = { chainId: "c", stakingAmount: "1usei", accountBalance: "1usei", index: 0 }

describe("SpecValidation", () => {
  it.each<[string, string, Spec]>([
    [
      "an empty snapshotGeneration of a full node",
      "spec.fullNode.snapshotGeneration",
      { fullNode: { snapshotGeneration: {} } }
    ],
    [
      "an empty snapshotGeneration of an archive",
      "spec.archive.snapshotGeneration",
      { archive: { snapshotGeneration: {} } }
    ],
    [
      "publish with keepRecent 1 of a full node",
      "spec.fullNode.snapshotGeneration.tendermint.keepRecent",
      { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } }
    ],
    [
      "publish with keepRecent 1 of an archive",
      "spec.archive.snapshotGeneration.tendermint.keepRecent",
      { archive: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } }
    ],
    ["an empty resultExport", "spec.replayer.resultExport", { peers, replayer: { ...restored, resultExport: {} } }]
  ])("rejects %s and names the field (scenario 29)", (_, path, spec) => {
    assert.strictEqual(field(spec), path)
  })

  it.each<[string, string, Spec]>([
    ["two modes", "spec", { fullNode: {}, archive: {} }],
    [
      "a bootstrap image of a full node without a snapshot height",
      "spec.fullNode.snapshot.bootstrapImage",
      { fullNode: { snapshot: bootstrapped } }
    ],
    [
      "a bootstrap image of a validator without a snapshot height",
      "spec.validator.snapshot.bootstrapImage",
      { validator: { snapshot: bootstrapped } }
    ],
    [
      "a replayer with a state-sync source",
      "spec.replayer.snapshot.s3",
      { peers, replayer: { snapshot: { stateSync: {} } } }
    ],
    ["a replayer without peers", "spec.peers", { replayer: restored }],
    ["a signing key in a genesis ceremony", "spec.validator.signingKey", { validator: { ...keys, genesisCeremony } }],
    ["a signing key without a source", "spec.validator.signingKey.secret", { validator: { ...keys, signingKey: {} } }],
    ["a node key without a source", "spec.validator.nodeKey.secret", { validator: { ...keys, nodeKey: {} } }],
    ["a signing key alone", "spec.validator.nodeKey", { validator: { signingKey: key("a") } }],
    ["a node key alone", "spec.validator.signingKey", { validator: { nodeKey: key("a") } }],
    [
      "one Secret for both keys",
      "spec.validator.nodeKey.secret.secretName",
      { validator: { signingKey: key("a"), nodeKey: key("a") } }
    ],
    [
      "the keyring in the signing key's Secret",
      "spec.validator.operatorKeyring.secret.secretName",
      { validator: { ...keys, ...keyring("a", "d") } }
    ],
    [
      "the keyring in the node key's Secret",
      "spec.validator.operatorKeyring.secret.secretName",
      { validator: { ...keys, ...keyring("b", "d") } }
    ],
    ["the passphrase in the signing key's Secret", PASSPHRASE, { validator: { ...keys, ...keyring("c", "a") } }],
    ["the passphrase in the node key's Secret", PASSPHRASE, { validator: { ...keys, ...keyring("c", "b") } }],
    ["the passphrase in the keyring's Secret", PASSPHRASE, { validator: keyring("c", "c") }],
    ["a seed without an identity", "spec.seed.nodeKey.secret", { seed: { nodeKey: {} } }]
  ])("rejects %s and names the field", (_, path, spec) => {
    assert.strictEqual(field(spec), path)
  })

  it.each<[string, string, Spec]>([
    ["a chain id that is too long for a label", "spec.chainId", { chainId: "c".repeat(64) }],
    ["a label without a name", 'spec.podLabels["team/"]', { podLabels: { "team/": "a" } }],
    ["a label with a space in its value", 'spec.podLabels["team"]', { podLabels: { team: "a b" } }],
    ["a label that is too long", 'spec.podLabels["team"]', { podLabels: { team: "a".repeat(64) } }],
    ["an image with a trailing line break", "spec.image", { image: "seid:v1\n" }],
    ["a sidecar image of white space", "spec.sidecar.image", { sidecar: { image: " " } }],
    ["a negative port", "spec.sidecar.port", { sidecar: { port: -1 } }],
    [
      "a resource that is not a quantity",
      'spec.sidecar.resources.requests["cpu"]',
      { sidecar: { resources: { requests: { cpu: "much" } } } }
    ],
    [
      "a negative quantity",
      'spec.sidecar.resources.limits["memory"]',
      { sidecar: { resources: { limits: { memory: "-1Gi" } } } }
    ]
  ])("rejects %s, which the API server would reject in a generated object", (_, path, spec) => {
    assert.strictEqual(field(spec), path)
  })

  it.each<[string, Spec]>([
    [
      "snapshots that are generated and not published",
      { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1 } } } }
    ],
    ["two published snapshots", { archive: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } }],
    ["a bootstrap to a height", { fullNode: { snapshot: { ...restored.snapshot, bootstrapImage: "seid:old" } } }],
    ["a ceremony, whatever its snapshot says", { validator: { genesisCeremony, snapshot: bootstrapped } }],
    ["a validator with four different Secrets", { validator: { ...keys, ...keyring("c", "d") } }],
    [
      "valid labels, images and quantities",
      {
        podLabels: { "example.dev/team": "a_b.c", empty: "" },
        sidecar: { image: "", port: 0, resources: { requests: { cpu: 1, memory: "1e3" }, limits: { cpu: "500m" } } }
      }
    ],
    ["a validator with an empty keyring", { validator: { operatorKeyring: {} } }]
  ])("accepts %s", (_, spec) => {
    assert.strictEqual(field(spec), "")
  })

  it.each(examples)("accepts the example %s", (folder) => {
    const text = Fs.readFileSync(new URL(`${folder}/node.yaml`, EXAMPLES), "utf8")
    const { spec } = Object(Yaml.parse(text))
    assert.isTrue(Result.isSuccess(validate(Schema.decodeUnknownSync(SeiNodeSpec)(spec))))
  })

  it("rejects a spec without a mode", () => {
    const { chainId, image } = Fixtures.node().spec
    assert.strictEqual(Result.getOrThrow(Result.flip(validate({ chainId, image }))).field, "spec")
  })
})
