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

const field = (spec: Spec): string =>
  Result.match(validate(Fixtures.node({ spec }).spec), { onFailure: (refusal) => refusal.field, onSuccess: () => "" })

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

describe("SpecChecks", () => {
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
      "publishing one snapshot of a full node",
      "spec.fullNode.snapshotGeneration.tendermint.keepRecent",
      { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } }
    ],
    [
      "publishing one snapshot of an archive",
      "spec.archive.snapshotGeneration.tendermint.keepRecent",
      { archive: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } }
    ],
    ["an empty resultExport", "spec.replayer.resultExport", { peers, replayer: { ...restored, resultExport: {} } }]
  ])("refuses %s by its field (scenario 29)", (_, at, spec) => {
    assert.strictEqual(field(spec), at)
  })

  it.each<[string, string, Spec]>([
    ["two modes", "spec", { fullNode: {}, archive: {} }],
    [
      "a bootstrap of a full node without a height",
      "spec.fullNode.snapshot.bootstrapImage",
      { fullNode: { snapshot: bootstrapped } }
    ],
    [
      "a bootstrap of a validator without a height",
      "spec.validator.snapshot.bootstrapImage",
      { validator: { snapshot: bootstrapped } }
    ],
    ["a replayer that syncs state", "spec.replayer.snapshot.s3", { peers, replayer: { snapshot: { stateSync: {} } } }],
    ["a replayer without peers", "spec.peers", { replayer: restored }],
    ["keys for a ceremony", "spec.validator.signingKey", { validator: { ...keys, genesisCeremony } }],
    ["a signing key from nowhere", "spec.validator.signingKey.secret", { validator: { ...keys, signingKey: {} } }],
    ["a node key from nowhere", "spec.validator.nodeKey.secret", { validator: { ...keys, nodeKey: {} } }],
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
    ["the passphrase beside the keyring", PASSPHRASE, { validator: keyring("c", "c") }],
    ["a seed without an identity", "spec.seed.nodeKey.secret", { seed: { nodeKey: {} } }]
  ])("refuses %s by its field", (_, at, spec) => {
    assert.strictEqual(field(spec), at)
  })

  it.each<[string, string, Spec]>([
    ["a chain id that is no label", "spec.chainId", { chainId: "c".repeat(64) }],
    ["a label without a name", 'spec.podLabels["team/"]', { podLabels: { "team/": "a" } }],
    ["a label with a space in its value", 'spec.podLabels["team"]', { podLabels: { team: "a b" } }],
    ["a label that is too long", 'spec.podLabels["team"]', { podLabels: { team: "a".repeat(64) } }],
    ["an image that ends with a line", "spec.image", { image: "seid:v1\n" }],
    ["a sidecar's image of a space", "spec.sidecar.image", { sidecar: { image: " " } }],
    ["a port below all ports", "spec.sidecar.port", { sidecar: { port: -1 } }],
    [
      "an amount that is no quantity",
      'spec.sidecar.resources.requests["cpu"]',
      { sidecar: { resources: { requests: { cpu: "much" } } } }
    ],
    [
      "less than nothing",
      'spec.sidecar.resources.limits["memory"]',
      { sidecar: { resources: { limits: { memory: "-1Gi" } } } }
    ]
  ])("refuses %s, which would fail a new node for good, by its field", (_, at, spec) => {
    assert.strictEqual(field(spec), at)
  })

  it.each<[string, Spec]>([
    [
      "snapshots that are made and not published",
      { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1 } } } }
    ],
    ["two published snapshots", { archive: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } }],
    ["a bootstrap to a height", { fullNode: { snapshot: { ...restored.snapshot, bootstrapImage: "seid:old" } } }],
    ["a ceremony, whatever its snapshot says", { validator: { genesisCeremony, snapshot: bootstrapped } }],
    ["a validator with all its secrets apart", { validator: { ...keys, ...keyring("c", "d") } }],
    [
      "labels, images and amounts as Kubernetes takes them",
      {
        podLabels: { "example.dev/team": "a_b.c", empty: "" },
        sidecar: { image: "", port: 0, resources: { requests: { cpu: 1, memory: "1e3" }, limits: { cpu: "500m" } } }
      }
    ],
    ["a validator with an empty keyring", { validator: { operatorKeyring: {} } }]
  ])("lets %s pass", (_, spec) => {
    assert.strictEqual(field(spec), "")
  })

  it.each(examples)("lets the example %s pass", (folder) => {
    const text = Fs.readFileSync(new URL(`${folder}/node.yaml`, EXAMPLES), "utf8")
    const { spec } = Object(Yaml.parse(text))
    assert.isTrue(Result.isSuccess(validate(Schema.decodeUnknownSync(SeiNodeSpec)(spec))))
  })

  it("refuses a spec without a mode", () => {
    const { chainId, image } = Fixtures.node().spec
    assert.strictEqual(Result.getOrThrow(Result.flip(validate({ chainId, image }))).field, "spec")
  })
})
