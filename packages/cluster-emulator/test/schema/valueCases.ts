/** Specs of gadgets about single values, with the causes of kube-apiserver 1.36. */
import type { Case } from "./Case.ts"
import { rulesSkipped } from "./Case.ts"

export const valueCases: ReadonlyArray<Case> = [
  { spec: { size: 2 }, causes: [] },
  { spec: {}, causes: [["FieldValueRequired", "spec.size", "Required value"], rulesSkipped] },
  {
    spec: { size: 0 },
    causes: [
      ["FieldValueInvalid", "spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"]
    ]
  },
  {
    spec: { size: 200 },
    causes: [
      ["FieldValueInvalid", "spec.size", "Invalid value: 200: spec.size in body should be less than or equal to 100"]
    ]
  },
  {
    spec: { size: 3 },
    causes: [["FieldValueInvalid", "spec.size", "Invalid value: 3: spec.size in body should be a multiple of 2"]]
  },
  {
    spec: { size: "x" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.size",
        'Invalid value: "string": spec.size in body must be of type integer: "string"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 1.5 },
    causes: [
      [
        "FieldValueInvalid",
        "<nil>",
        'Invalid value: "": Checked value must be of type integer (default format) in spec.size'
      ],
      ["FieldValueInvalid", "spec.size", "Invalid value: 1.5: spec.size in body should be a multiple of 2"],
      [
        "FieldValueTypeInvalid",
        "spec.size",
        'Invalid value: "number": spec.size in body must be of type integer: "number"'
      ],
      rulesSkipped
    ]
  },
  { spec: { size: null }, causes: [["FieldValueRequired", "spec.size", "Required value"], rulesSkipped] },
  {
    spec: { size: 2, low: 5, high: 3 },
    causes: [["FieldValueForbidden", "spec.low", "Forbidden: low is above a small high"]]
  },
  {
    spec: { size: 2, ratio: 0 },
    causes: [["FieldValueInvalid", "spec.ratio", "Invalid value: 0: spec.ratio in body should be greater than 0"]]
  },
  {
    spec: { size: 2, ratio: 1 },
    causes: [["FieldValueInvalid", "spec.ratio", "Invalid value: 1: spec.ratio in body should be less than 1"]]
  },
  {
    spec: { size: 2, ratio: "x" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.ratio",
        'Invalid value: "string": spec.ratio in body must be of type number: "string"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, small: 3000000000 },
    causes: [
      [
        "FieldValueInvalid",
        "<nil>",
        'Invalid value: "": Checked value must be of type integer with format int32 in spec.small'
      ]
    ]
  },
  {
    spec: { size: 2, color: "blue" },
    causes: [
      ["FieldValueNotSupported", "spec.color", 'Unsupported value: "blue": supported values: "red", "green"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, color: 3 },
    causes: [
      ["FieldValueNotSupported", "spec.color", 'Unsupported value: 3: supported values: "red", "green"'],
      [
        "FieldValueTypeInvalid",
        "spec.color",
        'Invalid value: "integer": spec.color in body must be of type string: "integer"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, level: 3 },
    causes: [["FieldValueNotSupported", "spec.level", 'Unsupported value: 3: supported values: "1", "2"'], rulesSkipped]
  },
  {
    spec: { size: 2, name: "a" },
    causes: [
      ["FieldValueInvalid", "spec.name", 'Invalid value: "a": spec.name in body should be at least 2 chars long']
    ]
  },
  {
    spec: { size: 2, name: "abcdef" },
    causes: [["FieldValueTooLong", "spec.name", "Too long: may not be more than 5 bytes"], rulesSkipped]
  },
  {
    spec: { size: 2, name: "ABC" },
    causes: [["FieldValueInvalid", "spec.name", "Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'"]]
  },
  { spec: { size: 2, port: "80%" }, causes: [] },
  {
    spec: { size: 2, port: true },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.port",
        'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, port: 1.5 },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.port",
        'Invalid value: "number": spec.port in body must be of type integer,string: "number"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, when: "yesterday" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.when",
        'Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, when: 3 },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.when",
        'Invalid value: "int64": spec.when in body must be of type date-time: "int64"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, when: true },
    causes: [
      ["FieldValueTypeInvalid", "spec.when", 'Invalid value: "": spec.when in body must be of type date-time: ""'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, day: "2020-13-01" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.day",
        'Invalid value: "2020-13-01": spec.day in body must be of type date: "2020-13-01"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, took: "1x" },
    causes: [
      ["FieldValueTypeInvalid", "spec.took", 'Invalid value: "1x": spec.took in body must be of type duration: "1x"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, mail: "a" },
    causes: [
      ["FieldValueTypeInvalid", "spec.mail", 'Invalid value: "a": spec.mail in body must be of type email: "a"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, id: "x" },
    causes: [
      ["FieldValueTypeInvalid", "spec.id", 'Invalid value: "x": spec.id in body must be of type uuid: "x"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, ip: "::1" },
    causes: [
      ["FieldValueTypeInvalid", "spec.ip", 'Invalid value: "::1": spec.ip in body must be of type ipv4: "::1"'],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, ip6: "1.2.3.4" },
    causes: [
      [
        "FieldValueTypeInvalid",
        "spec.ip6",
        'Invalid value: "1.2.3.4": spec.ip6 in body must be of type ipv6: "1.2.3.4"'
      ],
      rulesSkipped
    ]
  },
  {
    spec: { size: 2, host: "-a" },
    causes: [
      ["FieldValueTypeInvalid", "spec.host", 'Invalid value: "-a": spec.host in body must be of type hostname: "-a"'],
      rulesSkipped
    ]
  }
]
