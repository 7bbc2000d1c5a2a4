/** The kinds in scenarios: a small valid object of each, valid changes and invalid ones. */
import type { JsonObject } from "./Scenario.ts"
import type { Edit, Kind } from "./Script.ts"

export interface Sample {
  readonly kind: Kind
  readonly make: (name: string) => JsonObject
  /** Changes that keep the object valid, also those of an existing object. */
  readonly changes: ReadonlyArray<Edit>
  readonly mistakes: ReadonlyArray<Edit>
  /** Changes of the status; empty for a kind without one. */
  readonly status: ReadonlyArray<Edit>
}

const custom = (plural: string, kind: string, hasStatus: boolean, version = "v1"): Kind => ({
  plural,
  kind,
  apiVersion: `example.dev/${version}`,
  isCustom: true,
  hasStatus
})

const builtIn = (apiVersion: string, plural: string, kind: string, hasStatus: boolean): Kind => ({
  plural,
  kind,
  apiVersion,
  isCustom: false,
  hasStatus
})

const typed = ({ apiVersion, kind }: Kind, name: string, fields: JsonObject): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...fields
})

const widgetChanges: ReadonlyArray<Edit> = [
  ["spec|size", 7],
  ["spec|color", "green"],
  ["spec|note", "hello"],
  ["spec|tags", ["x", "y"]],
  ["spec|ports", [{ port: 80 }, { port: 80, protocol: "UDP" }]],
  [
    "spec|parts",
    [
      { name: "one", options: { a: "b" } },
      { name: "two", count: 4 }
    ]
  ],
  ["spec|labels", { a: "1" }],
  ["spec|maybe", null],
  ["spec|limit", "50%"],
  ["spec|whole", { a: "1" }],
  ["spec|optional", {}],
  ["spec|deep", { level: 5 }],
  ["spec|words", ["a", "b"]]
]

const widgetMistakes: ReadonlyArray<Edit> = [
  ["spec|size", 0],
  ["spec|size", "big"],
  ["spec|size", 1.5],
  ["spec|color", "pink"],
  ["spec|title", "Toolongtitle"],
  ["spec|ratio", 0.7],
  ["spec|on", "yes"],
  ["spec|limit", true],
  ["spec|when", "yesterday"],
  ["spec|tags", ["x", "x"]],
  ["spec|words", ["1", "2", "3", "4", "5"]],
  ["spec|words", "word"],
  ["spec|ports", [{ port: 80 }, { port: 80, protocol: "TCP" }]],
  ["spec|ports", [{ protocol: "UDP" }]],
  ["spec|parts", [{ name: "one" }, { name: "one" }]],
  ["spec|labels", { a: 1 }],
  ["spec|note", null],
  ["spec|size", null],
  ["spec", undefined],
  ["spec", []]
]

const phases: ReadonlyArray<Edit> = [
  ["status|phase", "Ready"],
  ["status|count", 3],
  ["status|observedGeneration", 1],
  ["status|conditions", [{ type: "Ready", status: "True" }]],
  ["status", { phase: "Done" }]
]

const widgetOf = (version: string): Sample => {
  const kind = custom("widgets", "Widget", true, version)
  return {
    kind,
    make: (name) => typed(kind, name, { spec: { size: 3 } }),
    changes: widgetChanges,
    mistakes: widgetMistakes,
    status: phases
  }
}

export const widget = widgetOf("v1")
export const oldWidget = widgetOf("v1beta1")

const gizmos = custom("gizmos", "Gizmo", false)
export const gizmo: Sample = {
  kind: gizmos,
  make: (name) => typed(gizmos, name, { spec: { size: 1 } }),
  changes: [
    ["spec|size", 2],
    ["spec|free", { any: { thing: [1, "two"] } }],
    ["spec|half", { known: 1, other: "x" }],
    ["spec|counts", { a: 1, b: 2 }],
    ["spec|list", [{ a: "x", b: 1 }]],
    ["spec|template", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "t" }, data: { a: "b" } }],
    ["status|phase", "Up"]
  ],
  mistakes: [
    ["spec|size", "x"],
    ["spec|counts", { a: "one" }],
    ["spec|half", { known: "x" }],
    ["spec|free", []],
    ["spec|template", { metadata: { name: "t" } }],
    ["spec|list", [{ a: 1 }]]
  ],
  status: []
}

const gauges = custom("gauges", "Gauge", true)
export const gauge: Sample = {
  kind: gauges,
  make: (name) => typed(gauges, name, { spec: { low: 1, high: 5 } }),
  changes: [
    ["spec|low", 2],
    ["spec|high", 9],
    ["spec|name", "g-1"],
    ["spec|amount", "5Gi"],
    ["spec|items", [{ key: "a" }, { key: "b", value: 2 }]],
    ["spec|keyed", [{ key: "a", value: 1 }]],
    ["spec|choice", { a: "x" }]
  ],
  mistakes: [
    ["spec|low", 50],
    ["spec|name", "x-1"],
    ["spec|amount", "none"],
    ["spec|amount", "1"],
    ["spec|short", "far too long"],
    ["spec|level", 11],
    ["spec|items", [{ key: "a" }, { key: "a" }]],
    ["spec|items", [{ key: "a", value: 13 }, { value: 1 }]],
    ["spec|keyed", [{ key: "a", value: 99 }]],
    ["spec|choice", { a: "x", b: "y" }],
    ["spec|choice", {}]
  ],
  status: [
    ["status|phase", "Low"],
    ["status|level", 5]
  ]
}

const configMaps = builtIn("v1", "configmaps", "ConfigMap", false)
export const configMap: Sample = {
  kind: configMaps,
  make: (name) => typed(configMaps, name, { data: { a: "1" } }),
  changes: [
    ["data|b", "2"],
    ["data|a", "changed"],
    ["data", { c: "3" }],
    ["binaryData", { bin: "AQI=" }],
    ["data", undefined]
  ],
  mistakes: [
    ["data|a", 1],
    ["data|bad key", "x"],
    ["data", []],
    ["binaryData", { a: "AQI=" }],
    ["binaryData", { bin: "not base64!" }]
  ],
  status: []
}

const secrets = builtIn("v1", "secrets", "Secret", false)
export const secret: Sample = {
  kind: secrets,
  make: (name) => typed(secrets, name, { data: { a: "MQ==" } }),
  changes: [
    ["stringData", { b: "two" }],
    ["data|c", "Mw=="],
    ["data", undefined]
  ],
  mistakes: [
    ["data|a", "not base64!"],
    ["type", "kubernetes.io/tls"],
    ["data|bad key", "MQ=="]
  ],
  status: []
}

const leases = builtIn("coordination.k8s.io/v1", "leases", "Lease", false)
export const lease: Sample = {
  kind: leases,
  make: (name) => typed(leases, name, { spec: { holderIdentity: "me", leaseDurationSeconds: 15 } }),
  changes: [
    ["spec|holderIdentity", "you"],
    ["spec|leaseTransitions", 2],
    ["spec|renewTime", "2000-01-01T00:00:00.000001Z"]
  ],
  mistakes: [
    ["spec|leaseDurationSeconds", -1],
    ["spec|leaseTransitions", -1],
    ["spec|leaseDurationSeconds", "x"]
  ],
  status: []
}
