import { assert, describe, it } from "@effect/vitest"
import * as ObjectMeta from "../src/model/ObjectMeta.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const version = (text: string) => ObjectMeta.ResourceVersion.make(text)
const owner = { ...ObjectMeta.controllerReference(Fixtures.widget()) }

describe("a resource version", () => {
  it("is compared as a number, whatever its length", () => {
    assert.isTrue(ObjectMeta.isNewer(version("10"), version("9")))
    assert.isFalse(ObjectMeta.isNewer(version("9"), version("10")))
    assert.isTrue(ObjectMeta.isNewer(version("12"), version("11")))
    assert.isFalse(ObjectMeta.isNewer(version("11"), version("12")))
    assert.isFalse(ObjectMeta.isNewer(version("11"), version("11")))
  })
})

describe("a key", () => {
  const node = ObjectMeta.clusterWide("v1", "Node", "nodes")

  it("is printed with its namespace, if it has one", () => {
    assert.strictEqual(ObjectMeta.keyText(Fixtures.key), "Widget default/w")
    assert.strictEqual(ObjectMeta.keyText(ObjectMeta.key(node, "", "n")), "Node n")
  })

  it("is taken from an object, with or without a namespace", () => {
    assert.deepStrictEqual(ObjectMeta.keyOf(Fixtures.kind, Fixtures.widget()), Fixtures.key)
    assert.deepStrictEqual(ObjectMeta.keyOf(node, { metadata: { name: "n" } }), ObjectMeta.key(node, "", "n"))
  })

  it("has a namespaced or a cluster-scoped kind", () => {
    assert.deepStrictEqual(ObjectMeta.namespaced("example.dev/v1", "Widget", "widgets"), Fixtures.kind)
    assert.deepStrictEqual(node, { apiVersion: "v1", kind: "Node", plural: "nodes", scope: "Cluster" })
  })
})

describe("JSON from a server", () => {
  it("is a Kubernetes object when it has apiVersion, kind and stored metadata", () => {
    const stored = Fixtures.widget()
    assert.isTrue(ObjectMeta.isKubernetesObject(stored))
    const { metadata, ...rest } = stored
    const { resourceVersion: _, ...unstored } = metadata
    for (const other of [
      null,
      undefined,
      "Widget",
      {},
      { ...stored, apiVersion: 1 },
      { ...stored, kind: 1 },
      rest,
      { ...stored, metadata: unstored },
      { kind: "Widget", metadata },
      { apiVersion: "v1", metadata }
    ]) {
      assert.isFalse(ObjectMeta.isKubernetesObject(other), JSON.stringify(other))
    }
  })

  it("is a JSON object unless it is a list, null or a scalar", () => {
    assert.isTrue(ObjectMeta.isJsonObject({}))
    for (const other of [[], null, undefined, "a", 1]) assert.isFalse(ObjectMeta.isJsonObject(other))
  })

  it("has an empty status when its status is missing or no object", () => {
    const { status: _, ...without } = Fixtures.widget()
    assert.deepStrictEqual(ObjectMeta.statusOf(without), {})
    assert.deepStrictEqual(ObjectMeta.statusOf({ ...without, status: ["x"] }), {})
    assert.deepStrictEqual(ObjectMeta.statusOf({ ...without, status: { a: 1 } }), { a: 1 })
  })
})

describe("INV-11: an owner", () => {
  const { controller: _, ...mere } = owner
  const owned = (...ownerReferences: ReadonlyArray<ObjectMeta.OwnerReference>) =>
    Fixtures.widget({}, { metadata: { name: "child", ownerReferences: ownerReferences.map((each) => ({ ...each })) } })

  it("controls objects that name its uid as their controller", () => {
    assert.isTrue(ObjectMeta.controls(Fixtures.widget(), owned({ ...mere, uid: "another" }, owner)))
    assert.deepStrictEqual(ObjectMeta.controllerOf(owned(mere, owner)), owner)
  })

  it("does not control objects of a plain owner reference, of an earlier object of its name, or without owners", () => {
    for (const child of [owned(mere), owned({ ...owner, uid: "another" }), owned(), Fixtures.widget()]) {
      assert.isFalse(ObjectMeta.controls(Fixtures.widget(), child))
    }
  })

  it("is referenced with blockOwnerDeletion, so that foreground deletion waits for its dependents", () => {
    assert.deepStrictEqual(ObjectMeta.controllerReference(Fixtures.widget()), {
      apiVersion: "example.dev/v1",
      kind: "Widget",
      name: "w",
      uid: "widget-uid",
      controller: true,
      blockOwnerDeletion: true
    })
  })
})

describe("a selector", () => {
  it("matches by value or by any value, and everything when it is empty", () => {
    const labels = { app: "x", node: "" }
    assert.isTrue(ObjectMeta.selects({ app: "x", node: true }, labels))
    assert.isFalse(ObjectMeta.selects({ app: "y", node: true }, labels))
    assert.isFalse(ObjectMeta.selects({ app: "x", other: true }, labels))
    assert.isFalse(ObjectMeta.selects({ app: "x" }, undefined))
    assert.isFalse(ObjectMeta.selects({ app: true }, undefined))
    assert.isTrue(ObjectMeta.selects({}, undefined))
  })

  it("is printed as a labelSelector query", () => {
    assert.strictEqual(ObjectMeta.selectorText({ app: "x", node: true }), "app=x,node")
    assert.strictEqual(ObjectMeta.selectorText({}), "")
  })
})
