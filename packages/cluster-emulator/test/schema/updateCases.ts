/** Updates of gadgets that were stored before their schema had validations, with the causes of kube-apiserver 1.36. */
import type { UpdateCase } from "./Case.ts"
import { rulesSkipped } from "./Case.ts"

const allWrong = {
  choice: {},
  color: "blue",
  high: 3,
  labels: { a: "1234", b: "ok" },
  limits: { x: { max: 50 } },
  low: 5,
  name: "ABCDEFG",
  nested: { deep: { depth: 1, text: "t" } },
  ports: [
    { name: "a", port: 1 },
    { name: "b", port: 99 }
  ],
  size: 3,
  tags: ["a", "a"],
  when: "x"
}
const withoutSize = { color: "red", nested: { deep: { depth: 1, text: "t" } } }
const crossed = {
  color: "red",
  high: 3,
  low: 5,
  nested: { deep: { depth: 1, text: "t" } },
  ports: [{ name: "a", port: 1 }],
  size: 2
}
const right = {
  color: "red",
  mode: "m",
  nested: { deep: { depth: 1, text: "t" } },
  once: "o",
  ports: [
    { name: "a", port: 80 },
    { name: "b", port: 90 }
  ],
  size: 2,
  tags: ["a"]
}

export const updateCases: ReadonlyArray<UpdateCase> = [
  {
    old: allWrong,
    patch: { flag: true },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: allWrong,
    patch: { size: 5 },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"],
      ["FieldValueInvalid", "spec.size", "Invalid value: 5: spec.size in body should be a multiple of 2"]
    ]
  },
  {
    old: allWrong,
    patch: { size: 4 },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: allWrong,
    patch: { color: "green" },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: allWrong,
    patch: { labels: { b: "no" } },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: allWrong,
    patch: { labels: { a: "12345" } },
    causes: [["FieldValueTooLong", "spec.labels.a", "Too long: may not be more than 3 bytes"], rulesSkipped]
  },
  {
    old: allWrong,
    patch: {
      ports: [
        { name: "a", port: 2 },
        { name: "b", port: 99 }
      ]
    },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: allWrong,
    patch: { tags: ["a", "a", "b"] },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: allWrong,
    patch: { choice: { c: "x" } },
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
    old: withoutSize,
    patch: { flag: true },
    causes: [["FieldValueRequired", "spec.size", "Required value"], rulesSkipped]
  },
  { old: withoutSize, patch: { size: 2 }, causes: [] },
  {
    old: crossed,
    patch: { high: 4 },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: crossed,
    patch: { flag: true },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: crossed,
    patch: { high: 8 },
    causes: [
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"]
    ]
  },
  {
    old: crossed,
    patch: { limits: { x: { max: 50 } } },
    causes: [
      ["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"],
      ["FieldValueInvalid", "spec", "Invalid value: failed rule: !has(self.ports) || self.ports.all(p, p.port > 10)"],
      ["FieldValueInvalid", "spec.limits[x].max", "Invalid value: 50: failed rule: self < 10"]
    ]
  },
  {
    old: right,
    patch: { mode: "n" },
    causes: [["FieldValueInvalid", "spec.mode", 'Invalid value: "n": mode is immutable']]
  },
  {
    old: right,
    patch: { mode: null },
    causes: [["FieldValueInvalid", "spec", "Invalid value: mode may not come or go"]]
  },
  {
    old: right,
    patch: { once: "p" },
    causes: [
      [
        "FieldValueInvalid",
        "spec.once",
        'Invalid value: "p": failed rule: !oldSelf.hasValue() || oldSelf.value() == self'
      ]
    ]
  },
  { old: right, patch: { once: null }, causes: [] },
  {
    old: right,
    patch: {
      ports: [
        { name: "b", port: 89 },
        { name: "a", port: 80 }
      ]
    },
    causes: [["FieldValueInvalid", "spec.ports[0].port", "Invalid value: 89: port may only grow"]]
  },
  {
    old: right,
    patch: {
      ports: [
        { name: "b", port: 91 },
        { name: "c", port: 11 }
      ]
    },
    causes: []
  }
]
