import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as Result from "effect/Result"
import * as NodeIdentity from "../src/node/resources/NodeIdentity.ts"
import * as Service from "../src/node/resources/Service.ts"
import * as StatefulSet from "../src/node/resources/StatefulSet.ts"
import type { Platform } from "../src/shared/Platform.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const generate = (parts: Fixtures.NodeParts = {}) =>
  Result.getOrThrow(StatefulSet.generate(Fixtures.node(parts), sample, { replicas: 1 }))

const seed = { nodeKey: { secret: { secretName: "identity" } } }

const keyringWith = (fields: object) => ({
  validator: {
    operatorKeyring: {
      secret: { secretName: "keyring", passphraseSecretRef: { secretName: "passphrase", key: "p" }, ...fields }
    }
  }
})

const podOf = ({ spec }: ObjectMeta.Manifest) => Object(spec).template.spec

const rejectedField = (parts: Fixtures.NodeParts, platform: Platform) =>
  Result.match(StatefulSet.generate(Fixtures.node(parts), platform, { replicas: 1 }), {
    onFailure: ({ field }) => field,
    onSuccess: () => undefined
  })

const term = (key: string) => (text: string) => text.includes(`"key":"${key}"`)

describe("StatefulSet", () => {
  it("asks for a dedicated machine only with the annotation (scenario 85)", () => {
    const plain = JSON.stringify(generate())
    const dedicated = generate({ annotations: { "sei.io/dedicated-node": "true" } })
    assert.isTrue(term("sei.io/dedicated-node")(plain))
    assert.isFalse(plain.includes('"operator":"Exists"') && plain.includes('"key":"sei.io/node","operator":"Exists"'))
    assert.include(JSON.stringify(dedicated), '"key":"sei.io/node","operator":"Exists"')
    assert.strictEqual(dedicated.metadata.labels?.["sei.io/dedicated-node"], "true")
  })

  it("labels a publisher and never selects by that label (scenario 86)", () => {
    const node = Fixtures.node({
      spec: { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } }
    })
    assert.strictEqual(NodeIdentity.labels(node)["sei.io/snapshot-publish"], "true")
    assert.deepStrictEqual(NodeIdentity.selector(node), { "sei.io/node": "node-0" })
    const service = Service.generate(node)
    assert.deepStrictEqual(Object(service.spec).selector, { "sei.io/node": "node-0" })
  })

  it("has the pod labels of the spec, which cannot override its own", () => {
    const labels = NodeIdentity.labels(Fixtures.node({ spec: { podLabels: { team: "a", "sei.io/node": "other" } } }))
    assert.strictEqual(labels.team, "a")
    assert.strictEqual(labels["sei.io/node"], "node-0")
  })

  it("of a seed has one container with a soft memory limit and a P2P readiness probe (scenario 82)", () => {
    const pod = podOf(generate({ spec: { seed } }))
    const [seid, ...containers] = pod.containers
    assert.deepStrictEqual(containers, [])
    assert.deepStrictEqual(seid.readinessProbe.tcpSocket, { port: 26656 })
    assert.deepInclude(seid.env, { name: "GOMEMLIMIT", value: "1868310773B" })
    assert.strictEqual(seid.resources.limits.memory, "2Gi")
    assert.deepInclude(seid.volumeMounts, {
      name: "node-key",
      mountPath: "/home/nonroot/.sei/config/node_key.json",
      subPath: "node_key.json",
      readOnly: true
    })
    assert.strictEqual(pod.tolerations[0].value, "sei-seed")
  })

  it("requires nodepoolSeed for a seed and for no other mode (scenario 82)", () => {
    const withoutPool = { ...sample, scheduling: { ...sample.scheduling, nodepoolSeed: "" } }
    assert.strictEqual(rejectedField({ spec: { seed } }, withoutPool), "scheduling.nodepoolSeed")
    assert.isUndefined(rejectedField({}, withoutPool))
  })

  it.each(["kubeRBACProxy", "cosmosExporter"])("is rejected without images.%s (scenario 87)", (image) => {
    const without = { ...sample, images: { ...sample.images, [image]: "" } }
    assert.strictEqual(rejectedField({}, without), `images.${image}`)
  })

  it("of a seed requires no exporter image (scenario 87)", () => {
    const without = { ...sample, images: { ...sample.images, cosmosExporter: "" } }
    assert.isUndefined(rejectedField({ spec: { seed } }, without))
  })

  it.each([
    [false, ["sei-sidecar"]],
    [true, ["sei-sidecar", "seid"]]
  ])("with seidMount %s, the keyring is available to these containers only (scenario 83)", (seidMount, names) => {
    const { containers, initContainers } = podOf(generate({ spec: keyringWith({ seidMount }) }))
    const containersWith = (word: string) =>
      [...initContainers, ...containers]
        .filter((container) => JSON.stringify(container).includes(word))
        .map(({ name }) => name)
    assert.deepStrictEqual(containersWith("operator-keyring"), names)
    assert.deepStrictEqual(containersWith("SEI_KEYRING_PASSPHRASE"), names)
  })

  it("treats an empty operatorKeyring as absent", () => {
    const text = JSON.stringify(generate({ spec: { validator: { operatorKeyring: {} } } }))
    assert.include(text, '"SEI_KEYRING_BACKEND","value":"test"')
    assert.notInclude(text, "operator-keyring")
  })

  it("requests the resources of the platform configuration instead of the mode's, without a CPU limit", () => {
    const resources = { ...sample.resources, archive: { cpuRequest: "48", memory: "384Gi" } }
    const manifest = StatefulSet.generate(
      Fixtures.node({ spec: { archive: {} } }),
      { ...sample, resources },
      { replicas: 1 }
    )
    assert.deepStrictEqual(podOf(Result.getOrThrow(manifest)).containers[0].resources, {
      requests: { cpu: "48", memory: "384Gi" },
      limits: { memory: "384Gi" }
    })
  })

  it("has another fingerprint after every edit of the pod", () => {
    const before = StatefulSet.fingerprint(generate())
    assert.match(before ?? "", /^[0-9a-f]{16}$/u)
    assert.strictEqual(StatefulSet.fingerprint(generate()), before)
    const edits = [
      { podLabels: { team: "a" } },
      { image: "seid:v2" },
      { sidecar: { resources: { requests: { cpu: 1 } } } }
    ]
    const after = edits.map((spec) => StatefulSet.fingerprint(generate({ spec })))
    assert.strictEqual(new Set([before, ...after]).size, 4)
  })

  it("has the same fingerprint at any number of replicas, and none in the pod template", () => {
    const paused = Result.getOrThrow(StatefulSet.generate(Fixtures.node(), sample, { replicas: 0 }))
    assert.strictEqual(StatefulSet.fingerprint(paused), StatefulSet.fingerprint(generate()))
    assert.notProperty(Object(paused.spec).template.metadata.annotations, "portolan.dev/template")
  })

  it("of another controller has no fingerprint", () => {
    assert.isUndefined(StatefulSet.fingerprint(Fixtures.owned("StatefulSet", "node-0")))
  })
})
