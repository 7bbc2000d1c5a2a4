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

const keyringOf = (more: object) => ({
  validator: {
    operatorKeyring: {
      secret: { secretName: "keyring", passphraseSecretRef: { secretName: "passphrase", key: "p" }, ...more }
    }
  }
})

const podOf = ({ spec }: ObjectMeta.Manifest) => Object(spec).template.spec

const refusedField = (parts: Fixtures.NodeParts, platform: Platform) =>
  Result.match(StatefulSet.generate(Fixtures.node(parts), platform, { replicas: 1 }), {
    onFailure: ({ field }) => field,
    onSuccess: () => undefined
  })

const term = (key: string) => (text: string) => text.includes(`"key":"${key}"`)

describe("StatefulSet", () => {
  it("wants a machine of its own only where the annotation says so (scenario 85)", () => {
    const plain = JSON.stringify(generate())
    const dedicated = generate({ annotations: { "sei.io/dedicated-node": "true" } })
    assert.isTrue(term("sei.io/dedicated-node")(plain))
    assert.isFalse(plain.includes('"operator":"Exists"') && plain.includes('"key":"sei.io/node","operator":"Exists"'))
    assert.include(JSON.stringify(dedicated), '"key":"sei.io/node","operator":"Exists"')
    assert.strictEqual(dedicated.metadata.labels?.["sei.io/dedicated-node"], "true")
  })

  it("marks a publisher on the pod and never in a selector (scenario 86)", () => {
    const node = Fixtures.node({
      spec: { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } }
    })
    assert.strictEqual(NodeIdentity.labels(node)["sei.io/snapshot-publish"], "true")
    assert.deepStrictEqual(NodeIdentity.selector(node), { "sei.io/node": "node-0" })
    const service = Service.generate(node)
    assert.deepStrictEqual(Object(service.spec).selector, { "sei.io/node": "node-0" })
  })

  it("carries the user's pod labels, below its own", () => {
    const labels = NodeIdentity.labels(Fixtures.node({ spec: { podLabels: { team: "a", "sei.io/node": "other" } } }))
    assert.strictEqual(labels.team, "a")
    assert.strictEqual(labels["sei.io/node"], "node-0")
  })

  it("of a seed is one container with a soft memory limit, probed where it serves (scenario 82)", () => {
    const pod = podOf(generate({ spec: { seed } }))
    const [seid, ...others] = pod.containers
    assert.deepStrictEqual(others, [])
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

  it("of a seed alone needs the pool of seeds (scenario 82)", () => {
    const poolless = { ...sample, scheduling: { ...sample.scheduling, nodepoolSeed: "" } }
    assert.strictEqual(refusedField({ spec: { seed } }, poolless), "scheduling.nodepoolSeed")
    assert.isUndefined(refusedField({}, poolless))
  })

  it.each(["kubeRBACProxy", "cosmosExporter"])("is refused by name without images.%s (scenario 87)", (image) => {
    const without = { ...sample, images: { ...sample.images, [image]: "" } }
    assert.strictEqual(refusedField({}, without), `images.${image}`)
  })

  it("of a seed needs no exporter (scenario 87)", () => {
    const without = { ...sample, images: { ...sample.images, cosmosExporter: "" } }
    assert.isUndefined(refusedField({ spec: { seed } }, without))
  })

  it.each([
    [false, ["sei-sidecar"]],
    [true, ["sei-sidecar", "seid"]]
  ])("gives the operator's keyring to those who may have it: on seid %s (scenario 83)", (seidMount, holders) => {
    const { containers, initContainers } = podOf(generate({ spec: keyringOf({ seidMount }) }))
    const holding = (word: string) =>
      [...initContainers, ...containers].filter((each) => JSON.stringify(each).includes(word)).map(({ name }) => name)
    assert.deepStrictEqual(holding("operator-keyring"), holders)
    assert.deepStrictEqual(holding("SEI_KEYRING_PASSPHRASE"), holders)
  })

  it("takes a validator's empty keyring for none", () => {
    const text = JSON.stringify(generate({ spec: { validator: { operatorKeyring: {} } } }))
    assert.include(text, '"SEI_KEYRING_BACKEND","value":"test"')
    assert.notInclude(text, "operator-keyring")
  })

  it("asks for what the platform says instead of a mode's own, and for no more CPU than that", () => {
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

  it("tells by its fingerprint whether an edit has reached it", () => {
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

  it("has one fingerprint at any number of replicas, and leaves pods without it", () => {
    const paused = Result.getOrThrow(StatefulSet.generate(Fixtures.node(), sample, { replicas: 0 }))
    assert.strictEqual(StatefulSet.fingerprint(paused), StatefulSet.fingerprint(generate()))
    assert.notProperty(Object(paused.spec).template.metadata.annotations, "portolan.dev/template")
  })

  it("of another controller has no fingerprint", () => {
    assert.isUndefined(StatefulSet.fingerprint(Fixtures.owned("StatefulSet", "node-0")))
  })
})
