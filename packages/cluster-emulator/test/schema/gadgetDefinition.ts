/** A CustomResourceDefinition with one field per value validation. */
export const gadgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gadgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            "x-kubernetes-validations": [{ rule: "self.metadata.name != 'forbidden'", message: "name is reserved" }],
            properties: {
              spec: {
                type: "object",
                required: ["size"],
                "x-kubernetes-validations": [
                  {
                    rule: "!has(self.low) || !has(self.high) || self.low <= self.high",
                    messageExpression: "'low is above ' + (self.high > 5 ? 'a big' : 'a small') + ' high'",
                    fieldPath: ".low",
                    reason: "FieldValueForbidden"
                  },
                  { rule: "has(self.mode) == has(oldSelf.mode)", message: "mode may not come or go" },
                  { rule: "!has(self.ports) || self.ports.all(p, p.port > 10)" }
                ],
                properties: {
                  size: { type: "integer", minimum: 1, maximum: 100, multipleOf: 2 },
                  low: { type: "integer" },
                  high: { type: "integer" },
                  ratio: { type: "number", exclusiveMinimum: true, minimum: 0, exclusiveMaximum: true, maximum: 1 },
                  small: { type: "integer", format: "int32" },
                  color: { type: "string", enum: ["red", "green"], default: "red" },
                  level: { type: "integer", enum: [1, 2] },
                  name: { type: "string", minLength: 2, maxLength: 5, pattern: "^[a-z]+$" },
                  mode: {
                    type: "string",
                    "x-kubernetes-validations": [
                      { rule: "self == oldSelf", message: "mode is immutable", reason: "FieldValueInvalid" }
                    ]
                  },
                  once: {
                    type: "string",
                    "x-kubernetes-validations": [
                      { rule: "!oldSelf.hasValue() || oldSelf.value() == self", optionalOldSelf: true }
                    ]
                  },
                  port: { "x-kubernetes-int-or-string": true },
                  when: { type: "string", format: "date-time" },
                  day: { type: "string", format: "date" },
                  took: { type: "string", format: "duration" },
                  mail: { type: "string", format: "email" },
                  id: { type: "string", format: "uuid" },
                  ip: { type: "string", format: "ipv4" },
                  ip6: { type: "string", format: "ipv6" },
                  host: { type: "string", format: "hostname" },
                  link: { type: "string", format: "uri" },
                  net: { type: "string", format: "cidr" },
                  raw: { type: "string", format: "byte" },
                  hw: { type: "string", format: "mac" },
                  maybe: { type: "string", nullable: true },
                  flag: { type: "boolean" },
                  tags: {
                    type: "array",
                    minItems: 1,
                    maxItems: 3,
                    "x-kubernetes-list-type": "set",
                    items: { type: "string" }
                  },
                  ports: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: {
                        name: { type: "string" },
                        port: {
                          type: "integer",
                          default: 80,
                          "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "port may only grow" }]
                        }
                      }
                    },
                    maxItems: 10
                  },
                  pairs: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["a", "b"],
                    items: {
                      type: "object",
                      required: ["a", "b"],
                      properties: { a: { type: "string" }, b: { type: "integer" } }
                    }
                  },
                  labels: {
                    type: "object",
                    minProperties: 1,
                    maxProperties: 2,
                    additionalProperties: { type: "string", maxLength: 3 }
                  },
                  limits: {
                    type: "object",
                    additionalProperties: {
                      type: "object",
                      properties: {
                        max: { type: "integer", default: 5, "x-kubernetes-validations": [{ rule: "self < 10" }] }
                      }
                    },
                    maxProperties: 10
                  },
                  choice: {
                    type: "object",
                    properties: { a: { type: "string" }, b: { type: "string" }, c: { type: "string" } },
                    oneOf: [{ required: ["a"] }, { required: ["b"] }]
                  },
                  any: {
                    type: "object",
                    properties: { a: { type: "string" }, b: { type: "string" } },
                    anyOf: [{ required: ["a"] }, { required: ["b"] }]
                  },
                  all: {
                    type: "object",
                    properties: { a: { type: "string" }, b: { type: "string" } },
                    allOf: [{ required: ["a"] }, { properties: { b: { minLength: 3 } } }]
                  },
                  never: { type: "string", not: { enum: ["bad"] } },
                  free: {
                    type: "object",
                    "x-kubernetes-preserve-unknown-fields": true,
                    properties: { known: { type: "object", properties: { x: { type: "string" } } } }
                  },
                  template: {
                    type: "object",
                    "x-kubernetes-embedded-resource": true,
                    "x-kubernetes-preserve-unknown-fields": true
                  },
                  nested: {
                    type: "object",
                    default: {},
                    properties: {
                      deep: {
                        type: "object",
                        default: { depth: 1 },
                        properties: { depth: { type: "integer" }, text: { type: "string", default: "t" } }
                      }
                    }
                  }
                }
              },
              status: {
                type: "object",
                properties: { phase: { type: "string", enum: ["Up", "Down"] }, count: { type: "integer" } }
              }
            }
          }
        }
      }
    ]
  }
}
