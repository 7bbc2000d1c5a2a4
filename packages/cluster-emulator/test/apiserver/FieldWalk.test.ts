import { assert, describe, it } from "vitest"
import { compare, fieldsOf, merge, remove } from "../../src/apiserver/FieldWalk.ts"
import type { JsonObject } from "../../src/apiserver/Json.ts"
import * as Shape from "../../src/apiserver/Shape.ts"
import { compile } from "../../src/apiserver/schema/CustomResource.ts"
import { typeError } from "../../src/apiserver/TypedConfig.ts"
import { inSpec, thing } from "../schema/Case.ts"

const text = { type: "string" }
const { shape } = compile(
  inSpec({
    size: { type: "integer" },
    on: { type: "boolean" },
    limit: { "x-kubernetes-int-or-string": true },
    labels: { type: "object", additionalProperties: text },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    tags: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port", "protocol"],
      items: {
        type: "object",
        properties: { port: { type: "integer" }, protocol: { ...text, default: "TCP" } }
      }
    }
  }),
  "v1"
)

const specFields = (fields: JsonObject): JsonObject => ({ "f:spec": fields })

describe("the field set of a value", () => {
  it("contains parents of members only where the schema does not declare them", () => {
    const object = { spec: { free: { any: { thing: 1 } }, labels: { a: "b" } } }

    assert.deepStrictEqual(
      fieldsOf(object, shape),
      specFields({ "f:free": { "f:any": { ".": {}, "f:thing": {} } }, "f:labels": { "f:a": {} } })
    )
  })
})

describe("a comparison", () => {
  const compareSpecs = (before: JsonObject, after: JsonObject) => compare({ spec: before }, { spec: after }, shape)

  it("treats null as an empty map", () => {
    const { added, changed, removed } = compareSpecs({ labels: null }, { labels: { a: "b" } })

    assert.deepStrictEqual(added, specFields({ "f:labels": { "f:a": {} } }))
    assert.deepStrictEqual([changed, removed], [{}, {}])
  })

  it("reports the fields of a map that becomes a scalar as removed", () => {
    const { changed, removed } = compareSpecs({ free: { any: { thing: 1 } } }, { free: { any: 1 } })

    assert.deepStrictEqual(changed, specFields({ "f:free": { "f:any": {} } }))
    assert.deepStrictEqual(removed, specFields({ "f:free": { "f:any": { "f:thing": {} } } }))
  })
})

describe("a merge", () => {
  it("keeps a map or list when the applied one is null or empty", () => {
    const live = { spec: { labels: { a: "b" }, tags: ["x"], size: 1 } }

    assert.deepStrictEqual(merge(live, { spec: { labels: null, tags: [], size: null } }, shape), {
      spec: { labels: { a: "b" }, tags: ["x"], size: null }
    })
  })
})

const orders: ReadonlyArray<readonly [live: string, applied: string, merged: string]> = [
  ["abc", "ca", "bca"],
  ["abc", "xc", "abxc"],
  ["abc", "xa", "xabc"],
  ["abc", "b", "abc"],
  ["abcd", "dxb", "acdxb"],
  ["ab", "bxa", "bxa"]
]

describe("a merge of lists", () => {
  for (const [live, applied, merged] of orders) {
    it(`merges ${applied} into ${live} as ${merged}`, () => {
      const tags = (letters: string) => ({ spec: { tags: letters.split("") } })

      assert.deepStrictEqual(merge(tags(live), tags(applied), shape), tags(merged))
    })
  }
})

describe("removal of fields", () => {
  it("leaves null in place of a map or list that becomes empty", () => {
    const object = { spec: { labels: { a: "b" }, tags: ["x"], size: 1 } }
    const set = specFields({ "f:labels": { "f:a": {} }, "f:tags": { 'v:"x"': {} } })

    assert.deepStrictEqual(remove(object, set, shape), { spec: { labels: null, tags: null, size: 1 } })
  })
})

const schemaErrors: ReadonlyArray<readonly [spec: JsonObject, error: string]> = [
  [{ size: "one" }, ".spec.size: expected numeric (int or float), got string"],
  [{ on: "yes" }, ".spec.on: expected boolean, got &{yes}"],
  [{ labels: [] }, ".spec.labels: expected map, got &{[]}"],
  [{ labels: { a: 1 } }, ".spec.labels.a: expected string, got &value.valueUnstructured{Value:1}"],
  [{ tags: "word" }, ".spec.tags: expected list, got &{word}"],
  [{ tags: [1] }, ".spec.tags[=1]: expected string, got &value.valueUnstructured{Value:1}"],
  [{ tags: [null] }, ".spec.tags: element 0: associative list without keys has an element that's an explicit null"],
  [{ limit: {} }, ".spec.limit: expected any scalar, got &{map[]}"],
  [{ ports: [1] }, ".spec.ports: element 0: associative list with keys may not have non-map elements"],
  [{ ports: [{ port: 1, other: 2 }] }, '.spec.ports[port=1,protocol="TCP"].other: field not declared in schema'],
  [
    { ports: [{ port: 1 }, { port: 1, protocol: "TCP" }] },
    '.spec.ports: duplicate entries for key [port=1,protocol="TCP"]'
  ]
]

describe("the schema check of an applied configuration", () => {
  for (const [spec, error] of schemaErrors) {
    it(`fails with ${error}`, () => {
      assert.strictEqual(typeError(thing(spec), shape), error)
    })
  }

  it("accepts null everywhere", () => {
    assert.isUndefined(typeError(thing({ size: null, on: null, labels: null, ports: null, limit: null }), shape))
  })

  it("uses the structs of built-in kinds", () => {
    const pod = (spec: JsonObject) => typeError({ spec: { containers: [], ...spec } }, Shape.ofStruct("Pod"))

    assert.strictEqual(pod({ size: 9 }), ".spec.size: field not declared in schema")
    assert.strictEqual(
      pod({ hostNetwork: 1, nodeName: true }),
      "errors:\n  .spec.hostNetwork: expected boolean, got &{1}\n" +
        "  .spec.nodeName: expected string, got &value.valueUnstructured{Value:true}"
    )
    assert.isUndefined(pod({ containers: [{ name: "main", ports: [{ containerPort: 1 }] }] }))
  })
})
