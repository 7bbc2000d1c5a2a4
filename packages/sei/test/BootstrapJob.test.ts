import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as BootstrapJob from "../src/node/resources/BootstrapJob.ts"
import * as BootstrapService from "../src/node/resources/BootstrapService.ts"
import { bootstrapJobKey } from "../src/node/resources/NodeIdentity.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const snapshot = { s3: { targetHeight: 5 }, bootstrapImage: "seid:old" }
const generate = (parts: Fixtures.NodeParts) => BootstrapJob.generate(Fixtures.node(parts), sample)
const pod = (parts: Fixtures.NodeParts) => Object(Result.getOrThrow(generate(parts)).spec).template.spec
const LABELS = { "sei.io/node": "node-0", "sei.io/component": "bootstrap" }

describe("BootstrapJob", () => {
  it("has the two bootstrap labels and no other, whatever podLabels say", () => {
    const spec = { fullNode: { snapshot }, podLabels: { team: "a" } }
    const job = Result.getOrThrow(generate({ spec, annotations: { "sei.io/dedicated-node": "true" } }))
    assert.deepStrictEqual(job.metadata.labels, LABELS)
    assert.deepStrictEqual(Object(job.spec).template.metadata.labels, LABELS)
    assert.strictEqual(job.metadata.name, bootstrapJobKey(Fixtures.node({ spec })).name)
  })

  it("avoids machines of dedicated nodes and is never dedicated itself", () => {
    const { affinity } = pod({
      spec: { fullNode: { snapshot } },
      annotations: { "sei.io/dedicated-node": "true" }
    })
    assert.lengthOf(affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution, 1)
  })

  it("mounts the node's data volume, imported or not", () => {
    const claim = (spec: Fixtures.NodeParts["spec"]) => pod({ spec: { fullNode: { snapshot }, ...spec } }).volumes[0]
    assert.deepStrictEqual(claim({}).persistentVolumeClaim, { claimName: "data-node-0" })
    const imported = claim({ dataVolume: { import: { pvcName: "old" } } })
    assert.deepStrictEqual(imported.persistentVolumeClaim, { claimName: "old" })
  })

  it("runs bootstrapImage, or else the image of the node", () => {
    const images = (source: object) => {
      const { containers, initContainers } = pod({ spec: { fullNode: { snapshot: { s3: snapshot.s3, ...source } } } })
      return [initContainers[0].image, containers[0].image]
    }
    assert.deepStrictEqual(images({ bootstrapImage: "seid:old" }), ["seid:old", "seid:old"])
    assert.deepStrictEqual(images({}), [Fixtures.IMAGE, Fixtures.IMAGE])
  })

  it("of a validator references none of its Secrets (scenario 84)", () => {
    const validator = {
      snapshot,
      signingKey: { secret: { secretName: "s-signing" } },
      nodeKey: { secret: { secretName: "s-identity" } },
      operatorKeyring: {
        secret: { secretName: "s-keyring", passphraseSecretRef: { secretName: "s-pass", key: "p" }, seidMount: true }
      }
    }
    const text = JSON.stringify(Result.getOrThrow(generate({ spec: { validator } })))
    for (const word of ["s-signing", "s-identity", "s-keyring", "s-pass", "KEYRING", "secret"]) {
      assert.notInclude(text, word)
    }
  })

  it.each([
    ["spec.fullNode.snapshot.s3.targetHeight", {}],
    ["spec.fullNode.snapshot.s3.targetHeight", { fullNode: { snapshot: { stateSync: {} } } }],
    ["spec.archive.snapshot.s3.targetHeight", { archive: {} }]
  ])("is rejected with %s when the spec has no snapshot height", (field, spec) => {
    assert.strictEqual(Result.getOrThrow(Result.flip(generate({ spec }))).field, field)
  })

  it("has the DNS name of the permanent pod", () => {
    const { hostname, subdomain } = pod({ spec: { fullNode: { snapshot } } })
    const service = BootstrapService.generate(Fixtures.node())
    assert.deepStrictEqual([hostname, subdomain, service.metadata.name], ["node-0-0", "node-0", "node-0"])
    assert.deepStrictEqual(Object(service.spec).selector, LABELS)
  })
})
