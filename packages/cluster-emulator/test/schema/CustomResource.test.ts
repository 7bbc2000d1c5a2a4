import { assert, describe, it } from "vitest"
import * as Shape from "../../src/apiserver/Shape.ts"
import type { CompiledVersion } from "../../src/apiserver/schema/CustomResource.ts"
import { compile } from "../../src/apiserver/schema/CustomResource.ts"
import { inSpec, thing } from "./Case.ts"
import { gadgetDefinition } from "./gadgetDefinition.ts"

const gadget = compile(gadgetDefinition, "v1")

const withUnknownFields = {
  size: 2,
  strange: 1,
  nested: { deep: { x: 1 } },
  ports: [{ name: "a", y: 2 }],
  limits: { q: { z: 1 } },
  free: { any: { a: [{ b: 1 }] }, known: { x: "1", y: 2 } },
  template: { apiVersion: "v1", kind: "Pod", metadata: { name: "p", odd: 1 }, spec: { any: 1 } }
}

describe("pruning", () => {
  it("removes the fields that the schema does not specify, and returns their paths", () => {
    const { object, unknown } = gadget.prune(thing(withUnknownFields, { more: 1, status: { bar: 1 } }))

    assert.deepStrictEqual(unknown, [
      "more",
      "spec.free.known.y",
      "spec.limits.q.z",
      "spec.nested.deep.x",
      "spec.ports[0].y",
      "spec.strange",
      "status.bar",
      "spec.template.metadata.odd"
    ])
    const pruned = {
      size: 2,
      nested: { deep: {} },
      ports: [{ name: "a" }],
      limits: { q: {} },
      free: { any: { a: [{ b: 1 }] }, known: { x: "1" } },
      template: { ...withUnknownFields.template, metadata: { name: "p" } }
    }
    assert.deepStrictEqual(object, thing(pruned, { status: {} }))
  })

  it("reports the path of metadata of an embedded resource that cannot be decoded", () => {
    const template = { apiVersion: "v1", kind: "Pod", metadata: { labels: { a: 1 } } }

    assert.strictEqual(
      gadget.prune(thing({ template })).error,
      'spec.template.metadata: Invalid value: {"labels":{"a":1}}: ' +
        "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"
    )
  })

  it("returns the same object when nothing is pruned", () => {
    const object = thing({ size: 2, free: { any: [1] }, labels: { a: "b" } })

    assert.strictEqual(gadget.prune(object).object, object)
  })

  it("a version that does not exist prunes everything but apiVersion, kind and metadata", () => {
    assert.deepStrictEqual(compile(gadgetDefinition, "v2").prune(thing({ size: 1 })).unknown, ["spec"])
  })
})

describe("defaulting", () => {
  it("applies to objects, list items and map values, from the root down", () => {
    const object = gadget.applyDefaults(thing({ size: 2, ports: [{ name: "a" }], limits: { q: {} } }))

    assert.deepStrictEqual(object.spec, {
      size: 2,
      ports: [{ name: "a", port: 80 }],
      limits: { q: { max: 5 } },
      color: "red",
      nested: { deep: { depth: 1, text: "t" } }
    })
    assert.strictEqual(gadget.applyDefaults(object), object)
  })

  it("drops a null unless the field is nullable, and defaults it when there is a default", () => {
    const { object: pruned } = gadget.prune(thing({ size: null, color: null, maybe: null, tags: [null], nested: {} }))
    const object = gadget.applyDefaults(pruned)

    assert.deepStrictEqual(object.spec, {
      maybe: null,
      tags: [null],
      nested: { deep: { depth: 1, text: "t" } },
      color: "red"
    })
  })
})

const listAt = (version: CompiledVersion, ...path: ReadonlyArray<string>): Shape.ListType | undefined => {
  const shape = path.reduce((parent: Shape.Shape, name) => {
    const inner = parent._tag === "List" ? parent.items : parent
    return inner._tag === "Map" ? Shape.fieldOf(inner, name) : Shape.untyped
  }, version.shape)
  const resolved = Shape.at(shape, [])
  return resolved._tag === "List" ? resolved.list : undefined
}

describe("list types", () => {
  it("are those of x-kubernetes-list-type, and atomic without it", () => {
    assert.deepStrictEqual(listAt(gadget, "spec", "ports"), { type: "map", keys: ["name"] })
    assert.deepStrictEqual(listAt(gadget, "spec", "pairs"), { type: "map", keys: ["a", "b"] })
    assert.deepStrictEqual(listAt(gadget, "spec", "tags"), { type: "set" })
    assert.deepStrictEqual(listAt(gadget, "spec", "free", "any"), { type: "atomic" })
    assert.deepStrictEqual(listAt(gadget, "metadata", "finalizers"), { type: "set" })
  })

  it("of nested lists have map keys with defaults", () => {
    const inner = {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port"],
      items: { type: "object", properties: { port: { type: "integer", default: 80 } } }
    }
    const outer = { type: "array", items: { type: "object", properties: { inner } } }
    const byName = { type: "object", additionalProperties: { type: "object", properties: { inner } } }
    const version = compile(inSpec({ outer, byName }), "v1")
    const expected = { type: "map", keys: ["port"], keyDefaults: { port: 80 } } as const

    assert.deepStrictEqual(listAt(version, "spec", "outer", "inner"), expected)
    assert.deepStrictEqual(listAt(version, "spec", "byName", "anyone", "inner"), expected)
  })
})

describe("the status subresource", () => {
  it("exists when the version declares it", () => {
    assert.isTrue(gadget.hasStatus)
    assert.isFalse(compile(inSpec({}), "v1").hasStatus)
  })
})
