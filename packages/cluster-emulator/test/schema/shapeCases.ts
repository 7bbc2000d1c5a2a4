/** Specs of gadgets about lists, maps, nulls and junctors, with the causes of kube-apiserver 1.36. */
import type { Case } from "./Case.ts"
import { rulesSkipped } from "./Case.ts"

export const shapeCases: ReadonlyArray<Case> = [
  {
    spec: { size: 2, link: "a b" },
    causes: [
      ["FieldValueTypeInvalid", "spec.link", 'Invalid value: "a b": spec.link in body must be of type uri: "a b"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, net: "1.2.3.4" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.net",
        'Invalid value: "1.2.3.4": spec.net in body must be of type cidr: "1.2.3.4"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, raw: "***" },
    causes: [
      ["FieldValueTypeInvalid", "spec.raw", 'Invalid value: "***": spec.raw in body must be of type byte: "***"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, hw: "x" },
    causes: [
      ["FieldValueTypeInvalid", "spec.hw", 'Invalid value: "x": spec.hw in body must be of type mac: "x"'],
      rulesSkipped
    ]
  },
  { spec: { size: 2, maybe: null }, causes: [] },
  { spec: { size: 2, name: null }, causes: [] },
  { spec: { size: 2, color: null }, causes: [] },
  {
    spec: { size: 2, flag: "true" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.flag",
        'Invalid value: "string": spec.flag in body must be of type boolean: "string"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, tags: [] },
    causes: [["FieldValueInvalid", "spec.tags", "Invalid value: 0: spec.tags in body should have at least 1 items"]]
  },
  {
    spec: { size: 2, tags: ["a", "b", "c", "d"] },
    causes: [["FieldValueTooMany", "spec.tags", "Too many: 4: must have at most 3 items"], rulesSkipped]
  },
  {
    spec: { size: 2, tags: ["a", "b", "a"] },
    causes: [["FieldValueDuplicate", "spec.tags[2]", 'Duplicate value: "a"']]
  },
  {
    spec: { size: 2, tags: "a" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.tags",
        'Invalid value: "string": spec.tags in body must be of type array: "string"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, tags: ["a", 1] },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.tags[1]",
        'Invalid value: "integer": spec.tags[1] in body must be of type string: "integer"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, tags: ["a", null] },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.tags[1]",
        'Invalid value: "null": spec.tags[1] in body must be of type string: "null"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, ports: [{ name: "a" }, { name: "a", port: 81 }] },
    causes: [["FieldValueDuplicate", "spec.ports[1]", 'Duplicate value: {"name":"a"}']]
  },
  {
    spec: { size: 2, ports: [{ port: 81 }] },
    causes: [["FieldValueRequired", "spec.ports[0].name", "Required value"], rulesSkipped]
  },
  {
    spec: { size: 2, ports: [{ name: "a", port: 1 }] },
    causes: [
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    spec: {
      size: 2,
      pairs: [
        { a: "x", b: 1 },
        { a: "x", b: 1 }
      ]
    },
    causes: [["FieldValueDuplicate", "spec.pairs[1]", 'Duplicate value: {"a":"x","b":1}']]
  },
  {
    spec: { size: 2, labels: {} },
    causes: [
      ["FieldValueInvalid", "spec.labels", "Invalid value: 0: spec.labels in body should have at least 1 properties"]
    ]
  },
  {
    spec: { size: 2, labels: { a: "1", b: "2", c: "3" } },
    causes: [["FieldValueTooMany", "spec.labels", "Too many: 3: must have at most 2 items"], rulesSkipped]
  },
  {
    spec: { size: 2, labels: { a: "1234" } },
    causes: [["FieldValueTooLong", "spec.labels.a", "Too long: may not be more than 3 bytes"], rulesSkipped]
  },
  {
    spec: { size: 2, labels: { a: 1 } },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.labels.a",
        'Invalid value: "integer": spec.labels.a in body must be of type string: "integer"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, limits: { x: { max: 10 } } },
    causes: [["FieldValueInvalid", "spec.limits[x].max", "Invalid value: 10: failed rule: self < 10"]]
  },
  {
    spec: { size: 2, choice: {} },
    causes: [
      [
        "FieldValueInvalid",
        "<nil>",
        'Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found none valid'
      ],
      ["FieldValueRequired", "spec.choice.a", "Required value"],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, choice: { a: "1", b: "2" } },
    causes: [
      [
        "FieldValueInvalid",
        "<nil>",
        'Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives'
      ]
    ]
  },
  { spec: { size: 2, choice: { a: "1" } }, causes: [] },
  {
    spec: { size: 2, any: {} },
    causes: [
      ["FieldValueInvalid", "<nil>", 'Invalid value: "": "spec.any" must validate at least one schema (anyOf)'],
      ["FieldValueRequired", "spec.any.a", "Required value"],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, all: { b: "x" } },
    causes: [
      [
        "FieldValueInvalid",
        "<nil>",
        'Invalid value: "": "spec.all" must validate all the schemas (allOf). None validated'
      ],
      ["FieldValueInvalid", "spec.all.b", 'Invalid value: "x": spec.all.b in body should be at least 3 chars long'],
      ["FieldValueRequired", "spec.all.a", "Required value"],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, all: { b: "xyz" } },
    causes: [
      ["FieldValueInvalid", "<nil>", 'Invalid value: "": "spec.all" must validate all the schemas (allOf)'],
      ["FieldValueRequired", "spec.all.a", "Required value"],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, never: "bad" },
    causes: [["FieldValueInvalid", "<nil>", 'Invalid value: "": "spec.never" must not validate the schema (not)']]
  },
  {
    spec: { size: 2, template: { x: 1 } },
    causes: [
      ["FieldValueRequired", "spec.template.apiVersion", "Required value"],
      ["FieldValueRequired", "spec.template.kind", "Required value"],
      rulesSkipped
    ]
  },
  {
    spec: { size: 0, color: "x", name: "ABCDEFG" },
    causes: [
      ["FieldValueInvalid", "spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"],
      ["FieldValueNotSupported", "spec.color", 'Unsupported value: "x": supported values: "red", "green"'],
      ["FieldValueTooLong", "spec.name", "Too long: may not be more than 5 bytes"],
      rulesSkipped
    ]
  }
]
