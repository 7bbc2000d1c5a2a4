import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Identity from "../src/resources/Identity.ts"
import { sample } from "../src/resources/SamplePlatform.ts"
import * as Service from "../src/resources/Service.ts"
import * as StatefulSet from "../src/resources/StatefulSet.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const generate = (parts: Fixtures.NodeParts = {}) =>
  Result.getOrThrow(StatefulSet.generate(Fixtures.node(parts), sample, { replicas: 1 }))

const term = (key: string) => (text: string) => text.includes(`"key":"${key}"`)

describe("StatefulSet", () => {
  it("is the manifest that was reviewed", async ({ expect }) => {
    await expect(`${JSON.stringify(generate(), null, 2)}\n`).toMatchFileSnapshot("golden/full-node.statefulset.json")
  })

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
    assert.strictEqual(Identity.labels(node)["sei.io/snapshot-publish"], "true")
    assert.deepStrictEqual(Identity.selector(node), { "sei.io/node": "node-0" })
    const service = Service.generate(node)
    assert.deepStrictEqual(Object(service.spec).selector, { "sei.io/node": "node-0" })
  })

  it("carries the user's pod labels, below its own", () => {
    const labels = Identity.labels(Fixtures.node({ spec: { podLabels: { team: "a", "sei.io/node": "other" } } }))
    assert.strictEqual(labels.team, "a")
    assert.strictEqual(labels["sei.io/node"], "node-0")
  })

  it("holds no secret of a full node anywhere (scenario 84)", () => {
    const text = JSON.stringify(generate())
    for (const word of ["signing-key", "node-key", "operator-keyring", "PASSPHRASE"]) assert.notInclude(text, word)
  })
})
