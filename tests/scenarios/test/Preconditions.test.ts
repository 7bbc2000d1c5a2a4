import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const VALIDATOR = { validator: { ...Cases.KEYS, operatorKeyring: Cases.KEYRING_SECRET } }

/** What a Secret lacks, the condition that says so, and how its data is when it is mended. */
interface Broken {
  readonly what: string
  readonly secret: string
  readonly data: TestCluster.Json
  readonly condition: string
  readonly reason: string
  readonly resolved: TestCluster.Json
}

const signing = {
  secret: "signing-key",
  condition: "SigningKeyReady",
  reason: "SigningKeyInvalid",
  resolved: Cases.SIGNING_KEY
}
const nodeKey = { secret: "node-key", condition: "NodeKeyReady", reason: "NodeKeyInvalid", resolved: Cases.NODE_KEY }
const keyring = {
  secret: "keyring",
  condition: "OperatorKeyringReady",
  reason: "OperatorKeyringInvalid",
  resolved: Cases.KEYRING
}
const passphrase = { ...keyring, secret: "passphrase", resolved: Cases.PASSPHRASE }
const key = (value: object) => ({ "priv_validator_key.json": base64(JSON.stringify(value)) })
const PUB = { type: "t", value: "v" }

const broken: ReadonlyArray<Broken> = [
  { what: "has no key of that name", data: { other: "eA==" }, ...signing },
  { what: "is no JSON", data: { "priv_validator_key.json": base64("{") }, ...signing },
  { what: "lacks its address", data: key({ pub_key: PUB, priv_key: PUB }), ...signing },
  { what: "lacks its public key", data: key({ address: "A", priv_key: PUB }), ...signing },
  { what: "lacks its private key", data: key({ address: "A", pub_key: PUB, priv_key: { type: "t" } }), ...signing },
  { what: "has no key of that name", data: { other: "eA==" }, ...nodeKey },
  { what: "lacks its private key", data: { "node_key.json": base64("{}") }, ...nodeKey },
  { what: "holds no .info", data: { "a.address": "eA==" }, ...keyring },
  { what: "holds no .address", data: { "node_admin.info": "eA==" }, ...keyring },
  { what: "holds an empty .info", data: { "node_admin.info": "", "a.address": "eA==" }, ...keyring },
  { what: "lacks the named key", data: { "other.info": "eA==", "a.address": "eA==" }, ...keyring },
  { what: "lacks the passphrase", data: { other: "eA==" }, ...passphrase },
  { what: "has an empty passphrase", data: { passphrase: "" }, ...passphrase }
]

const ALL = {
  "signing-key": Cases.SIGNING_KEY,
  "node-key": Cases.NODE_KEY,
  keyring: Cases.KEYRING,
  passphrase: Cases.PASSPHRASE
}
type Name = keyof typeof ALL

const secrets = (cluster: TestCluster.TestCluster, but: { readonly [name: string]: TestCluster.Json | undefined }) =>
  Effect.forEach(Object.entries({ ...ALL, ...but }), ([name, data]) =>
    data === undefined ? Effect.void : Cases.secret(cluster, name, data)
  )

const isUnmade = (cluster: TestCluster.TestCluster) => {
  assert.isUndefined(cluster.statefulSet())
  assert.isUndefined(cluster.pod())
}

describe("a right that is missing", () => {
  it.effect("INV-10: is waited for and shown, and the node goes on once it is given", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      let isForbidden = true
      const forbid = Layer.effect(
        KubernetesApi.KubernetesApi,
        Effect.map(KubernetesApi.KubernetesApi, (api) =>
          KubernetesApi.KubernetesApi.of({
            ...api,
            create: (key, body) => (isForbidden ? Effect.fail(forbidden(key.name)) : api.create(key, body))
          })
        )
      )
      yield* cluster.create()
      for (let pass = 0; pass < 10; pass++) yield* cluster.reconcile.pipe(Effect.provide(forbid))
      assert.strictEqual(cluster.status().phase, "Initializing")
      assert.strictEqual(TestCluster.asObject(cluster.status().waiting).reason, "Forbidden")
      assert.strictEqual(TestCluster.requests(yield* cluster.calls).patchStatus, 2)
      isForbidden = false
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Running")
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )
})

const forbidden = (name: string) =>
  new KubernetesApi.KubernetesError({
    verb: "create",
    key: name,
    reason: new KubernetesApi.Rejected({ status: 403, code: "Forbidden", message: "exceeded quota" })
  })

describe("a Secret of a validator", () => {
  for (const { condition, data, resolved, reason, secret, what } of broken) {
    it.effect(`${secret} that ${what} fails the node, which begins again once it is mended (scenario 73)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* secrets(cluster, { [secret]: data })
        yield* cluster.create(VALIDATOR)
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Failed")
        assert.deepInclude(cluster.condition(condition), { status: "False", reason })
        assert.include(String(cluster.condition(condition).message), secret)
        assert.include(cluster.events(), reason)
        assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanFailed" })
        isUnmade(cluster)
        const merge = { verb: "patch", patchFormat: "merge", namespace: TestCluster.NAMESPACE, name: secret } as const
        yield* cluster.other(TestCluster.Secret, { ...merge, body: { data: { ...resolved } } })
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        assert.deepInclude(cluster.condition(condition), { status: "True" })
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  for (const name of ["signing-key", "node-key", "keyring", "passphrase"] satisfies ReadonlyArray<Name>) {
    it.effect(`INV-12: ${name} that does not exist yet is waited for (scenario 73)`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* secrets(cluster, { [name]: undefined })
        yield* cluster.create(VALIDATOR)
        yield* Effect.repeat(cluster.reconcile, { times: 4 })
        assert.strictEqual(cluster.status().phase, "Initializing")
        assert.include(String(TestCluster.asObject(cluster.status().waiting).for), `Secret ${name} does not exist`)
        isUnmade(cluster)
        yield* Cases.secret(cluster, name, ALL[name])
        yield* cluster.converge()
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})
