/** Schemas of CustomResourceDefinitions, with the causes of kube-apiserver 1.36. */
import type { DefinitionCase } from "./Case.ts"
import { definitionOf, inSpec } from "./Case.ts"

const text = { type: "string" }

export const structureCases: ReadonlyArray<DefinitionCase> = [
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [{ name: "v1", served: true, storage: true }]
      }
    },
    causes: [["FieldValueRequired", "spec.versions[0].schema.openAPIV3Schema", "Required value"]]
  },
  {
    definition: definitionOf({ properties: {} }),
    causes: [
      ["FieldValueRequired", "spec.validation.openAPIV3Schema.type", "Required value: must not be empty at the root"]
    ]
  },
  {
    definition: definitionOf(text),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.type",
        'Invalid value: "string": must be object at the root'
      ]
    ]
  },
  {
    definition: inSpec({ a: {} }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].type",
        "Required value: must not be empty for specified object fields"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "array", items: {} } }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].items.type",
        "Required value: must not be empty for specified array items"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "array" } }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].items",
        "Required value: must be specified"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "text" } }),
    causes: [
      [
        "FieldValueNotSupported",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].type",
        'Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"'
      ]
    ]
  },
  {
    definition: inSpec({
      a: { type: "array", "x-kubernetes-list-type": "map", items: { type: "object", properties: { k: text } } }
    }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-list-map-keys",
        "Required value: must not be empty if x-kubernetes-list-type is map"
      ]
    ]
  },
  {
    definition: inSpec({
      a: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["z"],
        items: { type: "object", properties: { k: text } }
      }
    }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-list-map-keys",
        'Invalid value: ["z"]: entries must all be names of item properties'
      ]
    ]
  },
  {
    definition: inSpec({
      a: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        items: { type: "object", properties: { k: text } }
      }
    }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].items.properties[k].default",
        "Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
      ]
    ]
  },
  {
    definition: inSpec({
      a: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        items: { type: "object", properties: { k: { type: "string", default: "x" } } }
      }
    }),
    causes: []
  },
  {
    definition: inSpec({
      a: { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], items: text }
    }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].items.type",
        'Invalid value: "string": must be object if parent array\'s x-kubernetes-list-type is map'
      ]
    ]
  },
  {
    definition: inSpec({
      a: {
        type: "array",
        "x-kubernetes-list-map-keys": ["k"],
        items: { type: "object", required: ["k"], properties: { k: text } }
      }
    }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-list-type",
        "Required value: must be map if x-kubernetes-list-map-keys is non-empty"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "array", "x-kubernetes-list-type": "bag", items: text } }),
    causes: [
      [
        "FieldValueNotSupported",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-list-type",
        'Unsupported value: "bag": supported values: "atomic", "set", "map"'
      ]
    ]
  },
  {
    definition: inSpec({
      a: { type: "array", "x-kubernetes-list-type": "set", items: { type: "object", properties: { k: text } } }
    }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].items.x-kubernetes-map-type",
        "Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "string", "x-kubernetes-list-type": "set" } }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].type",
        'Invalid value: "string": must be array if x-kubernetes-list-type is specified'
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "array", uniqueItems: true, items: text } }),
    causes: [
      [
        "FieldValueForbidden",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].uniqueItems",
        "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "object", properties: { x: text }, additionalProperties: text } }),
    causes: [
      [
        "FieldValueForbidden",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].additionalProperties",
        "Forbidden: additionalProperties and properties are mutual exclusive"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "string", pattern: "(" } }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].pattern",
        'Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`'
      ]
    ]
  },
  {
    definition: definitionOf({
      type: "object",
      properties: {
        metadata: { type: "object", properties: { labels: { type: "object", additionalProperties: text } } }
      }
    }),
    causes: [
      [
        "FieldValueForbidden",
        "spec.validation.openAPIV3Schema.properties[metadata]",
        "Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"
      ]
    ]
  },
  {
    definition: definitionOf({
      type: "object",
      properties: { metadata: { type: "object", properties: { name: { type: "string", maxLength: 5 } } } }
    }),
    causes: []
  },
  {
    definition: inSpec({ a: { type: "object", "x-kubernetes-embedded-resource": true } }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].properties",
        "Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "object", properties: { x: text }, anyOf: [{ type: "object" }] } }),
    causes: [
      [
        "FieldValueForbidden",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].anyOf[0].type",
        "Forbidden: must be empty to be structural"
      ]
    ]
  },
  {
    definition: inSpec({
      a: { type: "object", properties: { x: text }, anyOf: [{ properties: { y: { minLength: 1 } } }] }
    }),
    causes: []
  },
  { definition: inSpec({ a: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, text] } }), causes: [] },
  {
    definition: inSpec({ a: { type: "integer", default: "x" } }),
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].default",
        'Invalid value: "string":  in body must be of type integer: "string"'
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "string", enum: ["a"], default: "b" } }),
    causes: [
      [
        "FieldValueNotSupported",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].default",
        'Unsupported value: "b": supported values: "a"'
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "object", default: { zz: 1 }, properties: { x: text } } }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].default",
        'Invalid value: {"zz":1}: must not have unknown fields'
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "object", default: {}, required: ["x"], properties: { x: text } } }),
    causes: [
      [
        "FieldValueRequired",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].default.x",
        "Required value"
      ]
    ]
  },
  {
    definition: inSpec({ a: { type: "integer", default: 1, "x-kubernetes-validations": [{ rule: "self > 3" }] } }),
    causes: [
      [
        "FieldValueInvalid",
        "spec.validation.openAPIV3Schema.properties[spec].properties[a].default",
        "Invalid value: 1: failed rule: self > 3"
      ]
    ]
  },
  {
    definition: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.dev" },
      spec: {
        group: "example.dev",
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } }
            }
          },
          {
            name: "v2",
            served: true,
            storage: false,
            schema: {
              openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: {} } } } }
            }
          }
        ]
      }
    },
    causes: [
      [
        "FieldValueRequired",
        "spec.versions[1].schema.openAPIV3Schema.properties[spec].properties[a].type",
        "Required value: must not be empty for specified object fields"
      ]
    ]
  }
]
