/** Which pods use the signing key of a node. */
import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as SigningKeyUse from "../src/node/plan/SigningKeyUse.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const node = Fixtures.node({
  spec: { validator: { signingKey: { secret: { secretName: "key" } }, nodeKey: { secret: { secretName: "peer" } } } }
})
const statefulSet = Fixtures.owned("StatefulSet", "node-0")

/** A pod that mounts Secrets; the StatefulSet of the node controls it unless `ownerReferences` says otherwise. */
const pod = (name: string, secrets: ReadonlyArray<string>, metadata: Partial<ObjectMeta.ObjectMeta> = {}) => {
  const object = Fixtures.pod("r1")
  const volumes = [{ name: "data" }, ...secrets.map((secretName) => ({ name: secretName, secret: { secretName } }))]
  return { ...object, metadata: { ...object.metadata, uid: name, name, ...metadata }, spec: { volumes } }
}

describe("the other users of a signing key", () => {
  const foreign = { ownerReferences: [] }
  const pods = [
    pod("own", ["key"]),
    pod("signer", ["peer", "key"], foreign),
    pod("stopping", ["key"], { ...foreign, deletionTimestamp: "2026-01-01T00:00:00Z" }),
    pod("other", ["peer", "key-2"], foreign),
    pod("without", [], foreign)
  ]

  it("are the pods that mount it until they are gone, and that the StatefulSet does not control", () => {
    assert.deepStrictEqual(SigningKeyUse.otherPods(node, statefulSet, pods), ["pod signer", "pod stopping"])
  })

  it("are all pods that mount it, while there is no StatefulSet", () => {
    assert.deepStrictEqual(SigningKeyUse.otherPods(node, undefined, pods), ["pod own", "pod signer", "pod stopping"])
  })
})
