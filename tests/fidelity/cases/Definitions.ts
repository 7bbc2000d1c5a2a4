/** The CRDs of every scenario: a kind with a status, a kind without one, and a kind with many validation rules. */
import type { Json, JsonObject } from "./Scenario.ts"

export const group = "example.dev"

const definition = (plural: string, kind: string, versions: ReadonlyArray<JsonObject>): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: { group, scope: "Namespaced", names: { plural, kind }, versions }
})

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, ...more })

const served = (name: string, schema: JsonObject, more: JsonObject = {}): JsonObject => ({
  name,
  served: true,
  storage: name === "v1",
  schema: { openAPIV3Schema: schema },
  ...more
})

const string: JsonObject = { type: "string" }
const integer: JsonObject = { type: "integer" }
const stringMap: JsonObject = { type: "object", additionalProperties: string }

const widgetSpec = object({
  size: { ...integer, minimum: 1, maximum: 100 },
  color: { ...string, enum: ["red", "green", "blue"], default: "red" },
  note: string,
  title: { ...string, maxLength: 8, minLength: 2, pattern: "^[a-z]+$" },
  ratio: { type: "number", multipleOf: 0.5 },
  on: { type: "boolean" },
  maybe: { ...string, nullable: true },
  maybeDefault: { ...string, nullable: true, default: "given" },
  limit: { "x-kubernetes-int-or-string": true },
  when: { ...string, format: "date-time" },
  tags: { type: "array", items: string, "x-kubernetes-list-type": "set" },
  words: { type: "array", items: string, maxItems: 4 },
  ports: {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["port", "protocol"],
    items: object({ port: integer, protocol: { ...string, default: "TCP" }, name: string }, { required: ["port"] })
  },
  parts: {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items: object({ name: string, count: { ...integer, default: 1 }, options: stringMap }, { required: ["name"] })
  },
  labels: stringMap,
  whole: { ...object({ a: string, b: string }), "x-kubernetes-map-type": "atomic" },
  deep: object(
    { level: { ...integer, default: 3 }, inner: object({ mode: { ...string, default: "auto" } }, { default: {} }) },
    { default: {} }
  ),
  optional: object({ kept: { ...string, default: "here" } })
})

const widgetStatus = object({
  phase: string,
  count: integer,
  observedGeneration: { ...integer, format: "int64" },
  conditions: {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    items: object({ type: string, status: string, reason: string, message: string }, { required: ["type", "status"] })
  }
})

const widget = object({ spec: widgetSpec, status: widgetStatus }, { required: ["spec"] })

const columns = [{ name: "Size", type: "integer", jsonPath: ".spec.size" }]

const widgetMore = {
  subresources: { status: {} },
  selectableFields: [{ jsonPath: ".spec.color" }, { jsonPath: ".spec.size" }],
  additionalPrinterColumns: columns
}

const gizmo = object({
  spec: object({
    size: integer,
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    half: object({ known: integer }, { "x-kubernetes-preserve-unknown-fields": true }),
    template: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true
    },
    counts: { type: "object", additionalProperties: integer },
    list: { type: "array", items: object({ a: string, b: integer }) }
  }),
  status: object({ phase: string })
})

const rule = (text: string, more: JsonObject = {}): JsonObject => ({ rule: text, ...more })

const rules = (...all: ReadonlyArray<Json>): JsonObject => ({ "x-kubernetes-validations": all })

const gaugeSpec = object(
  {
    low: integer,
    high: integer,
    mode: { ...string, ...rules(rule("self == oldSelf", { message: "mode is immutable" })) },
    size: {
      ...integer,
      ...rules(
        rule("self >= oldSelf", { messageExpression: "'size may not shrink' + (oldSelf > 4 ? ' from a lot' : '')" })
      )
    },
    once: {
      ...string,
      ...rules(rule("!oldSelf.hasValue() || oldSelf.value() == self", { optionalOldSelf: true, message: "only once" }))
    },
    name: { ...string, maxLength: 20, ...rules(rule("self.startsWith('g-')", { reason: "FieldValueForbidden" })) },
    short: { ...string, maxLength: 5 },
    level: { ...integer, minimum: 0, maximum: 10 },
    amount: {
      ...string,
      maxLength: 20,
      ...rules(rule("isQuantity(self) && quantity(self).isGreaterThan(quantity('1'))"))
    },
    items: {
      type: "array",
      maxItems: 5,
      items: object(
        { key: { ...string, maxLength: 10 }, value: integer },
        { required: ["key"], ...rules(rule("!has(self.value) || self.value != 13", { message: "unlucky" })) }
      ),
      ...rules(rule("self.all(one, self.exists_one(other, other.key == one.key))", { message: "keys must be unique" }))
    },
    keyed: {
      type: "array",
      maxItems: 5,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["key"],
      items: object(
        { key: { ...string, maxLength: 10 }, value: { ...integer, maximum: 50 } },
        { required: ["key"], ...rules(rule("!has(oldSelf.value) || has(self.value)", { message: "value stays" })) }
      )
    },
    choice: {
      ...object({ a: string, b: string }),
      oneOf: [{ required: ["a"] }, { required: ["b"] }]
    }
  },
  {
    ...rules(
      rule("!has(self.low) || !has(self.high) || self.low <= self.high", {
        messageExpression: "'low is above ' + (self.high > 5 ? 'a big' : 'a small') + ' high'",
        fieldPath: ".low"
      }),
      rule("has(self.mode) == has(oldSelf.mode)", { message: "mode may not come or go" })
    )
  }
)

const gauge = object(
  { spec: gaugeSpec, status: object({ phase: string, level: { ...integer, maximum: 10 } }) },
  {
    ...rules(rule("self.metadata.name != 'reserved'", { message: "name is reserved" }))
  }
)

export const definitions: ReadonlyArray<JsonObject> = [
  definition("widgets", "Widget", [served("v1", widget, widgetMore), served("v1beta1", widget, widgetMore)]),
  definition("gizmos", "Gizmo", [served("v1", gizmo)]),
  definition("gauges", "Gauge", [served("v1", gauge, { subresources: { status: {} } })])
]
