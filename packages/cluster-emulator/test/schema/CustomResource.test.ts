import { assert, describe, it } from "vitest"
import * as Shape from "../../src/apiserver/Shape.ts"
import type { CompiledVersion } from "../../src/apiserver/schema/CustomResource.ts"
import { compile } from "../../src/apiserver/schema/CustomResource.ts"
import { inSpec, thing } from "./Case.ts"
import { gadgetDefinition } from "./gadgetDefinition.ts"

const gadget = compile(gadgetDefinition, "v1")

const strange = {
  size: 2,
  strange: 1,
  nested: { deep: { x: 1 } },
  ports: [{ name: "a", y: 2 }],
  limits: { q: { z: 1 } },
  free: { any: { a: [{ b: 1 }] }, known: { x: "1", y: 2 } },
  template: { apiVersion: "v1", kind: "Pod", metadata: { name: "p", odd: 1 }, spec: { any: 1 } }
}

describe("pruning", () => {
  it("removes what the schema does not know, and names it", () => {
    const { object, unknown } = gadget.prune(thing(strange, { more: 1, status: { bar: 1 } }))

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
    const known = {
      size: 2,
      nested: { deep: {} },
      ports: [{ name: "a" }],
      limits: { q: {} },
      free: { any: { a: [{ b: 1 }] }, known: { x: "1" } },
      template: { ...strange.template, metadata: { name: "p" } }
    }
    assert.deepStrictEqual(object, thing(known, { status: {} }))
  })

  it("tells where the metadata of an embedded resource cannot be read", () => {
    const template = { apiVersion: "v1", kind: "Pod", metadata: { labels: { a: 1 } } }

    assert.strictEqual(
      gadget.prune(thing({ template })).error,
      'spec.template.metadata: Invalid value: {"labels":{"a":1}}: ' +
        "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"
    )
  })

  it("an object that is known in full stays the same object", () => {
    const object = thing({ size: 2, free: { any: [1] }, labels: { a: "b" } })

    assert.strictEqual(gadget.prune(object).object, object)
  })

  it("a version that is not there keeps nothing but identity", () => {
    assert.deepStrictEqual(compile(gadgetDefinition, "v2").prune(thing({ size: 1 })).unknown, ["spec"])
  })
})

describe("defaults", () => {
  it("fill objects, items and maps from the outside in", () => {
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

  it("a null is a value only where the schema allows it", () => {
    const { object: known } = gadget.prune(thing({ size: null, color: null, maybe: null, tags: [null], nested: {} }))
    const object = gadget.applyDefaults(known)

    assert.deepStrictEqual(object.spec, {
      maybe: null,
      tags: [null],
      nested: { deep: { depth: 1, text: "t" } },
      color: "red"
    })
  })
})

const listAt = (version: CompiledVersion, ...path: ReadonlyArray<string>): Shape.ListType | undefined => {
  const shape = path.reduce((here: Shape.Shape, name) => {
    const inner = here._tag === "List" ? here.items : here
    return inner._tag === "Map" ? Shape.fieldOf(inner, name) : Shape.untyped
  }, version.shape)
  const here = Shape.at(shape, [])
  return here._tag === "List" ? here.list : undefined
}

describe("lists", () => {
  it("merge as the schema says, and as one value when it does not", () => {
    assert.deepStrictEqual(listAt(gadget, "spec", "ports"), { type: "map", keys: ["name"] })
    assert.deepStrictEqual(listAt(gadget, "spec", "pairs"), { type: "map", keys: ["a", "b"] })
    assert.deepStrictEqual(listAt(gadget, "spec", "tags"), { type: "set" })
    assert.deepStrictEqual(listAt(gadget, "spec", "free", "any"), { type: "atomic" })
    assert.deepStrictEqual(listAt(gadget, "metadata", "finalizers"), { type: "set" })
  })

  it("inside items and maps have keys with defaults", () => {
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

describe("status", () => {
  it("is a resource of its own when the version says so", () => {
    assert.isTrue(gadget.hasStatus)
    assert.isFalse(compile(inSpec({}), "v1").hasStatus)
  })
})
