/** Areas about single writes: create, update and patches, with valid and invalid bodies. */

import type { Sample } from "./Kinds.ts"
import * as Kinds from "./Kinds.ts"
import type { Json, JsonObject } from "./Scenario.ts"
import type { Edit, Script } from "./Script.ts"
import { bodyOf, edited, ref } from "./Script.ts"
import type { SeededRandom } from "./SeededRandom.ts"
import * as Workloads from "./Workloads.ts"

export type Write = (script: Script, random: SeededRandom) => void

export const customSamples: ReadonlyArray<Sample> = [Kinds.widget, Kinds.gizmo, Kinds.gauge, Kinds.oldWidget]

export const simpleSamples: ReadonlyArray<Sample> = [...customSamples, Kinds.configMap, Kinds.secret, Kinds.lease]

export const allSamples: ReadonlyArray<Sample> = [
  ...simpleSamples,
  Workloads.pod,
  Workloads.statefulSet,
  Workloads.job,
  Workloads.service,
  Workloads.claim,
  Workloads.event
]

const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "9c4f2f3e-0000-4000-8000-000000000001" }

/** Changes of metadata, valid and invalid. */
export const metadata: ReadonlyArray<Edit> = [
  ["metadata|labels", { app: "x", "example.dev/tier": "front" }],
  ["metadata|annotations", { "example.dev/note": "Any text: {}" }],
  ["metadata|finalizers", ["example.dev/hold"]],
  ["metadata|ownerReferences", [owner]],
  ["metadata|labels", {}],
  ["metadata|labels", null],
  ["metadata|annotations", {}],
  ["metadata|finalizers", []],
  ["metadata|generation", 7],
  ["metadata|creationTimestamp", "2000-01-01T00:00:00Z"],
  ["metadata|creationTimestamp", null],
  ["metadata|selfLink", "/somewhere"],
  ["metadata|managedFields", []],
  ["status", { phase: "Early" }],
  ["metadata|labels", { app: "x".repeat(64) }],
  ["metadata|labels", { "bad key!": "x" }],
  ["metadata|labels", { "a/b/c": "x" }],
  ["metadata|labels", { app: "not valid" }],
  ["metadata|labels", { app: 1 }],
  ["metadata|labels", []],
  ["metadata|annotations", { "bad key!": "x" }],
  ["metadata|annotations", { a: true }],
  ["metadata|finalizers", ["unqualified"]],
  ["metadata|finalizers", ["bad name!"]],
  ["metadata|finalizers", [1]],
  ["metadata|finalizers", ["example.dev/a", "example.dev/a"]],
  ["metadata|ownerReferences", [{ ...owner, name: "" }]],
  ["metadata|ownerReferences", [{ ...owner, uid: "" }]],
  [
    "metadata|ownerReferences",
    [
      { ...owner, controller: true },
      { ...owner, name: "p", controller: true }
    ]
  ],
  ["metadata|ownerReferences", [owner, { ...owner, name: "p" }]],
  ["metadata|ownerReferences", {}],
  ["metadata|namespace", "elsewhere"],
  ["metadata|namespace", ""],
  ["metadata|uid", "8d7e1c1a-0000-4000-8000-000000000002"],
  ["metadata|resourceVersion", "1"],
  ["metadata|resourceVersion", "abc"],
  ["metadata|deletionTimestamp", "2000-01-01T00:00:00Z"],
  ["metadata|deletionGracePeriodSeconds", 5],
  ["metadata|unknown", "x"],
  ["metadata", null],
  ["metadata", []],
  ["apiVersion", "v2"],
  ["apiVersion", "example.dev/v9"],
  ["apiVersion", undefined],
  ["kind", "Other"],
  ["kind", undefined],
  ["kind", 1],
  ["unknown", "field"],
  ["spec|unknown", { a: 1 }]
]

const names: ReadonlyArray<Edit> = [
  ["metadata|name", "Upper"],
  ["metadata|name", "under_score"],
  ["metadata|name", "-dash"],
  ["metadata|name", "with.dots"],
  ["metadata|name", "9number"],
  ["metadata|name", "x".repeat(254)],
  ["metadata|name", "x".repeat(64)],
  ["metadata|name", ""],
  ["metadata|name", undefined],
  ["metadata|name", null],
  ["metadata|name", 5]
]

export const create: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { kind, make } = sample
  script.create(kind, edited(make("a"), ...random.subset(sample.changes, 1)))
  script.create(kind, make("a"))
  script.create(kind, edited(make("b"), random.pick(sample.mistakes)))
  script.create(kind, edited(make("c"), random.pick(metadata)))
  script.create(kind, edited(make("d"), random.pick(metadata), random.pick(sample.changes)))
  script.create(kind, edited(make("e"), random.pick(names)))
  script.create(kind, edited(make("f"), random.pick(sample.mistakes), random.pick(metadata)))
  script.get(kind, random.pick(["a", "b", "c", "d"]))
}

export const generateName: Write = (script, random) => {
  const { kind, make } = random.pick(allSamples)
  const prefixes: ReadonlyArray<Json> = ["job-", "Upper-", "a", "x".repeat(70), "", "under_"]
  const withPrefix = (prefix: Json, name?: string): JsonObject =>
    edited(make("x"), ["metadata|name", name], ["metadata|generateName", prefix])
  const first = script.create(kind, withPrefix("part-"))
  script.get(kind, ref(first, "metadata.name"))
  script.create(kind, withPrefix(random.pick(prefixes)))
  script.create(kind, withPrefix(random.pick(prefixes), "named"))
  script.create(kind, withPrefix("dry-"), { dryRun: "All" })
}

export const update: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { kind, make } = sample
  const created = script.create(kind, make("a"))
  const version = (): Edit => ["metadata|resourceVersion", ref(created, "metadata.resourceVersion")]
  const live = script.get(kind, "a")
  const read: JsonObject = edited(make("a"), version())
  script.update(kind, "a", random.chance(50) ? read : bodyOf(live))
  const changed = script.update(kind, "a", edited(read, random.pick(sample.changes)))
  script.update(kind, "a", edited(make("a"), random.pick(sample.changes)))
  script.update(kind, "a", edited(read, random.pick(sample.changes), random.pick(sample.changes)))
  const fresh: Edit = ["metadata|resourceVersion", ref(changed, "metadata.resourceVersion")]
  script.update(kind, "a", edited(make("a"), fresh, random.pick(sample.mistakes)))
  script.update(kind, "a", edited(make("a"), fresh, random.pick(metadata)))
  script.update(kind, "a", edited(make("a"), random.pick(metadata)))
  script.update(kind, "a", edited(make("a"), fresh, random.pick(names)))
  script.update(kind, "missing", make("missing"))
  script.get(kind, "a")
}

const pointers: ReadonlyArray<string> = [
  "/spec/size",
  "/spec",
  "/data/a",
  "/metadata/labels",
  "/metadata/name",
  "/nope/x"
]

const operations: ReadonlyArray<Json> = [
  [{ op: "add", path: "/metadata/labels", value: { a: "b" } }],
  [{ op: "add", path: "/metadata/labels/x", value: "y" }],
  [{ op: "add", path: "/metadata/annotations", value: { "example.dev/a": "b" } }],
  [{ op: "replace", path: "/metadata/labels/none", value: "y" }],
  [{ op: "remove", path: "/metadata/labels/none" }],
  [{ op: "test", path: "/metadata/name", value: "a" }],
  [{ op: "test", path: "/metadata/name", value: "b" }],
  [{ op: "test", path: "/metadata/nothing", value: null }],
  [{ op: "replace", path: "/metadata/name", value: "b" }],
  [{ op: "remove", path: "/metadata" }],
  [{ op: "copy", from: "/metadata/name", path: "/metadata/labels" }],
  [{ op: "move", from: "/metadata/name", path: "/metadata/uid" }],
  [{ op: "add", path: "/metadata/finalizers", value: ["example.dev/hold"] }],
  [{ op: "add", path: "/metadata/finalizers/-", value: "example.dev/other" }],
  [{ op: "add", path: "", value: {} }],
  [{ op: "replace", path: "", value: { a: 1 } }],
  [{ op: "add", path: "metadata/labels", value: {} }],
  [{ op: "add", path: "/metadata/labels" }],
  [{ op: "shout", path: "/metadata/labels", value: {} }],
  [{ path: "/metadata/labels", value: {} }],
  [{ op: "add", value: {} }],
  [],
  {},
  null,
  "text",
  [1],
  [{ op: "add", path: "/metadata/resourceVersion", value: "1" }],
  [
    { op: "test", path: "/metadata/uid", value: "x" },
    { op: "add", path: "/metadata/labels", value: {} }
  ],
  [{ op: "add", path: "/kind", value: "Other" }],
  [{ op: "remove", path: "/kind" }],
  [{ op: "remove", path: "/apiVersion" }]
]

const operationOf = ([path, value]: Edit): Json => ({
  op: value === undefined ? "remove" : "add",
  path: `/${path
    .split("|")
    .map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"))
    .join("/")}`,
  ...(value === undefined ? {} : { value })
})

export const jsonPatch: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { kind, make } = sample
  script.create(kind, make("a"))
  script.patch(kind, "a", "json", [operationOf(random.pick(sample.changes))])
  script.patch(kind, "a", "json", [operationOf(random.pick(sample.mistakes))])
  for (const body of random.subset(operations, 3)) script.patch(kind, "a", "json", body)
  script.patch(kind, "a", "json", [{ op: "remove", path: random.pick(pointers) }])
  script.patch(kind, "a", "json", [
    { op: "add", path: "/metadata/labels", value: { one: "1" } },
    { op: "copy", from: "/metadata/labels/one", path: "/metadata/labels/two" },
    random.pick([
      { op: "move", from: "/metadata/labels/one", path: "/metadata/labels/three" },
      { op: "test", path: "/metadata/labels/two", value: "2" },
      { op: "remove", path: "/metadata/labels/one" }
    ])
  ])
  script.patch(kind, "missing", "json", [])
  script.get(kind, "a")
}

const merged = (edit: Edit): JsonObject => edited({}, edit[1] === undefined ? [edit[0], null] : edit)

export const mergePatch: Write = (script, random) => {
  const sample = random.pick(allSamples)
  const { kind, make } = sample
  const created = script.create(kind, make("a"))
  script.patch(kind, "a", "merge", merged(random.pick(sample.changes)))
  script.patch(kind, "a", "merge", merged(random.pick(sample.changes)))
  script.patch(kind, "a", "merge", merged(random.pick(sample.mistakes)))
  script.patch(kind, "a", "merge", merged(random.pick(metadata)))
  script.patch(kind, "a", "merge", merged(random.pick(metadata)))
  script.patch(kind, "a", "merge", merged(random.pick(names)))
  script.patch(kind, "a", "merge", random.pick([{}, [], null, "text", { spec: null }, { metadata: null }]))
  const old: Edit = ["metadata|resourceVersion", ref(created, "metadata.resourceVersion")]
  script.patch(kind, "a", "merge", edited(merged(random.pick(sample.changes)), old))
  script.patch(kind, "missing", "merge", {})
  script.get(kind, "a")
}
