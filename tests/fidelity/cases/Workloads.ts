/** Built-in workload kinds, with valid and invalid changes. */
import type { Sample } from "./Kinds.ts"
import type { JsonObject } from "./Scenario.ts"
import type { Kind } from "./Script.ts"

const builtIn = (apiVersion: string, plural: string, kind: string): Kind => ({
  apiVersion,
  plural,
  kind,
  isCustom: false,
  hasStatus: true
})

const typed = ({ apiVersion, kind }: Kind, name: string, fields: JsonObject): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...fields
})

const main = { name: "main", image: "registry.example/main:1" }
const labels = { app: "a" }

const pods = builtIn("v1", "pods", "Pod")
export const pod: Sample = {
  kind: pods,
  make: (name) => typed(pods, name, { spec: { containers: [main] } }),
  changes: [
    ["spec|containers|0|image", "registry.example/main:2"],
    ["spec|activeDeadlineSeconds", 60],
    ["metadata|labels", { app: "b" }]
  ],
  mistakes: [
    ["spec|containers", []],
    ["spec|containers|0|name", undefined],
    ["spec|containers|0|image", undefined],
    ["spec|containers|0|name", "Bad_Name"],
    ["spec|restartPolicy", "Sometimes"],
    ["spec|containers|0|ports", [{ containerPort: 99999 }]],
    ["spec|hostname", "other"]
  ],
  status: [
    ["status|phase", "Running"],
    ["status|conditions", [{ type: "Ready", status: "True" }]]
  ]
}

const sets = builtIn("apps/v1", "statefulsets", "StatefulSet")
export const statefulSet: Sample = {
  kind: sets,
  make: (name) =>
    typed(sets, name, {
      spec: {
        serviceName: "s",
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [main] } }
      }
    }),
  changes: [
    ["spec|replicas", 2],
    ["spec|template|spec|containers|0|image", "registry.example/main:3"],
    ["spec|updateStrategy", { type: "OnDelete" }],
    ["spec|minReadySeconds", 5]
  ],
  mistakes: [
    ["spec|replicas", -1],
    ["spec|serviceName", "other"],
    ["spec|selector", undefined],
    ["spec|selector", { matchLabels: { app: "z" } }],
    ["spec|template|spec|containers", []],
    ["spec|updateStrategy", { type: "Whenever" }],
    ["spec|podManagementPolicy", "Parallel"]
  ],
  status: [
    ["status", { replicas: 1, readyReplicas: 1 }],
    ["status|observedGeneration", 1]
  ]
}

const jobs = builtIn("batch/v1", "jobs", "Job")
export const job: Sample = {
  kind: jobs,
  make: (name) => typed(jobs, name, { spec: { template: { spec: { restartPolicy: "Never", containers: [main] } } } }),
  changes: [
    ["spec|backoffLimit", 2],
    ["spec|parallelism", 2],
    ["spec|suspend", true],
    ["spec|ttlSecondsAfterFinished", 10]
  ],
  mistakes: [
    ["spec|template|spec|restartPolicy", "Always"],
    ["spec|template|spec|containers|0|image", "registry.example/other:1"],
    ["spec|completions", -1],
    ["spec|backoffLimit", -2],
    ["spec|template", undefined]
  ],
  status: [
    ["status|active", 1],
    ["status|startTime", "2000-01-01T00:00:00Z"]
  ]
}

const services = builtIn("v1", "services", "Service")
export const service: Sample = {
  kind: services,
  make: (name) => typed(services, name, { spec: { selector: labels, ports: [{ name: "http", port: 80 }] } }),
  changes: [
    [
      "spec|ports",
      [
        { name: "http", port: 80 },
        { name: "more", port: 81, targetPort: "m" }
      ]
    ],
    ["spec|selector", { app: "b" }],
    ["spec|publishNotReadyAddresses", true],
    ["spec|sessionAffinity", "ClientIP"]
  ],
  mistakes: [
    ["spec|ports", []],
    ["spec|ports", [{ port: 80 }, { port: 81 }]],
    ["spec|ports", [{ name: "http", port: 0 }]],
    ["spec|type", "Strange"],
    ["spec|clusterIP", "None"],
    ["spec|sessionAffinity", "Sometimes"]
  ],
  status: [["status|loadBalancer", { ingress: [{ ip: "192.0.2.1" }] }]]
}

const claims = builtIn("v1", "persistentvolumeclaims", "PersistentVolumeClaim")
export const claim: Sample = {
  kind: claims,
  make: (name) =>
    typed(claims, name, { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } }),
  changes: [
    ["metadata|labels", { app: "b" }],
    ["metadata|annotations", { note: "x" }]
  ],
  mistakes: [
    ["spec|accessModes", []],
    ["spec|accessModes", ["Sometimes"]],
    ["spec|resources", {}],
    ["spec|resources|requests|storage", "2Gi"],
    ["spec|resources|requests|storage", "much"],
    ["spec|volumeMode", "Strange"]
  ],
  status: [["status|phase", "Bound"]]
}

const events = { ...builtIn("v1", "events", "Event"), hasStatus: false }
export const event: Sample = {
  kind: events,
  make: (name) =>
    typed(events, name, {
      involvedObject: { kind: "Widget", name: "w", namespace: "{{namespace}}" },
      reason: "Began",
      message: "it began",
      type: "Normal",
      source: { component: "tester" },
      count: 1
    }),
  changes: [
    ["count", 2],
    ["message", "again"],
    ["type", "Warning"]
  ],
  mistakes: [
    ["involvedObject|namespace", "elsewhere"],
    ["count", "x"]
  ],
  status: []
}
