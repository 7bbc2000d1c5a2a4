import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as CustomKind from "../src/model/CustomKind.ts"

const immutable = { rule: "self == oldSelf", message: "is immutable" }
const Colour = CustomKind.rules(Schema.Literals(["red", "blue"]), immutable)

const kind: CustomKind.CustomKind = {
  group: "example.dev",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  singular: "widget",
  shortNames: ["wd"],
  columns: [{ name: "Phase", type: "string", jsonPath: ".status.phase" }],
  description: "A thing to paint.",
  spec: Schema.Struct({ colour: Colour }),
  status: Schema.Struct({ phase: Schema.optionalKey(Schema.String) })
}

/** The schema of one field. */
const field = (schema: Schema.Top) => {
  const { properties } = CustomKind.structural(Schema.Struct({ it: schema }))
  return Object(properties).it
}

describe("a custom kind", () => {
  it("has a namespaced resource in its group and version", () => {
    assert.deepStrictEqual(CustomKind.resource(kind), {
      apiVersion: "example.dev/v1",
      kind: "Widget",
      plural: "widgets",
      scope: "Namespaced"
    })
  })

  it("has a CustomResourceDefinition with its names, columns, schemas and the status subresource", () => {
    assert.deepStrictEqual(CustomKind.manifest(kind), {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "widgets.example.dev" },
      spec: {
        group: "example.dev",
        names: { kind: "Widget", listKind: "WidgetList", plural: "widgets", singular: "widget", shortNames: ["wd"] },
        scope: "Namespaced",
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            additionalPrinterColumns: [{ name: "Phase", type: "string", jsonPath: ".status.phase" }],
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: {
                type: "object",
                description: "A thing to paint.",
                required: ["spec"],
                properties: {
                  apiVersion: { type: "string" },
                  kind: { type: "string" },
                  metadata: { type: "object" },
                  spec: {
                    type: "object",
                    required: ["colour"],
                    properties: {
                      colour: { type: "string", enum: ["red", "blue"], "x-kubernetes-validations": [immutable] }
                    }
                  },
                  status: { type: "object", properties: { phase: { type: "string" } } }
                }
              }
            }
          }
        ]
      }
    })
  })
})

describe("a structural schema", () => {
  it("carries length, range, pattern and description over", () => {
    const name = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(9), Schema.isPattern(/^[a-z]+$/u))
    assert.deepInclude(field(name.annotate({ description: "A name." })), {
      type: "string",
      minLength: 1,
      maxLength: 9,
      pattern: "^[a-z]+$"
    })
    assert.strictEqual(field(Schema.String.annotate({ description: "A name." })).description, "A name.")
    assert.deepStrictEqual(field(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))), {
      type: "integer",
      minimum: 1,
      maximum: 9
    })
  })

  it("carries exclusive bounds, multipleOf and every pattern over", () => {
    const { isGreaterThan, isLessThan, isMultipleOf, isPattern } = Schema
    assert.deepStrictEqual(field(Schema.Int.check(isGreaterThan(0), isLessThan(10), isMultipleOf(2))), {
      type: "integer",
      minimum: 0,
      exclusiveMinimum: true,
      maximum: 10,
      exclusiveMaximum: true,
      multipleOf: 2
    })
    const name = Schema.String.check(isPattern(/^a/u), isPattern(/b$/u)).annotate({ identifier: "Name" })
    assert.deepStrictEqual(field(name.check(isPattern(/-/u))), {
      type: "string",
      pattern: "-",
      allOf: [{ pattern: "^a" }, { pattern: "b$" }]
    })
  })

  it("leaves out the range of safe integers, which means nothing to a user", () => {
    assert.deepStrictEqual(field(Schema.Int), { type: "integer" })
  })

  it("follows lists, maps and objects, with Kubernetes extensions at every depth", () => {
    const extended = CustomKind.extend(Schema.Int, { format: "int32" })
    const int32 = { type: "integer", format: "int32" }
    assert.deepStrictEqual(field(Schema.Array(extended)), { type: "array", items: int32 })
    assert.deepStrictEqual(field(Schema.Record(Schema.String, extended)), {
      type: "object",
      additionalProperties: int32
    })
    assert.deepStrictEqual(field(Schema.Struct({ size: extended })), {
      type: "object",
      required: ["size"],
      properties: { size: int32 }
    })
    const list = CustomKind.extend(Schema.Array(Schema.Struct({ port: extended })), {
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port"]
    })
    assert.deepStrictEqual(field(list), {
      type: "array",
      items: { type: "object", required: ["port"], properties: { port: int32 } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port"]
    })
  })

  it("matches each field by name", () => {
    const { properties } = CustomKind.structural(
      Schema.Struct({ name: Schema.String, size: CustomKind.extend(Schema.Int, { format: "int32" }) })
    )
    assert.deepStrictEqual(properties, { name: { type: "string" }, size: { type: "integer", format: "int32" } })
  })

  it("has a type for an object without fields, and never both properties and additionalProperties", () => {
    assert.deepStrictEqual(field(Schema.Struct({})), { type: "object" })
    const open = Schema.StructWithRest(Schema.Struct({ a: Schema.String }), [
      Schema.Record(Schema.String, Schema.String)
    ])
    assert.deepStrictEqual(field(open), { type: "object", required: ["a"], properties: { a: { type: "string" } } })
  })

  it("leaves objects open: a field of a later version is pruned, not rejected", () => {
    assert.notProperty(field(Schema.Struct({ a: Schema.String })), "additionalProperties")
  })

  it("inlines a shared schema, because structural schemas allow no references", () => {
    const Size = CustomKind.extend(Schema.Int.check(Schema.isGreaterThan(0)), { format: "int64" }).annotate({
      identifier: "Size"
    })
    const schema = CustomKind.structural(Schema.Struct({ inner: Size, outer: Size }))
    assert.notInclude(JSON.stringify(schema), "$ref")
    assert.deepInclude(Object(schema.properties).outer, { type: "integer", format: "int64" })
    assert.deepStrictEqual(Object(schema.properties).inner, Object(schema.properties).outer)
  })

  it("is only the extension where any value is allowed", () => {
    const anything = CustomKind.extend(Schema.Json, { "x-kubernetes-preserve-unknown-fields": true })
    assert.deepStrictEqual(field(anything), { "x-kubernetes-preserve-unknown-fields": true })
  })

  it("does not change how a schema decodes", () => {
    assert.isTrue(Schema.is(Colour)("red"))
    assert.isFalse(Schema.is(Colour)("green"))
  })
})
