import { assert, describe, it } from "vitest"
import { at, type JsonObject, objectOf } from "../../src/apiserver/Json.ts"
import { ApiServer } from "../../src/index.ts"
import { inSpec, thing } from "../schema/Case.ts"

const setUp = () => {
  const server = ApiServer.make()
  const request = { version: "v1", query: {}, user: "test" }
  server.handle({
    ...request,
    group: "apiextensions.k8s.io",
    plural: "customresourcedefinitions",
    namespace: "",
    name: "",
    verb: "create",
    body: inSpec({ size: { type: "integer" } })
  })
  const named = { ...request, namespace: "default", name: "thing" }
  const things = { ...named, group: "example.dev", plural: "things" }
  /** Applies an object and returns its resource version. */
  const apply = (target: typeof things, body: JsonObject) => {
    const query = { fieldManager: "test" }
    const applied = server.handle({ ...target, query, verb: "patch", patchFormat: "apply", body }).body
    return at(applied, "metadata", "resourceVersion")
  }
  return {
    thing: (metadata: JsonObject) => apply(things, thing({ size: 1 }, { metadata: { name: "thing", ...metadata } })),
    configMap: (metadata: JsonObject) =>
      apply(
        { ...named, group: "", plural: "configmaps" },
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "thing", ...metadata } }
      ),
    update: () => {
      const body = objectOf(server.handle({ ...things, verb: "get" }).body)
      return at(server.handle({ ...things, verb: "update", body }).body, "metadata", "resourceVersion")
    }
  }
}

describe("applying the same configuration again", () => {
  const empties: ReadonlyArray<JsonObject> = [
    { labels: {} },
    { labels: null },
    { finalizers: [] },
    { ownerReferences: [] }
  ]

  for (const metadata of empties) {
    it(`writes a custom object each time when its metadata has ${JSON.stringify(metadata)}`, () => {
      const { thing } = setUp()
      const versions = [thing({}), thing(metadata), thing(metadata), thing(metadata)]

      assert.strictEqual(new Set(versions).size, 4)
    })
  }

  it("writes nothing when no metadata field is empty, or the kind is built-in", () => {
    const { configMap, thing } = setUp()
    const versionsOf = (apply: () => unknown) => new Set([apply(), apply(), apply()]).size

    assert.strictEqual(
      versionsOf(() => thing({ labels: { a: "b" }, creationTimestamp: null })),
      1
    )
    assert.strictEqual(
      versionsOf(() => configMap({ labels: {} })),
      1
    )
  })

  it("makes the next update a write even when it changes nothing", () => {
    const { thing, update } = setUp()
    const applied = thing({ labels: {} })
    const updated = update()

    assert.notStrictEqual(updated, applied)
    assert.strictEqual(update(), updated)
  })
})
