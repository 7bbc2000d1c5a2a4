/** Areas about strategic merge patches: merge keys, directives, and kinds that do not support them. */
import * as Kinds from "./Kinds.ts"
import type { Json } from "./Scenario.ts"
import { edited } from "./Script.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { allSamples } from "./Writes.ts"

const second = { name: "second", image: "registry.example/second:1" }

const containerPatches: ReadonlyArray<Json> = [
  [{ name: "main", image: "registry.example/main:9" }],
  [{ name: "main", env: [{ name: "A", value: "1" }] }],
  [{ name: "main", env: [{ name: "A", $patch: "delete" }] }],
  [
    {
      name: "main",
      env: [
        { name: "B", value: "2" },
        { name: "A", value: "3" }
      ]
    }
  ],
  [{ name: "main", ports: [{ containerPort: 80, name: "http" }] }],
  [{ name: "main", ports: [{ containerPort: 81 }] }],
  [{ name: "main", ports: [{ containerPort: 80, $patch: "delete" }] }],
  [{ name: "main", command: ["run"], args: null }],
  [{ name: "main", resources: { requests: { cpu: "1" } } }],
  [{ name: "main", volumeMounts: [{ mountPath: "/a", name: "v" }] }],
  [second],
  [{ name: "second", $patch: "delete" }],
  [{ $patch: "replace" }, second],
  [{ image: "registry.example/nameless:1" }],
  []
]

const templatePatches: ReadonlyArray<Json> = [
  { metadata: { labels: { more: "x" } } },
  { metadata: { labels: { more: null } } },
  { metadata: { annotations: { $patch: "replace", only: "this" } } },
  { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
  { spec: { volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] } },
  { spec: { tolerations: [{ key: "k", operator: "Exists" }] } },
  { spec: { nodeSelector: { disk: "fast" } } },
  { spec: { imagePullSecrets: [{ name: "one" }] } },
  { spec: { hostAliases: [{ ip: "192.0.2.9", hostnames: ["h"] }] } },
  { spec: { $patch: "replace", containers: [second] } }
]

export const workloads: Write = (script, random) => {
  const sample = random.pick([Workloads.statefulSet, Workloads.statefulSet, Workloads.job])
  const { kind } = sample
  script.create(kind, sample === Workloads.job ? edited(sample.make("a"), ["spec|suspend", true]) : sample.make("a"))
  for (const containers of random.subset(containerPatches, 4)) {
    const order = random.chance(30) ? { "$setElementOrder/containers": [{ name: "second" }, { name: "main" }] } : {}
    script.patch(kind, "a", "strategic", { spec: { template: { spec: { ...order, containers } } } })
  }
  for (const template of random.subset(templatePatches, 2)) script.patch(kind, "a", "strategic", { spec: { template } })
  script.get(kind, "a")
}

const metadataPatches: ReadonlyArray<Json> = [
  { metadata: { finalizers: ["example.dev/a"] } },
  { metadata: { finalizers: ["example.dev/b"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.dev/a"] } },
  { metadata: { "$setElementOrder/finalizers": ["example.dev/b", "example.dev/a"], finalizers: ["example.dev/b"] } },
  { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u-1" }] } },
  { metadata: { ownerReferences: [{ uid: "u-1", $patch: "delete" }] } },
  { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "q", uid: "u-2" }] } },
  { metadata: { labels: { a: "1", b: null } } },
  { metadata: { labels: { $patch: "replace", c: "3" } } },
  { metadata: { labels: { $patch: "delete" } } },
  { metadata: { labels: { $patch: "shout" } } },
  { metadata: { labels: "text" } },
  { metadata: { resourceVersion: "1" } },
  { $patch: "replace" },
  { $patch: "delete" },
  { unknown: { a: 1 } },
  [],
  null,
  {}
]

export const metadata: Write = (script, random) => {
  const { changes, kind, make } = random.pick(allSamples)
  script.create(kind, make("a"))
  for (const body of random.subset(metadataPatches, 5)) script.patch(kind, "a", "strategic", body)
  const [path, value] = random.pick(changes)
  if (value !== undefined) script.patch(kind, "a", "strategic", edited({}, [path, value]))
  script.get(kind, "a")
}

export const services: Write = (script, random) => {
  const { kind, make } = Workloads.service
  script.create(kind, make("a"))
  const bodies: ReadonlyArray<Json> = [
    { spec: { ports: [{ port: 81, name: "more" }] } },
    { spec: { ports: [{ port: 80, targetPort: "web" }] } },
    { spec: { ports: [{ port: 80, $patch: "delete" }] } },
    { spec: { ports: [{ $patch: "replace" }, { port: 82 }] } },
    { spec: { selector: { app: null, tier: "x" } } },
    { spec: { $patch: "replace", ports: [{ port: 90 }] } }
  ]
  for (const body of random.subset(bodies, 4)) script.patch(kind, "a", "strategic", body)
  script.create(Kinds.configMap.kind, Kinds.configMap.make("a"))
  script.patch(Kinds.configMap.kind, "a", "strategic", { data: { a: null, z: "26" } })
  script.patch(Kinds.configMap.kind, "a", "strategic", { data: { $patch: "replace", y: "25" } })
  script.get(kind, "a")
}
