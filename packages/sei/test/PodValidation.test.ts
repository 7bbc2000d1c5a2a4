import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as PodValidation from "../src/node/resources/PodValidation.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const pod = (fields: Partial<PodValidation.PodSpec> = {}): PodValidation.PodSpec => ({
  volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-node-0" } }],
  initContainers: [{ name: "seid-init" }, { name: "sei-sidecar" }],
  containers: [{ name: "seid" }],
  ...fields
})

const validator = (seidMount = false) =>
  Fixtures.node({
    spec: {
      validator: {
        signingKey: { secret: { secretName: "signing" } },
        nodeKey: { secret: { secretName: "identity" } },
        operatorKeyring: {
          secret: { secretName: "keyring", passphraseSecretRef: { secretName: "passphrase", key: "p" }, seidMount }
        }
      }
    }
  })
const seed = Fixtures.node({ spec: { seed: { nodeKey: { secret: { secretName: "identity" } } } } })

/** `field message` of a rejection; empty for a valid pod. */
const rejection = (validation: ReturnType<typeof PodValidation.forbidValidatorSecrets>) =>
  Result.match(validation, { onFailure: ({ field, message }) => `${field} ${message}`, onSuccess: () => "" })

const mount = { volumeMounts: [{ name: "operator-keyring" }] }
const passphraseEnv = { env: [{ name: "P", valueFrom: { secretKeyRef: { name: "passphrase", key: "p" } } }] }
const passphraseEnvFrom = { envFrom: [{ secretRef: { name: "passphrase" } }] }

describe("the operator keyring (scenario 83)", () => {
  it.each([
    ["the keyring volume", mount],
    ["the passphrase in env", passphraseEnv],
    ["the passphrase in envFrom", passphraseEnvFrom]
  ])("%s is available to the sidecar, to seid with seidMount, and never to seid-init", (_, fields) => {
    const onSidecar = pod({ initContainers: [{ name: "sei-sidecar", ...fields }] })
    const onSeid = pod({ containers: [{ name: "seid", ...fields }] })
    const onInit = pod({ initContainers: [{ name: "seid-init", ...fields }] })
    assert.strictEqual(rejection(PodValidation.confineKeyring(validator(), onSidecar)), "")
    assert.include(rejection(PodValidation.confineKeyring(validator(), onSeid)), 'container "seid"')
    assert.strictEqual(rejection(PodValidation.confineKeyring(validator(true), onSeid)), "")
    assert.include(rejection(PodValidation.confineKeyring(validator(true), onInit)), 'container "seid-init"')
  })

  it.each([
    ["the Secret", { secret: { secretName: "keyring" } }],
    ["a projection of the passphrase", { projected: { sources: [{ secret: { name: "passphrase" } }] } }]
  ])("a volume of any name that holds %s must not be mounted by the exporter", (_, source) => {
    const exporter = { name: "cosmos-exporter", volumeMounts: [{ name: "other" }] }
    const invalid = pod({ volumes: [{ name: "other", ...source }], containers: [{ name: "seid" }, exporter] })
    assert.include(rejection(PodValidation.confineKeyring(validator(), invalid)), 'container "cosmos-exporter"')
  })

  it("a node without a keyring Secret is not restricted", () => {
    assert.strictEqual(
      rejection(PodValidation.confineKeyring(Fixtures.node(), pod({ containers: [{ name: "x", ...mount }] }))),
      ""
    )
  })
})

describe("the probes of seid", () => {
  const seid = (fields: Omit<PodValidation.PodSpec["containers"][number], "name">) =>
    pod({ containers: [{ name: "seid", ...fields }] })
  const port = (number: number | string) => ({ tcpSocket: { port: number } })

  it("a liveness probe is rejected", () => {
    const invalid = seid({ livenessProbe: { httpGet: { port: 8443 } } })
    assert.include(rejection(PodValidation.forbidUnsafeProbes(Fixtures.node(), invalid)), "pod.seid.livenessProbe")
  })

  it.each([26657, 9090])("a startup probe on port %i is rejected", (number) => {
    const invalid = seid({ startupProbe: port(number) })
    assert.include(rejection(PodValidation.forbidUnsafeProbes(Fixtures.node(), invalid)), "pod.seid.startupProbe")
  })

  it("a startup probe on such a port is rejected by name and as a gRPC probe", () => {
    const named = seid({ startupProbe: port("rpc"), ports: [{ name: "rpc", containerPort: 26657 }] })
    assert.include(rejection(PodValidation.forbidUnsafeProbes(Fixtures.node(), named)), "pod.seid.startupProbe")
    const grpc = seid({ startupProbe: { grpc: { port: 9090 } } })
    assert.include(rejection(PodValidation.forbidUnsafeProbes(Fixtures.node(), grpc)), "pod.seid.startupProbe")
  })

  it("a readiness probe on such a port is valid, except of a seed (scenario 82)", () => {
    const probed = seid({ readinessProbe: port(26657) })
    assert.strictEqual(rejection(PodValidation.forbidUnsafeProbes(Fixtures.node(), probed)), "")
    assert.include(rejection(PodValidation.forbidUnsafeProbes(seed, probed)), "pod.seid.readinessProbe")
    assert.strictEqual(rejection(PodValidation.forbidUnsafeProbes(seed, seid({ readinessProbe: port(26656) }))), "")
  })
})

describe("the bootstrap pod (scenario 84)", () => {
  it.each([
    ["spec.validator.signingKey", { volumes: [{ name: "v", secret: { secretName: "signing" } }] }],
    ["spec.validator.nodeKey", { volumes: [{ name: "v", secret: { secretName: "identity" } }] }],
    [
      "spec.validator.operatorKeyring",
      { initContainers: [{ name: "x", envFrom: [{ secretRef: { name: "keyring" } }] }] }
    ],
    ["spec.validator.operatorKeyring.secret.passphraseSecretRef", { containers: [{ name: "seid", ...passphraseEnv }] }]
  ])("must not reference the Secret of %s", (field, fields) => {
    assert.strictEqual(
      rejection(PodValidation.forbidValidatorSecrets(validator(), pod(fields))),
      `${field} must not be available to the bootstrap pod`
    )
  })

  it("may reference Secrets that are not the validator's", () => {
    const other = pod({ volumes: [{ name: "v", secret: { secretName: "registry" } }] })
    assert.strictEqual(rejection(PodValidation.forbidValidatorSecrets(validator(), other)), "")
  })
})
