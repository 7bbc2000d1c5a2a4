import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as PodValidation from "../src/node/resources/PodValidation.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const pod = (more: Partial<PodValidation.PodSpec> = {}): PodValidation.PodSpec => ({
  volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-node-0" } }],
  initContainers: [{ name: "seid-init" }, { name: "sei-sidecar" }],
  containers: [{ name: "seid" }],
  ...more
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

const refusal = (checked: ReturnType<typeof PodValidation.forbidValidatorSecrets>) =>
  Result.match(checked, { onFailure: ({ field, message }) => `${field} ${message}`, onSuccess: () => "" })

const mount = { volumeMounts: [{ name: "operator-keyring" }] }
const passphraseEnv = { env: [{ name: "P", valueFrom: { secretKeyRef: { name: "passphrase", key: "p" } } }] }
const passphraseEnvFrom = { envFrom: [{ secretRef: { name: "passphrase" } }] }

describe("the keyring's guard (scenario 83)", () => {
  it.each([
    ["its volume", mount],
    ["the passphrase as a variable", passphraseEnv],
    ["the passphrase among all variables", passphraseEnvFrom]
  ])("lets the sidecar have %s, seid only when told, and seid-init never", (_, more) => {
    const onSidecar = pod({ initContainers: [{ name: "sei-sidecar", ...more }] })
    const onSeid = pod({ containers: [{ name: "seid", ...more }] })
    const onInit = pod({ initContainers: [{ name: "seid-init", ...more }] })
    assert.strictEqual(refusal(PodValidation.confineKeyring(validator(), onSidecar)), "")
    assert.include(refusal(PodValidation.confineKeyring(validator(), onSeid)), "container seid of")
    assert.strictEqual(refusal(PodValidation.confineKeyring(validator(true), onSeid)), "")
    assert.include(refusal(PodValidation.confineKeyring(validator(true), onInit)), "container seid-init of")
  })

  it.each([
    ["a Secret", { secret: { secretName: "keyring" } }],
    ["a projection of the passphrase", { projected: { sources: [{ secret: { name: "passphrase" } }] } }]
  ])("sees through a volume of another name that is %s", (_, source) => {
    const exporter = { name: "cosmos-exporter", volumeMounts: [{ name: "harmless" }] }
    const broken = pod({ volumes: [{ name: "harmless", ...source }], containers: [{ name: "seid" }, exporter] })
    assert.include(refusal(PodValidation.confineKeyring(validator(), broken)), "container cosmos-exporter of")
  })

  it("asks nothing of a node without such a Secret", () => {
    assert.strictEqual(
      refusal(PodValidation.confineKeyring(Fixtures.node(), pod({ containers: [{ name: "x", ...mount }] }))),
      ""
    )
  })
})

describe("the probes' guard", () => {
  const seid = (more: Omit<PodValidation.PodSpec["containers"][number], "name">) =>
    pod({ containers: [{ name: "seid", ...more }] })
  const port = (number: number | string) => ({ tcpSocket: { port: number } })

  it("refuses any liveness probe of seid", () => {
    const broken = seid({ livenessProbe: { httpGet: { port: 8443 } } })
    assert.include(refusal(PodValidation.forbidUnsafeProbes(Fixtures.node(), broken)), "pod.seid.livenessProbe")
  })

  it.each([26657, 9090])("refuses a start that is judged by port %i", (number) => {
    const broken = seid({ startupProbe: port(number) })
    assert.include(refusal(PodValidation.forbidUnsafeProbes(Fixtures.node(), broken)), "pod.seid.startupProbe")
  })

  it("refuses such a port by its name, and as a gRPC probe", () => {
    const named = seid({ startupProbe: port("rpc"), ports: [{ name: "rpc", containerPort: 26657 }] })
    assert.include(refusal(PodValidation.forbidUnsafeProbes(Fixtures.node(), named)), "pod.seid.startupProbe")
    const grpc = seid({ startupProbe: { grpc: { port: 9090 } } })
    assert.include(refusal(PodValidation.forbidUnsafeProbes(Fixtures.node(), grpc)), "pod.seid.startupProbe")
  })

  it("lets readiness ask there, but not a seed's (scenario 82)", () => {
    const asks = seid({ readinessProbe: port(26657) })
    assert.strictEqual(refusal(PodValidation.forbidUnsafeProbes(Fixtures.node(), asks)), "")
    assert.include(refusal(PodValidation.forbidUnsafeProbes(seed, asks)), "pod.seid.readinessProbe")
    assert.strictEqual(refusal(PodValidation.forbidUnsafeProbes(seed, seid({ readinessProbe: port(26656) }))), "")
  })
})

describe("the bootstrap's guard (scenario 84)", () => {
  it.each([
    ["spec.validator.signingKey", { volumes: [{ name: "v", secret: { secretName: "signing" } }] }],
    ["spec.validator.nodeKey", { volumes: [{ name: "v", secret: { secretName: "identity" } }] }],
    [
      "spec.validator.operatorKeyring",
      { initContainers: [{ name: "x", envFrom: [{ secretRef: { name: "keyring" } }] }] }
    ],
    ["spec.validator.operatorKeyring.secret.passphraseSecretRef", { containers: [{ name: "seid", ...passphraseEnv }] }]
  ])("refuses a pod that holds the Secret of %s", (field, more) => {
    assert.strictEqual(
      refusal(PodValidation.forbidValidatorSecrets(validator(), pod(more))),
      `${field} would reach the bootstrap pod`
    )
  })

  it("lets Secrets pass that are not the node's", () => {
    const pulls = pod({ volumes: [{ name: "v", secret: { secretName: "registry" } }] })
    assert.strictEqual(refusal(PodValidation.forbidValidatorSecrets(validator(), pulls)), "")
  })
})
