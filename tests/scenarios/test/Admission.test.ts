/** What the schema and the CEL rules of the CustomResourceDefinition accept and reject, on an API server in memory. */
import { assert, describe, it } from "@effect/vitest"
import { CustomKind, ObjectMeta } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import { ApiServer } from "@portolan/testkit"

type Spec = ObjectMeta.JsonObject

const { group, plural, version } = SeiNode.kind

/** An API server with the SeiNode kind; each request returns its code and the causes of a rejection. */
const makeServer = () => {
  const server = ApiServer.make()
  const base = { name: "", query: { fieldValidation: "Strict" }, user: "tester" }
  const ask = (request: Partial<Parameters<typeof server.handle>[0]>) => {
    const { body, code } = server.handle({
      ...base,
      verb: "create",
      group,
      version,
      plural,
      namespace: "sei",
      ...request
    })
    const details = ObjectMeta.isJsonObject(body.details) ? body.details.causes : []
    const causes = Array.isArray(details) ? details.filter(ObjectMeta.isJsonObject) : []
    return { code, causes: causes.map(({ field, message }) => `${field}: ${message}`) }
  }
  const definitions = {
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    namespace: ""
  }
  ask({ ...definitions, body: CustomKind.manifest(SeiNode.kind) })
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "sei" } }
  ask({ group: "", version: "v1", plural: "namespaces", namespace: "", body: namespace })
  return {
    create: (spec: Spec) => ask({ body: Fixtures.manifest(spec) }),
    edit: (spec: Spec) => ask({ verb: "patch", patchFormat: "merge", name: "node-0", body: { spec } })
  }
}

const created = (spec: Spec) => makeServer().create(spec)
const ACCEPTED = { code: 201, causes: [] }

const keys = { signingKey: { secret: { secretName: "a" } }, nodeKey: { secret: { secretName: "b" } } }
const keyring = (secretName: string, passphrase: string) => ({
  operatorKeyring: { secret: { secretName, passphraseSecretRef: { secretName: passphrase, key: "p" } } }
})
const seed = { nodeKey: { secret: { secretName: "a" } } }
const peers = [{ static: { addresses: ["a@b:1"] } }]
const replayer = { snapshot: { s3: { targetHeight: 1 } } }

describe("admission of RPC servers for state sync", () => {
  const withServers = (rpcServers: ReadonlyArray<string>, source: Spec = { stateSync: {} }) =>
    created({ fullNode: { snapshot: { ...source, rpcServers } } })

  it.each([
    ["one entry", ["a:1"]],
    ["one entry twice", ["a:1", "a:1"]],
    ["a scheme", ["http://a:1", "b:1"]],
    ["no port", ["a", "b:1"]],
    ["a port of six digits", ["a:123456", "b:1"]],
    ["a space", ["a :1", "b:1"]],
    ["a comma", ["a:1,c:1", "b:1"]]
  ])("rejects a list with %s (scenario 40)", (_, servers) => {
    const { causes, code } = withServers(servers)
    assert.strictEqual(code, 422)
    assert.match(causes.join(), /^spec\.fullNode\.snapshot\.rpcServers/u)
  })

  it.each([{ stateSync: {} }, { s3: { targetHeight: 1 } }])("accepts two entries for %j (scenario 40)", (source) => {
    assert.deepStrictEqual(withServers(["a:1", "b:65535"], source), ACCEPTED)
  })
})

describe("admission of modes", () => {
  it.each<[string, Spec, RegExp]>([
    ["two modes", { fullNode: {}, archive: {} }, /exactly one mode/u],
    ["a replayer without peers", { replayer }, /peers must not be empty when replayer is set/u],
    [
      "a replayer with an empty list of peers",
      { replayer, peers: [] },
      /peers must not be empty when replayer is set/u
    ],
    ["a seed without a node key", { seed: {} }, /spec\.seed\.nodeKey: Required/u],
    ["a seed whose node key has no source", { seed: { nodeKey: {} } }, /exactly one source of the node key/u],
    [
      "a snapshot with two sources",
      { fullNode: { snapshot: { s3: { targetHeight: 1 }, stateSync: {} } } },
      /s3, stateSync/u
    ],
    ["a snapshot without a source", { fullNode: { snapshot: {} } }, /s3, stateSync/u],
    [
      "a peer source of two types",
      { fullNode: {}, peers: [{ ...peers[0], label: { selector: { a: "b" } } }] },
      /ec2Tags, static/u
    ]
  ])("rejects %s (scenario 81)", (_, spec, why) => {
    const { causes, code } = created(spec)
    assert.strictEqual(code, 422)
    assert.match(causes.join(), why)
  })

  it("rejects a node without a mode (scenario 81)", () => {
    const server = makeServer()
    server.create({})
    assert.match(server.edit({ fullNode: null }).causes.join(), /exactly one mode/u)
  })

  it.each<[string, Spec]>([
    ["a full node", {}],
    ["an archive", { archive: {} }],
    ["a replayer", { replayer, peers }],
    ["a validator", { validator: {} }],
    ["a seed", { seed }]
  ])("accepts %s (scenario 81)", (_, spec) => {
    assert.deepStrictEqual(created(spec), ACCEPTED)
  })
})

describe("admission of a validator's secrets", () => {
  it.each<[string, Spec]>([
    ["signingKey and nodeKey", { ...keys, nodeKey: keys.signingKey }],
    ["operatorKeyring and signingKey", { ...keys, ...keyring("a", "d") }],
    ["operatorKeyring and nodeKey", { ...keys, ...keyring("b", "d") }],
    ["operatorKeyring and passphrase", keyring("c", "c")],
    ["passphrase and signingKey", { ...keys, ...keyring("c", "a") }],
    ["passphrase and nodeKey", { ...keys, ...keyring("c", "b") }]
  ])("rejects one Secret for %s (scenario 81)", (names, validator) => {
    const { causes, code } = created({ validator })
    assert.strictEqual(code, 422)
    assert.deepStrictEqual(
      causes.map((each) => each.includes(`${names} must reference different Secrets`)),
      [true]
    )
  })

  it.each(["signingKey", "nodeKey"] as const)("rejects %s alone", (key) => {
    const { causes } = created({ validator: { [key]: keys[key] } })
    assert.match(causes.join(), /must be set together/u)
  })

  it("accepts four different Secrets", () => {
    assert.deepStrictEqual(created({ validator: { ...keys, ...keyring("c", "d") } }), ACCEPTED)
  })

  it("accepts a keyring that names no Secret, with and without keys", () => {
    assert.deepStrictEqual(created({ validator: { operatorKeyring: {} } }), ACCEPTED)
    assert.deepStrictEqual(created({ validator: { ...keys, operatorKeyring: {} } }), ACCEPTED)
  })
})

describe("what cannot be changed on an existing node", () => {
  const named = { validator: { ...keys, ...keyring("c", "d") } }

  it.each<[string, Spec, Spec]>([
    ["the signing key's Secret", named, { validator: { signingKey: { secret: { secretName: "z" } } } }],
    ["the node key's Secret", named, { validator: { nodeKey: { secret: { secretName: "z" } } } }],
    ["the keyring's Secret", named, { validator: { operatorKeyring: { secret: { secretName: "z" } } } }],
    [
      "the passphrase's Secret",
      named,
      { validator: { operatorKeyring: { secret: { passphraseSecretRef: { secretName: "z" } } } } }
    ],
    ["a seed's node key", { seed }, { seed: { nodeKey: { secret: { secretName: "z" } } } }],
    [
      "the imported PersistentVolumeClaim",
      { dataVolume: { import: { pvcName: "a" } } },
      { dataVolume: { import: { pvcName: "z" } } }
    ]
  ])("is %s (scenario 81)", (_, before, after) => {
    const server = makeServer()
    assert.deepStrictEqual(server.create(before), ACCEPTED)
    const { causes, code } = server.edit(after)
    assert.strictEqual(code, 422)
    assert.match(causes.join(), /(?:secretName|pvcName): Invalid value: .*field is immutable/u)
  })

  it("is the import of a volume (scenario 81)", () => {
    const server = makeServer()
    server.create({ dataVolume: { import: { pvcName: "a" } } })
    assert.match(server.edit({ dataVolume: { import: null } }).causes.join(), /must not be removed/u)
  })

  it("are neither the keyring's key name nor its mount", () => {
    const server = makeServer()
    server.create(named)
    const secret = { keyName: "other", seidMount: true }
    assert.strictEqual(server.edit({ validator: { operatorKeyring: { secret } } }).code, 200)
  })
})
