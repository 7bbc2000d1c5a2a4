import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Acts from "../harness/Acts.ts"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const VALIDATOR = { validator: { ...Cases.KEYS, operatorKeyring: Cases.KEYRING_SECRET } }

/** A Secret with invalid data, the condition that reports it, and valid data. */
interface InvalidSecret {
  readonly defect: string
  readonly secret: string
  readonly data: NodeCluster.Json
  readonly condition: string
  readonly reason: string
  readonly valid: NodeCluster.Json
}

const signing = {
  secret: "signing-key",
  condition: "SigningKeyReady",
  reason: "SigningKeyInvalid",
  valid: Cases.SIGNING_KEY
}
const nodeKey = { secret: "node-key", condition: "NodeKeyReady", reason: "NodeKeyInvalid", valid: Cases.NODE_KEY }
const keyring = {
  secret: "keyring",
  condition: "OperatorKeyringReady",
  reason: "OperatorKeyringInvalid",
  valid: Cases.KEYRING
}
const passphrase = { ...keyring, secret: "passphrase", valid: Cases.PASSPHRASE }
const key = (value: object) => ({ "priv_validator_key.json": base64(JSON.stringify(value)) })
const PUB = { type: "t", value: "v" }

const invalidSecrets: ReadonlyArray<InvalidSecret> = [
  { defect: "lacks the file", data: { other: "eA==" }, ...signing },
  { defect: "is not JSON", data: { "priv_validator_key.json": base64("{") }, ...signing },
  { defect: "lacks its address", data: key({ pub_key: PUB, priv_key: PUB }), ...signing },
  { defect: "lacks its public key", data: key({ address: "A", priv_key: PUB }), ...signing },
  { defect: "lacks its private key", data: key({ address: "A", pub_key: PUB, priv_key: { type: "t" } }), ...signing },
  { defect: "lacks the file", data: { other: "eA==" }, ...nodeKey },
  { defect: "lacks its private key", data: { "node_key.json": base64("{}") }, ...nodeKey },
  { defect: "has no .info file", data: { "a.address": "eA==" }, ...keyring },
  { defect: "has no .address file", data: { "node_admin.info": "eA==" }, ...keyring },
  { defect: "has an empty .info file", data: { "node_admin.info": "", "a.address": "eA==" }, ...keyring },
  { defect: "lacks the named key", data: { "other.info": "eA==", "a.address": "eA==" }, ...keyring },
  { defect: "lacks the passphrase", data: { other: "eA==" }, ...passphrase },
  { defect: "has an empty passphrase", data: { passphrase: "" }, ...passphrase }
]

const assertNothingCreated = (cluster: NodeCluster.NodeCluster) => {
  assert.isUndefined(cluster.statefulSet())
  assert.isUndefined(cluster.pod())
}

describe("a missing permission", () => {
  it.effect("INV-10: the node waits for it, shows the wait, and continues once it is granted", () =>
    Effect.gen(function* () {
      let isForbidden = true
      const kubernetes = Layer.effect(
        KubernetesApi.KubernetesApi,
        Effect.map(KubernetesApi.KubernetesApi, (api) =>
          KubernetesApi.KubernetesApi.of({
            ...api,
            create: (key, body) => (isForbidden ? Effect.fail(forbidden(key.name)) : api.create(key, body))
          })
        )
      )
      const cluster = yield* NodeCluster.make({ kubernetes })
      yield* cluster.create()
      yield* Effect.repeat(cluster.reconcile, { times: 9 })
      assert.strictEqual(cluster.status().phase, "Initializing")
      assert.strictEqual(cluster.waiting().reason, "Forbidden")
      assert.strictEqual(NodeCluster.requests(yield* cluster.calls).patchStatus, 2)
      isForbidden = false
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.expectInvariants
    })
  )
})

const forbidden = (name: string) =>
  new KubernetesApi.KubernetesError({
    verb: "create",
    key: name,
    reason: new KubernetesApi.Rejected({ status: 403, code: "Forbidden", message: "exceeded quota" })
  })

describe("a Secret of a validator", () => {
  for (const { condition, data, defect, reason, secret, valid } of invalidSecrets) {
    it.effect(`${secret} that ${defect} fails the node, which starts over once it is corrected (scenario 73)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Effect.forEach(Cases.secrets({ [secret]: data }), cluster.act)
        yield* cluster.create(VALIDATOR)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.deepInclude(cluster.condition(condition), { status: "False", reason })
        assert.include(String(cluster.condition(condition).message), secret)
        assert.include(cluster.events(), reason)
        assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanFailed" })
        assertNothingCreated(cluster)
        yield* cluster.act(Acts.editSecret(secret, valid))
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.deepInclude(cluster.condition(condition), { status: "True" })
        yield* cluster.expectInvariants
      })
    )
  }

  for (const { end, phase } of [
    { end: "; once that is mended the node begins again", phase: "Running" },
    { end: "", phase: "Failed" }
  ]) {
    it.effect(`a failure stored without a reason, with a text that ends in "${end}", leads to ${phase}`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Effect.forEach(Cases.secrets({ "signing-key": { other: "eA==" } }), cluster.act)
        yield* cluster.create(VALIDATOR)
        yield* cluster.converge()
        const error = `Secret signing-key: priv_validator_key.json is missing or empty${end}`
        const failedTaskDetail = { ...NodeCluster.asObject(cluster.plan().failedTaskDetail), reason: null, error }
        yield* cluster.tamper({ plan: { failedTaskDetail } })
        yield* cluster.act(Acts.editSecret("signing-key", Cases.SIGNING_KEY))
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, phase)
      })
    )
  }

  for (const [name, data] of Object.entries(Cases.SECRETS)) {
    it.effect(`INV-12: the node waits for ${name} while it does not exist (scenario 73)`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Effect.forEach(Cases.secrets({ [name]: undefined }), cluster.act)
        yield* cluster.create(VALIDATOR)
        yield* Effect.repeat(cluster.reconcile, { times: 4 })
        assert.strictEqual(cluster.status().phase, "Initializing")
        assert.include(String(cluster.waiting().for), `Secret ${name} does not exist`)
        assertNothingCreated(cluster)
        yield* cluster.act(Acts.secret(name, data))
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.expectInvariants
      })
    )
  }
})
