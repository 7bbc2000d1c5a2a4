/** Areas about HTTP: invalid bodies, content types, accepted types, unknown paths and parameters. */
import * as Kinds from "./Kinds.ts"
import { edited } from "./Script.ts"
import * as Workloads from "./Workloads.ts"
import type { Write } from "./Writes.ts"
import { allSamples } from "./Writes.ts"

const bodies = [
  "{",
  "",
  "null",
  "[]",
  '"text"',
  "{}",
  '{"kind": }',
  "not json",
  '{"a": 1} trailing',
  "\u0000",
  "[1,",
  "12"
]

export const badBodies: Write = (script, random) => {
  const { kind, make } = random.pick(allSamples)
  script.create(kind, make("a"))
  for (const text of random.subset(bodies, 3)) script.request({ method: "POST", path: script.path(kind), text })
  for (const text of random.subset(bodies, 2)) script.request({ method: "PUT", path: script.path(kind, "a"), text })
  for (const format of ["json-patch+json", "merge-patch+json", "apply-patch+yaml"]) {
    const query: { readonly [name: string]: string } = format === "apply-patch+yaml" ? { fieldManager: "m" } : {}
    const contentType = `application/${format}`
    script.request({ method: "PATCH", path: script.path(kind, "a"), query, contentType, text: random.pick(bodies) })
  }
  script.request({ method: "DELETE", path: script.path(kind, "a"), text: random.pick(bodies) })
}

const requestTypes = [
  "application/json",
  "application/yaml",
  "application/xml",
  "text/plain",
  "application/json; charset=utf-8",
  "application/vnd.kubernetes.protobuf",
  "application/json-patch+json",
  "application/strategic-merge-patch+json",
  "nonsense",
  ""
]

export const contentTypes: Write = (script, random) => {
  const { kind, make } = random.pick(allSamples)
  for (const contentType of random.subset(requestTypes, 3)) {
    script.request({ method: "POST", path: script.path(kind), contentType, body: make("a") })
  }
  script.create(kind, make("a"))
  for (const contentType of random.subset(requestTypes, 3)) {
    script.request({
      method: "PATCH",
      path: script.path(kind, "a"),
      contentType,
      body: { metadata: { labels: { a: "b" } } }
    })
  }
  script.request({
    method: "PUT",
    path: script.path(kind, "a"),
    contentType: random.pick(requestTypes),
    body: make("a")
  })
  script.request({ method: "DELETE", path: script.path(kind, "a"), contentType: random.pick(requestTypes), body: {} })
}

const acceptedTypes = [
  "application/json",
  "*/*",
  "application/xml",
  "text/html",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=Strange;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v9;g=meta.k8s.io",
  "application/json;q=0.5"
]

/** Representations other than the whole object: tables and metadata. */
export const representations: Write = (script, random) => {
  const { kind, make } = random.pick([Kinds.widget, Kinds.gizmo, Kinds.configMap, Workloads.service, Kinds.lease])
  script.create(kind, make("a"))
  for (const accept of random.subset(acceptedTypes, 3))
    script.request({ method: "GET", path: script.path(kind, "a"), accept })
  for (const accept of random.subset(acceptedTypes, 3))
    script.request({ method: "GET", path: script.path(kind), accept })
  script.request({ method: "DELETE", path: script.path(kind, "a"), accept: random.pick(acceptedTypes) })
}

export const paths: Write = (script, random) => {
  const { kind, make } = random.pick([Kinds.widget, Kinds.configMap, Workloads.statefulSet])
  const collection = script.path(kind)
  const all = [
    collection.replace("v1", "v9"),
    collection.replace(kind.plural, "things"),
    collection.replace("example.dev", "example.org"),
    `${collection}/`,
    `${collection}/a/status/more`,
    `${collection}/a/scale`,
    `/nothing/here`,
    `/api/v1/things`,
    `/apis/example.dev/v1/namespaces/${script.name}/widgets/a/finalizers`
  ]
  for (const path of random.subset(all, 3)) {
    script.request({ method: random.pick(["GET", "DELETE"] as const), path })
    script.request({ method: "POST", path, body: make("a") })
  }
  script.request({ method: "PUT", path: collection, body: make("a") })
  script.request({ method: "PATCH", path: collection, contentType: "application/merge-patch+json", body: {} })
  script.request({ method: "POST", path: `${collection}/a`, body: make("a") })
  script.request({ method: "POST", path: collection.replace(`/namespaces/${script.name}`, ""), body: make("a") })
}

const queryParameters: ReadonlyArray<{ readonly [name: string]: string }> = [
  { dryRun: "Some" },
  { dryRun: "" },
  { dryRun: "true" },
  { fieldValidation: "Sometimes" },
  { fieldValidation: "" },
  { fieldManager: "x".repeat(129) },
  { fieldManager: "x".repeat(128) },
  { fieldManager: "bad\u0001" },
  { fieldManager: "ünïcode" },
  { force: "true" },
  { force: "maybe" },
  { force: "false" },
  { unknown: "parameter" },
  { pretty: "true" },
  { limit: "5" },
  { timeout: "10s" },
  { timeout: "soon" }
]

export const parameters: Write = (script, random) => {
  const { kind, make } = random.pick(allSamples)
  script.create(kind, make("a"), random.pick(queryParameters))
  script.create(kind, make("b"), random.pick(queryParameters))
  script.create(kind, make("c"))
  const label = { metadata: { labels: { a: "b" } } }
  script.patch(kind, "c", "merge", label, random.pick(queryParameters))
  script.patch(kind, "c", "json", [], random.pick(queryParameters))
  script.patch(kind, "c", "apply", edited(make("c")), { fieldManager: "m", ...random.pick(queryParameters) })
  script.update(kind, "c", make("c"), random.pick(queryParameters))
  script.get(kind, "c", random.pick(queryParameters))
  script.list(kind, random.pick(queryParameters))
  script.delete(kind, "c", {}, random.pick(queryParameters))
}
