/** Whose an object is, by its controller reference. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta, Owned } from "../src/index.ts"

const stored = (kind: string, name: string, uid: string, metadata: object = {}): ObjectMeta.KubernetesObject => ({
  apiVersion: "example.com/v1",
  kind,
  metadata: { name, namespace: "default", uid, resourceVersion: ObjectMeta.ResourceVersion.make("1"), ...metadata }
})

const owner = stored("Widget", "w", "now")
const former = { apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "before", controller: true }
const made = (reference: object) => stored("Service", "w", "made", { ownerReferences: [{ ...former, ...reference }] })

describe("an object of a previous owner", () => {
  it.each([
    ["has a controller of the same group, kind and name, and another uid", {}, true],
    ["may have a controller of another version of the group", { apiVersion: "example.com/v2" }, true],
    ["has no controller of another group", { apiVersion: "example.org/v1" }, false],
    ["has no controller of the core group", { apiVersion: "v1" }, false],
    ["has no controller of another kind", { kind: "Gadget" }, false],
    ["has no controller of another name", { name: "v" }, false],
    ["is not one that the owner itself controls", { uid: "now" }, false],
    ["is not one that only refers to a deleted owner", { controller: false }, false]
  ])("%s", (_, reference, expected) => {
    assert.strictEqual(Owned.hasPreviousOwner(owner, made(reference)), expected)
  })

  it("has a controller", () => {
    assert.isFalse(Owned.hasPreviousOwner(owner, stored("Service", "w", "made")))
  })
})

describe("the owner of an object", () => {
  const managed = (...managers: ReadonlyArray<unknown>) => stored("Service", "w", "made", { managedFields: managers })

  it.each([
    ["controlled by Widget w", made({})],
    ["without a controller", stored("Service", "w", "made")],
    ["without a controller, managed by helm, kubectl", managed({ manager: "helm" }, { manager: "kubectl" })],
    ["without a controller, managed by helm", managed({ manager: "helm" }, { manager: "helm" }, {}, "text")]
  ])("is described as %s", (expected, object) => {
    assert.strictEqual(Owned.describeOwner(object), expected)
  })
})
