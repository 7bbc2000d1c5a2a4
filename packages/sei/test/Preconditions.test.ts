import { assert, describe, it } from "@effect/vitest"
import { type ObjectMeta, PlanBuilder } from "@portolan/planner"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as Preconditions from "../src/node/plan/Preconditions.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { textOf } from "./preconditions.ts"

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64")
const encoded = (data: { readonly [key: string]: string }) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)]))

const secret = (name: string, data: { readonly [key: string]: string }, metadata: ObjectMeta.JsonObject = {}) => {
  const object = Fixtures.owned("Secret", name, { data: encoded(data) })
  return { ...object, metadata: { ...object.metadata, ...metadata } }
}

const withSecrets = (...secrets: ReadonlyArray<ObjectMeta.KubernetesObject>): Partial<Observation> => ({
  secrets: new Map(secrets.map((object) => [object.metadata.name, object]))
})

const KEY = { type: "tendermint/PubKeyEd25519", value: "a" }
const SIGNING_KEY = { address: "A", pub_key: KEY, priv_key: KEY }
const validator = {
  validator: {
    signingKey: { secret: { secretName: "signer" } },
    nodeKey: { secret: { secretName: "peer" } },
    operatorKeyring: { secret: { secretName: "ring", passphraseSecretRef: { secretName: "pass", key: "p" } } }
  }
}

/** The result for a validator whose Secrets are these: the name of the result, and its message. */
const result = (type: string, more: Partial<Observation>) =>
  textOf(Preconditions.check(Fixtures.observation({ spec: validator }, more), type))

describe("the precondition of a generated volume", () => {
  it("is not met by a claim of its name that somebody else made", () => {
    const claim = Fixtures.owned("PersistentVolumeClaim", "data-node-0")
    const pvc = { ...claim, metadata: { ...claim.metadata, ownerReferences: [] } }
    assert.strictEqual(
      result("ensure-data-pvc", { pvc }),
      "Invalid: PersistentVolumeClaim data-node-0 already exists and is not owned by this SeiNode, but without a controller; set spec.dataVolume.import to use it"
    )
    assert.strictEqual(result("ensure-data-pvc", { pvc: claim }), "Ready")
  })
})

const signingKey = (text: string) => withSecrets(secret("signer", { "priv_validator_key.json": text }))
const IN_SIGNER = "Invalid: Secret signer: key priv_validator_key.json"

describe("the precondition of a Secret", () => {
  it("waits for the Secret to exist, and for one that is being deleted to be created again", () => {
    const terminating = secret("signer", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" })
    assert.strictEqual(result("validate-signing-key", {}), "Pending SecretNotFound: Secret signer does not exist")
    assert.strictEqual(
      result("validate-signing-key", withSecrets(terminating)),
      "Pending SecretTerminating: Secret signer is being deleted"
    )
  })

  it.each([
    ["", `${IN_SIGNER} is missing or empty`],
    ["{", `${IN_SIGNER} is not a JSON object`],
    ["[]", `${IN_SIGNER} is not a JSON object`],
    [
      JSON.stringify({ ...SIGNING_KEY, address: "", pub_key: { type: null, value: "a" } }),
      `${IN_SIGNER} lacks the fields address, pub_key.type`
    ],
    [JSON.stringify(SIGNING_KEY), "Ready"]
  ])("reads the signing key %j: %s", (text, expected) => {
    assert.strictEqual(result("validate-signing-key", signingKey(text)), expected)
  })

  it("INV-15: waits while a valid signing key is in use, and reports an invalid one first", () => {
    const inUse = { keyConflicts: ["pod other"] }
    assert.strictEqual(
      result("validate-signing-key", { ...signingKey(JSON.stringify(SIGNING_KEY)), ...inUse }),
      "Pending SigningKeyInUse: the signing key is in use by pod other"
    )
    assert.strictEqual(
      result("validate-signing-key", { ...signingKey("{"), ...inUse }),
      `${IN_SIGNER} is not a JSON object`
    )
  })

  it("needs only the private key of a node key", () => {
    const peer = (value: object) => withSecrets(secret("peer", { "node_key.json": JSON.stringify(value) }))
    assert.strictEqual(result("validate-node-key", peer({ priv_key: KEY })), "Ready")
    assert.strictEqual(
      result("validate-node-key", peer({})),
      "Invalid: Secret peer: key node_key.json lacks the fields priv_key.type, priv_key.value"
    )
  })

  it("is invalid without a reference in the spec", () => {
    const observation = Fixtures.observation()
    for (const type of ["validate-signing-key", "validate-node-key"]) {
      assert.deepInclude(Preconditions.check(observation, type), {
        _tag: "Invalid",
        message: "the spec references no Secret"
      })
    }
  })
})

describe("the precondition of the operator keyring", () => {
  const FILES = { "node_admin.info": "i", "a.address": "a" }
  const ring = (files: { readonly [key: string]: string }, passphrase = "secret") =>
    withSecrets(secret("ring", files), secret("pass", passphrase === "" ? {} : { p: passphrase }))

  it.each([
    [FILES, "Ready"],
    [{ ...FILES, "node_admin.info": "" }, "Invalid: Secret ring: key node_admin.info is empty"],
    [{ "a.address": "a" }, "Invalid: Secret ring: no key ends with .info"],
    [{ "node_admin.info": "i" }, "Invalid: Secret ring: no key ends with .address"],
    [{ "other.info": "i", "a.address": "a" }, "Invalid: Secret ring: key node_admin.info is missing"]
  ])("reads the files %j: %s", (files, expected) => {
    assert.strictEqual(result("validate-operator-keyring", ring(files)), expected)
  })

  it("needs the passphrase", () => {
    assert.strictEqual(
      result("validate-operator-keyring", ring(FILES, "")),
      "Invalid: Secret pass: key p is missing or empty"
    )
  })

  it("is met without a keyring in the spec", () => {
    assert.strictEqual(Preconditions.check(Fixtures.observation(), "validate-operator-keyring")._tag, "Ready")
  })

  it("looks for the key that the spec names", () => {
    const { secret: reference } = validator.validator.operatorKeyring
    const spec = { validator: { operatorKeyring: { secret: { ...reference, keyName: "boss" } } } }
    const check = (files: { readonly [key: string]: string }) =>
      Preconditions.check(Fixtures.observation({ spec }, ring(files)), "validate-operator-keyring")
    assert.strictEqual(check({ "boss.info": "i", "a.address": "a" })._tag, "Ready")
    assert.deepInclude(check(FILES), { message: "Secret ring: key boss.info is missing" })
  })
})

describe("the precondition of the data volume", () => {
  const previous = { apiVersion: "sei.io/v1alpha1", kind: "SeiNode", name: "node-0", uid: "before", controller: true }

  it("waits for the claim of a deleted node of this name", () => {
    const claim = Fixtures.owned("PersistentVolumeClaim", "data-node-0")
    assert.strictEqual(result("ensure-data-pvc", { pvc: claim }), "Ready")
    assert.strictEqual(
      result("ensure-data-pvc", { pvc: { ...claim, metadata: { ...claim.metadata, ownerReferences: [previous] } } }),
      "Pending PreviousClaimExists: PersistentVolumeClaim data-node-0 of a deleted node of this name still exists"
    )
  })
})

describe("a failed precondition", () => {
  const failedAt = "2026-01-01T00:00:00Z"
  const type = "validate-signing-key"
  const node = Fixtures.node({ spec: validator })
  const plan = PlanBuilder.build(node.object, PlanTemplates.init(node))
  const observation = Fixtures.observation({ spec: validator }, signingKey(JSON.stringify(SIGNING_KEY)))
  const resolved = (
    detail: { readonly type: string; readonly error?: string; readonly reason?: string },
    times: { readonly failedAt?: string } = { failedAt }
  ) =>
    Preconditions.isResolved(observation, {
      ...plan,
      ...times,
      phase: "Failed",
      failedTaskDetail: { id: "t", retryCount: 0, maxRetries: 0, error: "", ...detail }
    })

  it("is resolved when the plan failed at it and it is met now", () => {
    assert.isTrue(resolved({ type, reason: "PreconditionInvalid" }))
    assert.isFalse(resolved({ type, reason: "DeadlineExceeded" }))
    assert.isFalse(resolved({ type: "config-apply", reason: "PreconditionInvalid" }))
  })

  it("is recognised by its message, or by a missing time of failure, in plans that store no reason", () => {
    assert.isTrue(resolved({ type, error: "no key; once that is mended the node begins again" }))
    assert.isFalse(resolved({ type, error: "another failure" }))
    assert.isTrue(resolved({ type, error: "another failure" }, {}))
  })
})

describe("the condition of a precondition", () => {
  const conditions = (type: string, spec: ObjectMeta.JsonObject, more: Partial<Observation> = {}) => {
    const observation = Fixtures.observation({ spec }, more)
    return Preconditions.conditions(observation, type, Preconditions.check(observation, type))
  }

  it("shows the result with a reason", () => {
    assert.deepStrictEqual(conditions("validate-signing-key", validator, signingKey(JSON.stringify(SIGNING_KEY))), [
      { type: "SigningKeyReady", status: "True", reason: "SigningKeyValidated", message: "the precondition is met" }
    ])
    assert.deepStrictEqual(conditions("validate-signing-key", validator), [
      {
        type: "SigningKeyReady",
        status: "False",
        reason: "SigningKeyNotReady",
        message: "Secret signer does not exist"
      }
    ])
  })

  it("is absent for a generated volume and for tasks without a precondition", () => {
    assert.deepStrictEqual(conditions("ensure-data-pvc", {}), [])
    assert.deepStrictEqual(conditions("config-apply", {}), [])
  })
})
